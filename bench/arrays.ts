/**
 * Direction of arrival in synthetic rooms (image method, 10 dB signal to noise), and what finding it and the beam cost.
 * `npm run bench -- arrays`
 */
import { ArrayListener } from '../src/devices/array/array-listener.ts';
import { arrayGeometries } from '../src/devices/array/geometry.ts';
import { TalkerSource } from '../src/devices/array/talker-source.ts';
import { systemClock } from '../src/lib/clock.ts';
import { seededRandom } from '../test/support/array-room.ts';
import { measureDirections, quantile, type Talking } from '../test/support/array-scenarios.ts';

const azimuths = [
  [37, 155],
  [200, 290],
  [310, 95],
] as const;
const sets = [
  { noise: 'sensor', talking: ['one', 'turns', 'both'] },
  { noise: 'diffuse', talking: ['one', 'both'] },
] as const satisfies { noise: string; talking: Talking[] }[];

let missed = 0;
for (const { noise, talking } of sets)
  for (const geometryId of ['respeaker-usb-4', 'respeaker-6'])
    for (const talk of talking)
      for (const rt60S of [0.2, 0.4, 0.6]) {
        const errors: number[] = [];
        for (const room of ['small', 'large'] as const)
          azimuths.forEach((azimuthsDeg, seed) =>
            errors.push(
              ...measureDirections({ geometryId, room, rt60S, azimuthsDeg, talking: talk, noise, seed }).errors,
            ),
          );
        const median = quantile(errors, 0.5);
        if (noise === 'sensor' && !(median <= 5)) missed++;
        console.log(
          `arrays: ${geometryId}, ${noise} noise, talking: ${talk}, RT60 ${rt60S} s: ` +
            `median error ${median.toFixed(1)}°, 75 % within ${quantile(errors, 0.75).toFixed(1)}°, ${errors.length} samples`,
        );
      }

for (const geometry of arrayGeometries) {
  const SECONDS = 20;
  const random = seededRandom(1);
  // Loud all the time, which is the dearest: every frame is taken for speech.
  const sound = Int16Array.from(
    { length: geometry.sampleRate * geometry.channels },
    (_, i) => 6_000 * (random() - 0.5) * (1 + Math.sin(i / 9_000)),
  );
  const listener = new ArrayListener({
    geometry,
    clock: systemClock,
    talkers: new TalkerSource((error) => {
      throw error;
    }),
    onSound: () => undefined,
    startDeg: 90,
  });
  listener.push(sound);
  const before = process.cpuUsage();
  for (let second = 0; second < SECONDS; second++) listener.push(sound);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1e6 / SECONDS;
  if (share > 0.05) missed++;
  console.log(`arrays: ${geometry.id}, direction and beam: ${(share * 100).toFixed(2)} % of a core in real time`);
}
console.log(missed === 0 ? 'arrays: as asked: 5°, 5 % of a core' : `arrays: ${missed} figures missed`);
process.exitCode = missed === 0 ? 0 : 1;
