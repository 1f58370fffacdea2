import assert from 'node:assert/strict';
import { ArrayListener } from '../../../src/devices/array/array-listener.ts';
import { angleBetween, arrayGeometry } from '../../../src/devices/array/geometry.ts';
import { TalkerSource } from '../../../src/devices/array/talker-source.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { decayTimeS, hearInRoom, impulseResponses, seededRandom, talkerSound } from '../../support/array-room.ts';
import { measureDirections, quantile } from '../../support/array-scenarios.ts';

describe('direction of arrival in synthetic rooms', () => {
  it('is measured in rooms that decay as they say, in the band of speech', () => {
    for (const rt60S of [0.2, 0.6]) {
      const room = { sizeM: [6, 4.5, 2.8], arrayM: [2.7, 2.1, 0.75], rt60S } as const;
      const [response] = impulseResponses(arrayGeometry('respeaker-usb-4'), room, [3.9, 3, 1.15], seededRandom(1));
      assert.ok(response);
      const speechBand = response.map((x, i) => x - 1.9 * (response[i - 1] ?? 0) + 0.9025 * (response[i - 2] ?? 0));
      const decay = decayTimeS(
        speechBand.map((x) => x * x),
        16_000,
      );
      assert.ok(Math.abs(decay - rt60S) < 0.12 * rt60S, `${decay} s`);
    }
  });

  for (const geometryId of ['respeaker-usb-4', 'respeaker-6'])
    for (const [talking, rt60S] of [
      ['one', 0.6],
      ['turns', 0.4],
      ['both', 0.6],
    ] as const)
      it(`${geometryId}, talking: ${talking}, RT60 ${rt60S} s, 10 dB: median within 5 degrees, 5 % of a core`, () => {
        const figures = measureDirections({
          geometryId,
          room: 'large',
          rt60S,
          azimuthsDeg: [37, 155],
          talking,
          noise: 'sensor',
          seed: 0,
        });
        const median = quantile(figures.errors, 0.5);
        assert.ok(figures.errors.length > 15, `${figures.errors.length} samples`);
        assert.ok(median <= 5, `${median} degrees`);
        assert.ok(figures.cpuSeconds / figures.seconds <= 0.05, `${figures.cpuSeconds} s`);
      });

  // A line of microphones measures the angle to itself: a mouth above the table looks nearer to the middle.
  for (const [geometryId, azimuthDeg, withinDeg] of [
    ['uma-8', 130, 5],
    ['linear-4', 50, 8],
  ] as const)
    it(`${geometryId} turns its beam to the talker, and not while the far end speaks`, () => {
      const geometry = arrayGeometry(geometryId);
      const sound = talkerSound(geometry.sampleRate, 3, 0.7);
      const room = { sizeM: [6, 4.5, 2.8], arrayM: [2.7, 2.1, 0.75], rt60S: 0.3 } as const;
      const heard = hearInRoom(
        geometry,
        room,
        [{ azimuthDeg, distanceM: 1.5, heightM: 0.4, sound }],
        { snrDb: 10, kind: 'sensor' },
        3,
      );
      const clock = new ManualClock();
      let samples = 0;
      const talkers = new TalkerSource((error) => assert.fail(String(error)));
      const listener = new ArrayListener({
        geometry,
        clock,
        talkers,
        onSound: (beam) => (samples += beam.length),
        startDeg: 0,
      });
      const talkerDeg = (): number | null => talkers.current?.azimuthDeg ?? null;
      const play = (): void => {
        const chunk = (geometry.sampleRate / 50) * geometry.channels;
        for (let at = 0; at < heard.length; at += chunk) {
          clock.advance(20);
          listener.push(heard.subarray(at, at + chunk));
        }
      };
      listener.setFollows(false);
      play();
      assert.equal(talkerDeg(), null);
      assert.equal(listener.beamDeg, 0);
      listener.setFollows(true);
      play();
      const error = angleBetween(talkerDeg() ?? 180, azimuthDeg);
      assert.ok(Math.abs(error) <= withinDeg, `${error} degrees`);
      assert.ok(Math.abs(angleBetween(listener.beamDeg, azimuthDeg)) <= withinDeg + 2.5);
      assert.ok(Math.abs(samples - 6 * geometry.sampleRate) < geometry.sampleRate / 20);
    });
});
