import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DirectionFinder, type HeardPiece } from '../../../../src/devices/array/direction-finder.ts';
import {
  angleBetween,
  arrayGeometries,
  type ArrayGeometry,
  arrayGeometry,
  normaliseAngle,
  SPEED_OF_SOUND,
} from '../../../../src/devices/array/geometry.ts';
import { codeOf } from '../../../../src/lib/errors.ts';
import { seededRandom } from '../../../support/array-room.ts';

/** Faint noise, then `bursts` of many tones at once, each a plane wave from its direction: a free field. */
function bursts(geometry: ArrayGeometry, directionsDeg: readonly number[], seed: number): Int16Array {
  const { sampleRate, channels, microphones } = geometry;
  const random = seededRandom(seed);
  const length = 0.1 * sampleRate;
  const out = Int16Array.from(
    { length: (directionsDeg.length * 2 + 3) * length * channels },
    () => 20 * (random() - 0.5),
  );
  directionsDeg.forEach((azimuthDeg, burst) => {
    const angle = (azimuthDeg * Math.PI) / 180;
    const tones = Array.from({ length: 40 }, () => ({ hertz: 400 + 4_000 * random(), phase: 7 * random() }));
    for (const { channel, xM, yM } of microphones) {
      const leadS = (xM * Math.cos(angle) + yM * Math.sin(angle)) / SPEED_OF_SOUND;
      for (let i = 0; i < length; i++) {
        const at = ((burst * 2 + 3) * length + i) * channels + channel;
        // The envelope comes from the direction, too: an edge at all microphones at once would come from the middle.
        const t = i / sampleRate + leadS;
        const envelope = 200 * Math.sin((Math.PI * t) / 0.1);
        out[at] =
          (out[at] ?? 0) +
          tones.reduce((sum, tone) => sum + envelope * Math.sin(2 * Math.PI * tone.hertz * t + tone.phase), 0);
      }
    }
  });
  return out;
}

function listen(geometry: ArrayGeometry, sound: Int16Array, cut = sound.length): HeardPiece[] {
  const pieces: HeardPiece[] = [];
  const frames = DirectionFinder.listen(geometry, (piece) => pieces.push(piece));
  for (let at = 0; at < sound.length; at += cut) frames.push(sound.subarray(at, at + cut));
  return pieces;
}

describe('DirectionFinder', () => {
  it('finds any direction in a free field within 2 degrees, a line within 3', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...arrayGeometries),
        fc.integer({ min: 0, max: 359 }),
        fc.nat(),
        (geometry, azimuthDeg, seed) => {
          // A line hears what is behind it as if it were in front, and hardly tells directions near its ends.
          const real = geometry.shape === 'linear' ? 45 + (azimuthDeg % 91) : azimuthDeg;
          const found = listen(geometry, bursts(geometry, [real, real], seed)).at(-1)?.directions[0];
          assert.ok(found);
          assert.ok(
            Math.abs(angleBetween(found.azimuthDeg, real)) <= (geometry.shape === 'linear' ? 3 : 2),
            `${geometry.id}: ${found.azimuthDeg} for ${real}`,
          );
          assert.ok(found.confidence > 0.5 && found.confidence <= 1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('names two who speak in turn quickly, the last first or not, and no third', () => {
    const geometry = arrayGeometry('respeaker-6');
    const { directions = [] } = listen(geometry, bursts(geometry, [20, 140, 20, 140], 5)).at(-1) ?? {};
    assert.deepEqual(
      directions.map((each) => Math.round(each.azimuthDeg / 20) * 20).toSorted((a, b) => a - b),
      [20, 140],
    );
  });

  it('finds nobody in noise, silence or digital silence', () => {
    const geometry = arrayGeometry('respeaker-usb-4');
    const random = seededRandom(2);
    for (const loud of [0, 5, 5_000]) {
      const sound = Int16Array.from({ length: 3 * 16_000 * geometry.channels }, () => loud * (random() - 0.5));
      const pieces = listen(geometry, sound).slice(8);
      assert.ok(pieces.filter((piece) => piece.speech).length <= 1, `${loud}`);
    }
  });

  it('hears the same however the sound is cut', () => {
    const geometry = arrayGeometry('respeaker-usb-4');
    const sound = bursts(geometry, [77], 9);
    const whole = listen(geometry, sound);
    for (const frames of [1, 160, 479]) assert.deepEqual(listen(geometry, sound, frames * geometry.channels), whole);
  });
});

describe('arrays', () => {
  it('have as many microphones as their names say, each on a channel of its own', () => {
    assert.deepEqual(
      arrayGeometries.map(({ microphones }) => microphones.length),
      [4, 6, 7, 4],
    );
    for (const { microphones, channels } of arrayGeometries) {
      assert.equal(new Set(microphones.map(({ channel }) => channel)).size, microphones.length);
      assert.ok(microphones.every(({ channel }) => channel < channels));
    }
  });

  it('that are not known are refused with the names of those that are', () => {
    assert.throws(
      () => arrayGeometry('x'),
      (error) => codeOf(error) === 'device/array-unknown' && String(error).includes('uma-8'),
    );
  });

  it('measure angles in one range and differences the short way', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        (a, b) => {
          const difference = angleBetween(a, b);
          assert.ok(difference > -180 && difference <= 180);
          assert.ok(Math.abs(angleBetween(b + difference, a)) < 1e-6);
          assert.ok(normaliseAngle(a) >= 0 && normaliseAngle(a) < 360);
        },
      ),
    );
  });
});
