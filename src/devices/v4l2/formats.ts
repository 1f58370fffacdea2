/** Pixels along one side: `least` to `most` in steps; all equal for a size of its own. */
export interface SideRange {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

/** Pictures a second, in thousandths as `v4l2-ctl` writes them; equal for a rate of its own. */
export interface RateRange {
  readonly least: number;
  readonly most: number;
}

/** A pixel format with one size or range of sizes, and the rates that the camera has there; none where it does not say. */
export interface VideoMode {
  /** As in `YUYV`, `MJPG`. */
  readonly fourcc: string;
  readonly width: SideRange;
  readonly height: SideRange;
  readonly rates: readonly RateRange[];
}

const MOST_LINES = 8_192;
const MOST_MODES = 1_024;
const MOST_RATES = 64;
const MOST_SIDE = 16_384;
const MOST_RATE = 1_000;

/** `[0]: 'MJPG' (Motion-JPEG, compressed)`, and `Pixel Format: 'MJPG' (compressed)` of versions before 1.16. */
const formatLine = /^\s*(?:\[\d{1,3}\]|Pixel Format\s*): '([\x20-\x7e]{4})'/;
const sizeLine = /^\s*Size: Discrete (\d{1,5})x(\d{1,5})\s*$/;
const sizesLine =
  /^\s*Size: (?:Stepwise|Continuous) (\d{1,5})x(\d{1,5}) - (\d{1,5})x(\d{1,5})(?: with step (\d{1,5})\/(\d{1,5}))?\s*$/;
const rateLine = /^\s*Interval: Discrete [\d.]{1,12}s \((\d{1,4}\.\d{1,3}) fps\)\s*$/;
const ratesLine =
  /^\s*Interval: (?:Stepwise|Continuous) [^(]{1,80}\((\d{1,4}\.\d{1,3})\s?-\s?(\d{1,4}\.\d{1,3}) fps\)\s*$/;

/**
 * Reads `v4l2-ctl --list-formats-ext`, of versions 1.10 to 1.30. What makes no sense is passed over, with everything below it
 * up to the next line that does.
 */
export function parseFormats(text: string): VideoMode[] {
  const modes: (VideoMode & { readonly rates: RateRange[] })[] = [];
  let fourcc: string | null = null;
  let open: RateRange[] | null = null;
  for (const line of text.split('\n', MOST_LINES)) {
    const format = formatLine.exec(line);
    if (format) [fourcc, open] = [format[1] ?? null, null];
    const size = readSize(line);
    if (size !== undefined) {
      open = null;
      if (size === null || fourcc === null || modes.length >= MOST_MODES) continue;
      open = [];
      modes.push({ fourcc, ...size, rates: open });
    }
    const rate = readRate(line);
    if (rate && open && open.length < MOST_RATES) open.push(rate);
  }
  return modes;
}

type Size = Pick<VideoMode, 'width' | 'height'>;

/** Undefined for a line that is no size, null for one that makes no sense, as the `0x0 - 0x0` of some decoders. */
function readSize(line: string): Size | null | undefined {
  const one = sizeLine.exec(line)?.slice(1).map(Number);
  if (one) {
    const [width = 0, height = 0] = one;
    return sides([width, height, width, height, 1, 1]);
  }
  const many = sizesLine.exec(line);
  if (many) return sides(many.slice(1).map((digits: string | undefined) => Number(digits ?? 1)));
  return /^\s*Size:/.test(line) ? null : undefined;
}

function sides([w0 = 0, h0 = 0, w1 = 0, h1 = 0, stepW = 1, stepH = 1]: readonly number[]): Size | null {
  const [width, height] = [side(w0, w1, stepW), side(h0, h1, stepH)];
  return width === null || height === null ? null : { width, height };
}

function side(least: number, most: number, step: number): SideRange | null {
  if (least < 1 || most < least || most > MOST_SIDE) return null;
  return { least, most, step: Math.max(1, step) };
}

function readRate(line: string): RateRange | null {
  const one = rateLine.exec(line);
  const many = one ?? ratesLine.exec(line);
  if (!many) return null;
  const [least, most] = [Number(many[1]), Number(many[2] ?? many[1])];
  return least > 0 && most >= least && most <= MOST_RATE ? { least, most } : null;
}
