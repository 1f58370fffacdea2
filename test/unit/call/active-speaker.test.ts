import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noSpeaker, type SpeakerState, stepSpeaker } from '../../../src/call/active-speaker.ts';

const STEP_MS = 200;
const PEERS = ['ana', 'ben', 'eve'];

type Levels = Readonly<Record<string, number>>;

/** Runs `levels` for so long, and tells who was large at each step. */
function run(
  from: SpeakerState,
  levels: Levels,
  forMs: number,
  peers = PEERS,
): { state: SpeakerState; large: (string | null)[] } {
  let state = from;
  const large: (string | null)[] = [];
  for (let ms = 0; ms < forMs; ms += STEP_MS) {
    state = stepSpeaker(state, new Map(Object.entries(levels)), peers, state.atMs + STEP_MS);
    large.push(state.current);
  }
  return { state, large };
}

describe('active speaker', () => {
  const ana = run(noSpeaker, { ana: -25 }, 3_000).state;

  it('takes a second and a half of speech', () => {
    assert.equal(run(noSpeaker, { ana: -25 }, 1_200).state.current, null);
    assert.equal(run(noSpeaker, { ana: -25 }, 1_800).state.current, 'ana');
  });

  it('is followed by who speaks after, and stays while nobody does', () => {
    const quiet = run(ana, {}, 60_000);
    assert.deepEqual(new Set(quiet.large), new Set(['ana']));
    assert.equal(run(quiet.state, { ben: -30 }, 2_000).state.current, 'ben');
  });

  it('does not change at a cough, nor at one every second', () => {
    let state = ana;
    for (let n = 0; n < 20; n++) {
      state = run(state, { ben: -10 }, 400).state;
      assert.equal(state.current, 'ana');
      state = run(state, {}, 1_000).state;
      assert.equal(state.current, 'ana');
    }
  });

  it('speaks on through the pauses between words', () => {
    let state = run(ana, {}, 2_000).state;
    for (let n = 0; n < 4; n++) {
      state = run(state, { ben: -25 }, 600).state;
      state = run(state, {}, 400).state;
    }
    assert.equal(state.current, 'ben');
  });

  it('is not interrupted by somebody as loud, and is by somebody clearly louder', () => {
    assert.equal(run(ana, { ana: -25, ben: -22 }, 20_000).state.current, 'ana');
    assert.equal(run(ana, { ana: -35, ben: -15 }, 3_000).state.current, 'ben');
  });

  it('gives way when they leave', () => {
    const left = stepSpeaker(ana, new Map(), ['ben', 'eve'], ana.atMs + STEP_MS);
    assert.equal(left.current, null);
    assert.equal(run(left, { eve: -30 }, 2_000, ['ben', 'eve']).state.current, 'eve');
  });

  it('is never somebody who is not there, and settles under what does not change', () => {
    const level = fc.integer({ min: -127, max: 0 });
    fc.assert(
      fc.property(fc.record({ ana: level, ben: level, eve: level, gone: level }), fc.boolean(), (levels, spoken) => {
        const { large } = run(spoken ? ana : noSpeaker, levels, 20_000);
        const late = new Set(large.slice(30));
        assert.equal(late.size, 1, `changes for ever: ${large.join(' ')}`);
        assert.ok(!late.has('gone'));
        const changes = large.filter((each, i) => i > 0 && each !== large[i - 1]).length;
        assert.ok(changes <= 2, large.join(' '));
      }),
    );
  });

  it('leaves nobody large for less than a second and a half', () => {
    const turn = fc.record({
      levels: fc.record({ ana: fc.integer({ min: -60, max: 0 }), ben: fc.integer({ min: -60, max: 0 }) }),
      steps: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
        let state = noSpeaker;
        const changedAt: number[] = [];
        for (const { levels, steps } of turns)
          for (let i = 0; i < steps; i++) {
            const before = state.current;
            state = stepSpeaker(state, new Map(Object.entries(levels)), PEERS, state.atMs + STEP_MS);
            if (before !== null && state.current !== before) changedAt.push(state.atMs);
          }
        for (const [i, at] of changedAt.entries())
          if (i > 0) assert.ok(at - (changedAt[i - 1] ?? 0) >= 1_500, changedAt.join(' '));
      }),
    );
  });
});
