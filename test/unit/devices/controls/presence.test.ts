import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isOccupied,
  ordinaryPresence,
  type PresenceEvidence,
  presenceStart,
  type PresenceState,
  watchPresence,
} from '../../../../src/devices/controls/presence.ts';

const nobody: PresenceEvidence = { motion: false, inCall: false, touchedMs: null, spokenMs: null };
const { offMs } = ordinaryPresence;

function pass(state: PresenceState, evidence: PresenceEvidence, fromMs: number, toMs: number): PresenceState {
  let now = state;
  for (let atMs = fromMs; atMs <= toMs; atMs += 250) now = watchPresence(now, evidence, ordinaryPresence, atMs);
  return now;
}

describe('presence', () => {
  it('begins with movement that lasts, not with a flash of sun', () => {
    let state = watchPresence(presenceStart, { ...nobody, motion: true }, ordinaryPresence, 0);
    state = watchPresence(state, nobody, ordinaryPresence, 300);
    state = watchPresence(state, { ...nobody, motion: true }, ordinaryPresence, 600);
    assert.equal(isOccupied(state), false);
    assert.equal(isOccupied(pass(state, { ...nobody, motion: true }, 850, 1_350)), true);
  });

  it('begins at once with a touch or a call', () => {
    assert.ok(isOccupied(watchPresence(presenceStart, { ...nobody, touchedMs: 0 }, ordinaryPresence, 100)));
    assert.ok(isOccupied(watchPresence(presenceStart, { ...nobody, inCall: true }, ordinaryPresence, 100)));
  });

  it('stays for people who sit still in a call or talk, and ends after the hold', () => {
    const state = pass(presenceStart, { ...nobody, inCall: true }, 0, 2 * offMs);
    assert.equal(isOccupied(pass(state, nobody, 2 * offMs, 3 * offMs - 1_000)), true);
    assert.equal(isOccupied(pass(state, nobody, 2 * offMs, 3 * offMs + 1_000)), false);
    let talking = state;
    for (let atMs = 2 * offMs; atMs < 4 * offMs; atMs += 1_000)
      talking = watchPresence(
        talking,
        { ...nobody, motion: null, spokenMs: atMs - (atMs % 60_000) },
        ordinaryPresence,
        atMs,
      );
    assert.equal(isOccupied(talking), true);
  });

  it('works without a sensor, and no longer believes one that is stuck', () => {
    const blind = { ...nobody, motion: null };
    assert.equal(isOccupied(pass(presenceStart, blind, 0, 10_000)), false);
    const hour = 3_600_000;
    let state = presenceStart;
    for (let atMs = 0; atMs < 4 * hour; atMs += 1_000)
      state = watchPresence(state, { ...nobody, motion: true }, ordinaryPresence, atMs);
    assert.equal(isOccupied(state), true);
    for (let atMs = 4 * hour; atMs < 4 * hour + offMs + 2_000; atMs += 1_000)
      state = watchPresence(state, { ...nobody, motion: true }, ordinaryPresence, atMs);
    assert.equal(isOccupied(state), false);
  });

  it('is never empty during a call, and never occupied without any evidence', () => {
    const step = fc.record({
      motion: fc.constantFrom(true, false, null),
      inCall: fc.boolean(),
      touched: fc.boolean(),
      ms: fc.integer({ min: 1, max: 200_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let [state, nowMs] = [presenceStart, 0];
        let touchedMs: number | null = null;
        let evidenced = false;
        for (const { motion, inCall, touched, ms } of steps) {
          nowMs += ms;
          if (touched) touchedMs = nowMs;
          evidenced ||= motion === true || inCall || touched;
          state = watchPresence(state, { motion, inCall, touchedMs, spokenMs: null }, ordinaryPresence, nowMs);
          if (inCall) assert.ok(isOccupied(state));
          if (isOccupied(state)) assert.ok(evidenced);
        }
      }),
    );
  });
});
