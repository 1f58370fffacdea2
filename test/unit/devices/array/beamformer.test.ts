import assert from 'node:assert/strict';
import { ArrayFrames } from '../../../../src/devices/array/array-frames.ts';
import { Beamformer } from '../../../../src/devices/array/beamformer.ts';
import { arrayGeometry, type ArrayGeometry, SPEED_OF_SOUND } from '../../../../src/devices/array/geometry.ts';
import { diffuse, seededRandom } from '../../../support/array-room.ts';

const geometry = arrayGeometry('respeaker-6');

/** A plane wave of one frequency, as a free field gives it. */
function wave(of: ArrayGeometry, azimuthDeg: number, hertz: number, samples: number): Int16Array {
  const angle = (azimuthDeg * Math.PI) / 180;
  const out = new Int16Array(samples * of.channels);
  for (const { channel, xM, yM } of of.microphones) {
    const leadS = (xM * Math.cos(angle) + yM * Math.sin(angle)) / SPEED_OF_SOUND;
    for (let i = 0; i < samples; i++)
      out[i * of.channels + channel] = Math.round(8_000 * Math.sin(2 * Math.PI * hertz * (i / of.sampleRate + leadS)));
  }
  return out;
}

function through(of: ArrayGeometry, azimuthDeg: number, heard: Int16Array): Float64Array {
  const sound: number[] = [];
  const frames: ArrayFrames = new ArrayFrames(of, (spectra) => beam.addFrame(spectra));
  const beam = new Beamformer(of, frames, azimuthDeg, (samples) => sound.push(...samples));
  frames.push(heard);
  return Float64Array.from(sound);
}

const level = (samples: ArrayLike<number>): number =>
  10 *
  Math.log10(
    Array.from(samples)
      .slice(2_048)
      .reduce((sum, x) => sum + x * x, 0) /
      (samples.length - 2_048) +
      1e-9,
  );
const sineLevel = 10 * Math.log10(8_000 ** 2 / 2);

describe('Beamformer', () => {
  for (const id of ['respeaker-usb-4', 'respeaker-6', 'uma-8', 'linear-4'])
    it(`${id}: passes its own direction unchanged at any frequency`, () => {
      const of = arrayGeometry(id);
      for (const hertz of [250, 1_000, 3_100, 6_000]) {
        const passed = level(through(of, 60, wave(of, 60, hertz, 12_288)));
        assert.ok(Math.abs(passed - sineLevel) < 0.5, `${hertz} Hz: ${passed - sineLevel} dB`);
      }
    });

  it('lets through the first samples in their place', () => {
    const heard = wave(geometry, 60, 1_000, 4_096);
    const sound = through(geometry, 60, heard);
    for (let i = 600; i < 900; i++)
      assert.ok(
        Math.abs((sound[i] ?? 0) - 8_000 * Math.sin((2 * Math.PI * 1_000 * (i - 256)) / 16_000)) < 20,
        `${i}: ${sound[i] ?? 0}`,
      );
  });

  it('attenuates other directions: by 6 dB or more on average over all that are 60 degrees away', () => {
    for (const hertz of [500, 1_000, 2_000, 3_000, 4_000]) {
      const powers = [60, 90, 120, 150, 180, 210, 240, 270, 300].map(
        (off) => 10 ** ((level(through(geometry, 60, wave(geometry, 60 + off, hertz, 6_144))) - sineLevel) / 10),
      );
      const mean = 10 * Math.log10(powers.reduce((sum, x) => sum + x, 0) / powers.length);
      assert.ok(mean < -6, `${hertz} Hz: ${mean} dB`);
    }
  });

  it('takes 5 dB or more from noise that comes from all around, where speech is', () => {
    const noise = diffuse(geometry, 32_768, seededRandom(3));
    const most = Math.max(...(noise[0] ?? []).map(Math.abs));
    const heard = new Int16Array(32_768 * geometry.channels);
    geometry.microphones.forEach(({ channel }, m) => {
      for (let i = 0; i < 32_768; i++)
        heard[i * geometry.channels + channel] = Math.round(((noise[m]?.[i] ?? 0) / most) * 16_000);
    });
    // A difference of samples takes away what is below speech, where no array of this size can do anything.
    const speechBand = (samples: Float64Array): Float64Array => samples.map((x, i) => x - 0.95 * (samples[i - 1] ?? 0));
    const single = Float64Array.from({ length: 32_768 }, (_, i) => heard[i * geometry.channels] ?? 0);
    const gain = level(speechBand(single)) - level(speechBand(through(geometry, 60, heard)));
    assert.ok(gain > 5, `${gain} dB`);
  });

  it('turns without a click and says where it really looks', () => {
    const sound: number[] = [];
    const frames: ArrayFrames = new ArrayFrames(geometry, (spectra) => beam.addFrame(spectra));
    const beam = new Beamformer(geometry, frames, 0, (samples) => sound.push(...samples));
    const heard = wave(geometry, 60, 500, 16_384);
    frames.push(heard.subarray(0, 8_192 * geometry.channels));
    assert.equal(beam.steer(61.2), 60);
    frames.push(heard.subarray(8_192 * geometry.channels));
    const steps = sound.slice(600).map((x, i) => Math.abs(x - (sound[599 + i] ?? 0)));
    // A sine of this frequency and amplitude moves by 1570 a sample at most.
    assert.ok(Math.max(...steps) < 1_800, String(Math.max(...steps)));
    assert.ok(Math.abs(level(sound.slice(12_000 - 2_048)) - sineLevel) < 0.5);
  });
});
