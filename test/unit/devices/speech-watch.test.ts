import assert from 'node:assert/strict';
import fc from 'fast-check';
import { flagOff, holdFlag } from '../../../src/devices/held-flag.ts';
import { type LevelFigures, levelBetween, type MeterCounts } from '../../../src/devices/speech-watch/level.ts';
import { MicrophoneWatch } from '../../../src/devices/speech-watch/microphone-watch.ts';
import {
  findingsOf,
  type SpeechFindings,
  type SpeechSurroundings,
  speechWatchStart,
  watchSpeech,
} from '../../../src/devices/speech-watch/speech-watch.ts';
import { SPEECH_RATE, synthesizeSpeech } from '../../../src/devices/speech.ts';
import { levelOf } from '../../support/sound-level.ts';

const level = (rmsDb: number, changes: Partial<LevelFigures> = {}): LevelFigures => ({
  rmsDb,
  clippedShare: 0,
  digitalSilence: false,
  ...changes,
});
const quiet: SpeechSurroundings = { muted: false, farEndSpeaks: false, seemsToSpeak: null };

/** Findings after each 100 ms. */
function watch(pieces: readonly [LevelFigures, SpeechSurroundings][]): SpeechFindings[] {
  let state = speechWatchStart;
  return pieces.map(([figures, around], index) => {
    state = watchSpeech(state, figures, around, index * 100);
    return findingsOf(state);
  });
}
const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of);
const noise: [LevelFigures, SpeechSurroundings] = [level(-65), quiet];

describe('levelBetween', () => {
  const counts = (changes: Partial<MeterCounts>): MeterCounts => ({
    ...{ samples: 1_000, energy: 10, clipped: 3, changes: 900 },
    ...changes,
  });

  it('measures what came between two looks', () => {
    const figures = levelBetween(counts({}), counts({ samples: 2_000, energy: 20, clipped: 13, changes: 1_800 }));
    assert.deepEqual(figures, { rmsDb: -20, clippedShare: 0.01, digitalSilence: false });
  });

  it('tells silence without a single change from no sound at all', () => {
    assert.deepEqual(levelBetween(counts({}), counts({ samples: 2_000 })), {
      rmsDb: -120,
      clippedShare: 0,
      digitalSilence: true,
    });
    assert.equal(levelBetween(counts({}), counts({})), null);
    assert.equal(levelBetween(counts({}), counts({ samples: 10 })), null);
  });
});

describe('watchSpeech', () => {
  it('hears the test voice talking while muted within two seconds, and not when unmuted', () => {
    const bytes = synthesizeSpeech();
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const size = SPEECH_RATE / 10;
    const pieces = Array.from({ length: 40 }, (_, i) => levelOf(samples.subarray(i * size, (i + 1) * size)));
    for (const muted of [true, false]) {
      const found = watch([
        ...times(20, noise),
        ...pieces.map((figures): [LevelFigures, SpeechSurroundings] => [figures, { ...quiet, muted }]),
      ]);
      const first = found.findIndex((each) => each.talkingWhileMuted);
      if (muted) assert.ok(first > 20 && first < 40, String(first));
      else assert.equal(first, -1);
    }
  });

  it('does not take a cough, the far end or steady noise for people who talk while muted', () => {
    const muted = { ...quiet, muted: true };
    const cough = watch(
      [...times(20, noise), ...times(4, [level(-20), muted] as const), ...times(50, [level(-65), muted] as const)].map(
        ([a, b]) => [a, b],
      ),
    );
    const farEnd = watch(
      [...times(20, noise), ...times(60, [level(-25), { ...muted, farEndSpeaks: true }] as const)].map(([a, b]) => [
        a,
        b,
      ]),
    );
    const fan = watch([...times(100, [level(-45), muted] as const)].map(([a, b]) => [a, b]));
    for (const found of [cough, farEnd, fan]) assert.ok(found.every((each) => !each.talkingWhileMuted));
  });

  it('takes the hint back at once when unmuted, else some seconds after the last word', () => {
    const muted = { ...quiet, muted: true };
    const talking: [LevelFigures, SpeechSurroundings] = [level(-25), muted];
    const silent: [LevelFigures, SpeechSurroundings] = [level(-65), muted];
    const found = watch([...times(20, noise), ...times(20, talking), ...times(30, silent)]);
    assert.ok(found.at(-1)?.talkingWhileMuted);
    assert.equal(
      watch([...times(20, noise), ...times(20, talking), ...times(120, silent)]).at(-1)?.talkingWhileMuted,
      false,
    );
    assert.equal(watch([...times(20, noise), ...times(20, talking), noise]).at(-1)?.talkingWhileMuted, false);
  });

  it('does not count what was said before the mute', () => {
    const found = watch([
      ...times(20, noise),
      ...times(20, [level(-25), quiet] as [LevelFigures, SpeechSurroundings]),
      ...times(5, [level(-65), { ...quiet, muted: true }] as [LevelFigures, SpeechSurroundings]),
    ]);
    assert.ok(found.every((each) => !each.talkingWhileMuted));
  });

  it('does not complain of silence while muted: the microphone may be muted with the room', () => {
    const dead: [LevelFigures, SpeechSurroundings] = [
      level(-120, { digitalSilence: true }),
      { muted: true, farEndSpeaks: false, seemsToSpeak: true },
    ];
    const found = watch([...times(10, noise), ...times(80, dead)]);
    assert.ok(found.every((each) => !each.digitalSilence && !each.deaf));
  });

  it('reports digital silence after 3 s, and its end', () => {
    const dead: [LevelFigures, SpeechSurroundings] = [level(-120, { digitalSilence: true }), quiet];
    const found = watch([...times(10, noise), ...times(40, dead), ...times(10, noise)]);
    assert.equal(found[38]?.digitalSilence, false);
    assert.equal(found[45]?.digitalSilence, true);
    assert.equal(found.at(-1)?.digitalSilence, false);
  });

  it('reports a microphone that hears nothing although somebody seems to speak', () => {
    const deaf: [LevelFigures, SpeechSurroundings] = [level(-65), { ...quiet, seemsToSpeak: true }];
    const heard: [LevelFigures, SpeechSurroundings] = [level(-30), { ...quiet, seemsToSpeak: true }];
    assert.equal(watch([...times(10, noise), ...times(80, deaf)]).at(-1)?.deaf, true);
    assert.equal(watch([...times(10, noise), ...times(80, heard)]).at(-1)?.deaf, false);
  });

  it('reports clipping that lasts, and keeps it while it comes and goes', () => {
    const loud: [LevelFigures, SpeechSurroundings] = [level(-6, { clippedShare: 0.02 }), quiet];
    const found = watch([
      ...times(10, noise),
      ...times(5, loud),
      ...times(40, noise),
      ...times(5, loud),
      ...times(40, noise),
    ]);
    assert.equal(found[11]?.clipping, false);
    assert.ok(found.slice(16).every((each) => each.clipping));
  });

  it('never finds anything that did not last as long as it must, whatever the figures', () => {
    const piece = fc.record({
      rmsDb: fc.double({ min: -120, max: 0, noNaN: true }),
      clippedShare: fc.constantFrom(0, 0.001, 0.5),
      digitalSilence: fc.boolean(),
      muted: fc.boolean(),
      seems: fc.constantFrom(true, false, null),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
        const found = watch(
          pieces.map((p) => [level(p.rmsDb, p), { muted: p.muted, farEndSpeaks: false, seemsToSpeak: p.seems }]),
        );
        found.forEach((each, i) => {
          if (each.talkingWhileMuted) assert.ok(pieces[i]?.muted);
          if (each.digitalSilence)
            assert.ok(pieces.slice(Math.max(0, i - 36), i + 1).filter((p) => p.digitalSilence).length >= 25);
          if (each.deaf) assert.ok(pieces.slice(0, i + 1).some((p) => p.seems === true) && !each.digitalSilence);
          if (each.clipping) assert.ok(pieces.slice(0, i + 1).filter((p) => p.clippedShare > 0).length >= 2);
        });
      }),
    );
  });
});

