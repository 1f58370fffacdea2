import type { RateRange, SideRange, VideoMode } from './formats.ts';
import { pixelFormatNames, pixelFormats } from './pixel-formats.ts';

/** How a camera is connected, which is what bounds raw pictures. */
export type CameraBus = 'usb2' | 'usb3' | 'other';

export interface WantedPicture {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly bus: CameraBus;
}

/** One way to open a camera. */
export interface ChosenMode {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  /** Null where the camera does not say which rates it has. */
  readonly framesPerSecond: number | null;
}

/**
 * Raw pictures up to so many bytes a second are taken, larger ones compressed. An isochronous endpoint of USB 2 carries
 * 24.6 MB/s (3 x 1024 bytes each 125 us), which a camera shares with the room's other devices; USB 3 carries 400 MB/s and more.
 */
const RAW_BYTES_PER_S: Readonly<Record<CameraBus, number>> = { usb2: 20e6, usb3: 300e6, other: Infinity };
/** 29.97 serves who wants 30. */
const RATE_SLACK = 0.005;

/**
 * The mode that serves `wanted` best, null when there is none that can be opened. In this order: at least as large as wanted
 * (else the largest), at least as fast (else the fastest), no larger and no faster than needed, and raw where the bus carries
 * it easily, for that saves decoding, else compressed.
 */
export function bestMode(wanted: WantedPicture, modes: readonly VideoMode[]): ChosenMode | null {
  let best: Rated | null = null;
  for (const mode of modes) {
    const rated = rate(wanted, mode);
    if (rated && (best === null || isBetter(rated, best))) best = rated;
  }
  return best?.chosen ?? null;
}

interface Rated {
  readonly chosen: ChosenMode;
  /** Compared in turn, smaller is better. */
  readonly ranks: readonly number[];
}

function rate(wanted: WantedPicture, mode: VideoMode): Rated | null {
  const format = pixelFormatNames.indexOf(mode.fourcc);
  if (format < 0) return null;
  const [width, height] = [sideFor(wanted.width, mode.width), sideFor(wanted.height, mode.height)];
  const framesPerSecond = rateFor(wanted.framesPerSecond, mode.rates);
  const chosen = { fourcc: mode.fourcc, width, height, framesPerSecond };
  const isLarge = width >= wanted.width && height >= wanted.height;
  const speed = framesPerSecond ?? wanted.framesPerSecond;
  const isFast = speed >= wanted.framesPerSecond * (1 - RATE_SLACK);
  const area = width * height;
  return {
    chosen,
    ranks: [
      isLarge ? 0 : 1,
      isLarge ? 0 : -area,
      isFast ? 0 : 1,
      isFast ? 0 : -speed,
      area,
      isFast ? speed : 0,
      formatRank(chosen, speed, wanted.bus),
      format,
    ],
  };
}

/** Raw that fits is best; raw that does not is worse than compressed. */
function formatRank({ fourcc, width, height }: ChosenMode, speed: number, bus: CameraBus): number {
  const bytesPerPixel = pixelFormats[fourcc]?.bytesPerPixel ?? null;
  if (bytesPerPixel === null) return 1;
  return width * height * bytesPerPixel * speed <= RAW_BYTES_PER_S[bus] ? 0 : 2;
}

/** The smallest that is large enough, else the largest. */
function sideFor(wanted: number, { least, most, step }: SideRange): number {
  if (wanted <= least) return least;
  const largest = least + Math.floor((most - least) / step) * step;
  return Math.min(largest, least + Math.ceil((wanted - least) / step) * step);
}

function rateFor(wanted: number, rates: readonly RateRange[]): number | null {
  const nearest = rates.map(({ least, most }) => Math.min(most, Math.max(least, wanted)));
  const enough = nearest.filter((speed) => speed >= wanted * (1 - RATE_SLACK));
  if (enough.length > 0) return Math.min(...enough);
  return nearest.length > 0 ? Math.max(...nearest) : null;
}

function isBetter(a: Rated, b: Rated): boolean {
  for (const [i, rank] of a.ranks.entries()) {
    const other = b.ranks[i] ?? 0;
    if (rank !== other) return rank < other;
  }
  return false;
}
