/** The rooms and talkers that directions of arrival are measured in, by the benchmark whole and by the tests in part. */
import { DirectionFinder } from '../../src/devices/array/direction-finder.ts';
import { angleBetween, arrayGeometry } from '../../src/devices/array/geometry.ts';
import { TalkerTracker } from '../../src/devices/array/talker-tracker.ts';
import { type ArrayRoom, hearInRoom, type RoomNoise, type RoomTalker, talkerSound } from './array-room.ts';

export type Talking = 'one' | 'turns' | 'both';

export interface ArrayScenario {
  readonly geometryId: string;
  readonly room: 'small' | 'large';
  readonly rt60S: number;
  readonly azimuthsDeg: readonly [number, number];
  readonly talking: Talking;
  readonly noise: RoomNoise['kind'];
  readonly seed: number;
}

export interface ArrayFigures {
  /** Degrees, a sample per 64 ms with speech: of the tracked direction, or of each talker's nearest direction when both speak. */
  readonly errors: readonly number[];
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const SNR_DB = 10;
const QUIET_S = 0.6;
const TURN_S = 2.4;
const SECONDS = QUIET_S + 2 * TURN_S;
/** A change of talkers is followed after the settling time and some words: errors right after it are counted apart from accuracy. */
const CHANGE_S = 1;

const rooms = {
  small: { sizeM: [4.6, 3.8, 2.7], arrayM: [2.1, 1.8, 0.75] },
  large: { sizeM: [8.5, 5.5, 3], arrayM: [4.4, 2.6, 0.8] },
} as const;

export function measureDirections(scenario: ArrayScenario): ArrayFigures {
  const { geometryId, rt60S, talking, noise, seed } = scenario;
  const geometry = arrayGeometry(geometryId);
  const room: ArrayRoom = { ...rooms[scenario.room], rt60S };
  const heard = hearInRoom(
    geometry,
    room,
    talkersOf(scenario, geometry.sampleRate),
    { snrDb: SNR_DB, kind: noise },
    seed,
  );
  const errors: number[] = [];
  const tracker = new TalkerTracker();
  let pieces = 0;
  const frames = DirectionFinder.listen(geometry, ({ speech, directions }) => {
    const atS = pieces++ * 0.064;
    const tracked = tracker.update({ speech, direction: directions[0] ?? null }, atS * 1000);
    if (!speech || directions.length === 0) return;
    const [a, b] = scenario.azimuthsDeg;
    const error = (found: number | undefined, real: number): number =>
      found === undefined ? 180 : Math.abs(angleBetween(found, real));
    if (talking === 'both') {
      for (const real of [a, b]) errors.push(Math.min(...directions.map((each) => error(each.azimuthDeg, real))));
      return;
    }
    const second = talking === 'turns' && atS > QUIET_S + TURN_S;
    const sinceS = atS - QUIET_S - (second ? TURN_S : 0);
    if (tracked !== null && sinceS > CHANGE_S) errors.push(error(tracked.azimuthDeg, second ? b : a));
  });
  const before = process.cpuUsage();
  frames.push(heard);
  const { user, system } = process.cpuUsage(before);
  return { errors, seconds: SECONDS, cpuSeconds: (user + system) / 1e6 };
}

/** At `share` of the sorted values, 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}

function talkersOf({ azimuthsDeg: [a, b], talking, seed }: ArrayScenario, rate: number): RoomTalker[] {
  const [from, turn] = [Math.round(QUIET_S * rate), Math.round(TURN_S * rate)];
  const place = (voice: Float64Array, start: number, end: number): Float64Array => {
    const sound = new Float64Array(Math.round(SECONDS * rate));
    sound.set(voice.subarray(0, end - start), start);
    return sound;
  };
  const low = talkerSound(rate, SECONDS, 0.7 + seed);
  const high = talkerSound(rate, SECONDS, 4.3 + seed, 1.2);
  const end = from + 2 * turn;
  const first = place(low, from, talking === 'turns' ? from + turn : end);
  const second = place(high, talking === 'turns' ? from + turn : from, end);
  const talkers = [
    { azimuthDeg: a, distanceM: 1.5, heightM: 0.4, sound: first },
    { azimuthDeg: b, distanceM: 1.3, heightM: 0.45, sound: second },
  ];
  return talking === 'one' ? talkers.slice(0, 1) : talkers;
}
