import { UsageError } from '../../lib/errors.ts';

/** Metres per second at 20 degrees Celsius. */
export const SPEED_OF_SOUND = 343;

/** One microphone: its channel in the interleaved stream, and its place seen from above, in metres. */
export interface ArrayMicrophone {
  readonly channel: number;
  readonly xM: number;
  readonly yM: number;
}

/**
 * A microphone array with raw channels. Azimuths are degrees, anticlockwise seen from above, 0 along x. A linear array lies along x and
 * cannot tell front from back: only 0 to 180 degrees (its front, +y) are searched.
 */
export interface ArrayGeometry {
  readonly id: string;
  readonly name: string;
  /** Channels of the interleaved stream, raw ones and others. */
  readonly channels: number;
  readonly sampleRate: 16_000 | 48_000;
  readonly shape: 'circular' | 'linear';
  readonly microphones: readonly ArrayMicrophone[];
}

/** Places as in the boards' drawings; the first three agree with ODAS's published configurations (introlab/odas, config/odaslive). */
export const arrayGeometries: readonly ArrayGeometry[] = [
  {
    id: 'respeaker-usb-4',
    name: 'ReSpeaker USB Mic Array v2.0, firmware with 6 channels (0 processed, 1 to 4 raw, 5 playback)',
    channels: 6,
    sampleRate: 16_000,
    shape: 'circular',
    microphones: [
      { channel: 1, xM: -0.032, yM: 0 },
      { channel: 2, xM: 0, yM: -0.032 },
      { channel: 3, xM: 0.032, yM: 0 },
      { channel: 4, xM: 0, yM: 0.032 },
    ],
  },
  {
    id: 'respeaker-6',
    name: 'ReSpeaker 6-Mic Circular Array (8 channels: 6 raw, 2 playback)',
    channels: 8,
    sampleRate: 16_000,
    shape: 'circular',
    microphones: ring(6, 0.0463, 120, 60, 0),
  },
  {
    id: 'uma-8',
    name: 'miniDSP UMA-8, raw firmware (8 channels: centre, 6 around it, one unused)',
    channels: 8,
    sampleRate: 48_000,
    shape: 'circular',
    microphones: [{ channel: 0, xM: 0, yM: 0 }, ...ring(6, 0.043, 90, -60, 1)],
  },
  {
    id: 'linear-4',
    name: 'Four microphones in a line, 40 mm apart',
    channels: 4,
    sampleRate: 16_000,
    shape: 'linear',
    microphones: [-0.06, -0.02, 0.02, 0.06].map((xM, channel) => ({ channel, xM, yM: 0 })),
  },
];

/** @throws {UsageError} device/array-unknown, naming the known ones. */
export function arrayGeometry(id: string): ArrayGeometry {
  const found = arrayGeometries.find((geometry) => geometry.id === id);
  if (found) return found;
  const known = arrayGeometries.map((geometry) => geometry.id).join(', ');
  throw new UsageError('device/array-unknown', `No microphone array is called ${JSON.stringify(id)}; known: ${known}`);
}

/** The same microphones when nothing but them is left in the stream, in their order. */
export function microphonesOnly(geometry: ArrayGeometry): ArrayGeometry {
  return {
    ...geometry,
    channels: geometry.microphones.length,
    microphones: geometry.microphones.map((microphone, channel) => ({ ...microphone, channel })),
  };
}

/** Signed difference `a - b` of two directions, -180 (exclusive) to 180 degrees. */
export function angleBetween(a: number, b: number): number {
  const difference = (((a - b) % 360) + 360) % 360;
  return difference > 180 ? difference - 360 : difference;
}

/** Any angle, in 0 (inclusive) to 360 (exclusive) degrees. */
export function normaliseAngle(degrees: number): number {
  const angle = ((degrees % 360) + 360) % 360;
  return angle === 360 ? 0 : angle;
}

function ring(
  count: number,
  radiusM: number,
  firstDeg: number,
  stepDeg: number,
  firstChannel: number,
): ArrayMicrophone[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = ((firstDeg + index * stepDeg) * Math.PI) / 180;
    return { channel: firstChannel + index, xM: radiusM * Math.cos(angle), yM: radiusM * Math.sin(angle) };
  });
}
