import type { RunV4l2Ctl } from './run-v4l2-ctl.ts';

/** What comes in at a grabber's HDMI socket. */
export type Signal =
  | {
      readonly kind: 'present';
      readonly width: number;
      readonly height: number;
      readonly framesPerSecond: number | null;
    }
  | { readonly kind: 'none' }
  /** Something is plugged in whose signal cannot be locked to or is out of range. */
  | { readonly kind: 'unusable' }
  /** The grabber cannot tell, as those that pretend to be a UVC camera: they show a picture of their own instead. */
  | { readonly kind: 'unknown' };

const TIMEOUT_MS = 2_000;
const MOST_TEXT = 8_192;

/** Asks the grabber at `path`; works while its picture is being taken, and changes nothing. */
export async function signalOf(path: string, run: RunV4l2Ctl): Promise<Signal> {
  const result = await run(['--device', path, '--query-dv-timings'], TIMEOUT_MS);
  if (result.kind === 'output') return parseTimings(result.output);
  switch (result.reason) {
    case 'no-signal':
    case 'gone':
      return { kind: 'none' };
    case 'bad-signal':
      return { kind: 'unusable' };
    default:
      return { kind: 'unknown' };
  }
}

/** Reads `v4l2-ctl --query-dv-timings`; timings of nothing are all zero. */
export function parseTimings(text: string): Signal {
  const head = text.slice(0, MOST_TEXT);
  const [width, height] = ['width', 'height'].map((side) =>
    Number(new RegExp(`^\\s*Active ${side}: (\\d{1,5})\\s*$`, 'm').exec(head)?.[1] ?? NaN),
  ) as [number, number];
  if (Number.isNaN(width) || Number.isNaN(height)) return { kind: 'unknown' };
  if (width === 0 || height === 0) return { kind: 'none' };
  const rate = /^\s*Pixelclock: \d{1,12} Hz \((\d{1,4}(?:\.\d{1,3})?) frames per second\)/m.exec(head)?.[1];
  return { kind: 'present', width, height, framesPerSecond: rate === undefined ? null : Number(rate) };
}
