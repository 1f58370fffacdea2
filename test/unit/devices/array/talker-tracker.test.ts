import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TalkerSource } from '../../../../src/devices/array/talker-source.ts';
import { defaultTracking, type TalkerDirection, TalkerTracker } from '../../../../src/devices/array/talker-tracker.ts';

const at = (azimuthDeg: number): TalkerDirection => ({ azimuthDeg, confidence: 0.8 });
const spoken = (azimuthDeg: number) => ({ speech: true, direction: at(azimuthDeg) });
const silence = { speech: false, direction: at(200) };

const azimuthOf = (tracker: TalkerTracker): number | null => tracker.current?.azimuthDeg ?? null;

function talk(tracker: TalkerTracker, azimuthDeg: number, fromMs: number, toMs: number): void {
  for (let ms = fromMs; ms < toMs; ms += 64) tracker.update(spoken(azimuthDeg), ms);
}

describe('TalkerTracker', () => {
  it('believes a direction only after it has been heard for a while', () => {
    const tracker = new TalkerTracker();
    talk(tracker, 40, 0, 300);
    assert.equal(azimuthOf(tracker), null);
    talk(tracker, 40, 300, 500);
    assert.equal(azimuthOf(tracker), 40);
  });

  it('is not drawn away by a cough or a reflection between words', () => {
    const tracker = new TalkerTracker();
    talk(tracker, 40, 0, 1_000);
    talk(tracker, 170, 1_000, 1_250);
    talk(tracker, 42, 1_250, 1_400);
    talk(tracker, 170, 1_400, 1_650);
    assert.ok(Math.abs((tracker.current?.azimuthDeg ?? 0) - 41) < 2);
  });

  it('follows across north by the short way', () => {
    const tracker = new TalkerTracker();
    talk(tracker, 355, 0, 1_000);
    talk(tracker, 5, 1_000, 3_000);
    const azimuth = tracker.current?.azimuthDeg ?? 180;
    assert.ok(azimuth < 6 || azimuth > 354, String(azimuth));
  });

  it('holds through pauses, then forgets, whatever direction the array still tells in silence', () => {
    const tracker = new TalkerTracker();
    talk(tracker, 40, 0, 1_000);
    tracker.update(silence, 2_500);
    assert.equal(Math.round(tracker.current?.azimuthDeg ?? 0), 40);
    tracker.update(silence, 960 + defaultTracking.holdMs);
    assert.equal(tracker.current, null);
  });

  it('never gives an angle out of range, and changes to another talker only after the settling time', () => {
    const step = fc.record({
      speech: fc.boolean(),
      azimuthDeg: fc.double({ min: 0, max: 359.99, noNaN: true }),
      ms: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tracker = new TalkerTracker();
        let nowMs = 0;
        let changedMs = -Infinity;
        for (const { speech, azimuthDeg, ms } of steps) {
          nowMs += ms;
          const before = tracker.current;
          const after = tracker.update({ speech, direction: at(azimuthDeg) }, nowMs);
          if (after !== null) assert.ok(after.azimuthDeg >= 0 && after.azimuthDeg < 360);
          const jump = before !== null && after !== null ? Math.abs(before.azimuthDeg - after.azimuthDeg) : 0;
          if (Math.min(jump, 360 - jump) <= defaultTracking.sameDeg && (before === null) === (after === null)) continue;
          if (after !== null) assert.ok(nowMs - changedMs >= defaultTracking.settleMs);
          changedMs = nowMs;
        }
      }),
    );
  });
});

describe('TalkerSource', () => {
  it('tells of the beginning, of moves of 3 degrees and of the end, each once', () => {
    const told: (number | null)[] = [];
    const source = new TalkerSource((error) => assert.fail(String(error)));
    source.events.on('talker', (direction) => told.push(direction && Math.round(direction.azimuthDeg)));
    for (let ms = 0; ms < 1_000; ms += 64) source.see(spoken(40 + (ms > 500 ? 1 : 0)), ms);
    for (let ms = 1_000; ms < 3_000; ms += 64) source.see(spoken(50), ms);
    for (let ms = 3_000; ms < 8_000; ms += 64) source.see(silence, ms);
    assert.equal(told[0], 40);
    assert.equal(told.at(-1), null);
    assert.ok(told.length >= 4 && told.length <= 6, told.join());
  });
});