describe('MicrophoneWatch', () => {
  const noiseAt = (n: number): MeterCounts => ({
    samples: n * 9_600,
    energy: n * 0.001,
    clipped: 0,
    changes: n * 9_000,
  });

  it('tells changes only, and takes everything back at the end', () => {
    const watch = new MicrophoneWatch(() => null);
    const around = { muted: false, farEndSpeaks: false };
    const told: (SpeechFindings | null)[] = [];
    for (let n = 0; n < 10; n++) told.push(watch.look(noiseAt(n), around, n * 200));
    assert.ok(told.every((each) => each === null));
    const silent = (n: number): MeterCounts => ({ ...noiseAt(9), samples: n * 9_600 });
    const later = Array.from({ length: 30 }, (_, i) => watch.look(silent(10 + i), around, (10 + i) * 200));
    assert.deepEqual(
      later.filter((each) => each !== null).map((each) => each.digitalSilence),
      [true],
    );
    assert.equal(watch.end()?.digitalSilence, false);
    assert.equal(watch.end(), null);
  });

  it('believes what else hears somebody, while it is heard', () => {
    let hears = true;
    const watch = new MicrophoneWatch(() => hears);
    const around = { muted: false, farEndSpeaks: false };
    let deaf = false;
    const look = (n: number): void => {
      deaf = watch.look(noiseAt(n), around, n * 200)?.deaf ?? deaf;
    };
    for (let n = 0; n < 40; n++) look(n);
    assert.equal(deaf, true);
    hears = false;
    for (let n = 40; n < 90; n++) look(n);
    assert.equal(deaf, false);
  });
});

describe('holdFlag', () => {
  it('changes only after the condition has lasted, and keeps counting over what says neither', () => {
    const step = fc.tuple(fc.constantFrom(true, false, null), fc.integer({ min: 0, max: 300 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let flag = flagOff;
        let nowMs = 0;
        let againstSinceMs: number | null = null;
        for (const [condition, ms] of steps) {
          nowMs += ms;
          const before = flag;
          flag = holdFlag(flag, condition, nowMs, { onMs: 500, offMs: 900 });
          if (condition !== null) againstSinceMs = condition === before.on ? null : (againstSinceMs ?? nowMs);
          const lasted: boolean = againstSinceMs !== null && nowMs - againstSinceMs >= (before.on ? 900 : 500);
          assert.equal(flag.on !== before.on, condition !== null && lasted);
          if (flag.on !== before.on) againstSinceMs = null;
        }
      }),
    );
  });
});
