import { generate } from 'lean-qr';
import type { Size } from './display-boxes.ts';
import { clean, escape, FONT, LETTER_WIDTH } from './svg-text.ts';

/** What a display says between calls, in words. */
export interface AmbientView {
  readonly room: string;
  /** As the clock shows it: "14:05". */
  readonly time: string;
  readonly date: string;
  /** Null: nothing is known of the room's bookings. */
  readonly status: { readonly isFree: boolean; readonly text: string } | null;
  /** The next meeting; null: none that is known. */
  readonly next: string | null;
  /** How to come in with a phone. The link is a credential: whoever is in the room may have it. */
  readonly join: { readonly link: string; readonly text: string } | null;
  /** A panel that is to be paired: what to do, and its code. */
  readonly pairing: { readonly text: string; readonly code: string } | null;
}

/** Of a picture 1080 lines high. */
const DESIGNED_HEIGHT = 1_080;
const MARGIN = 96;
const QR_SIDE = 330;
/** Modules of quiet ground on each side (ISO/IEC 18004). */
const QUIET = 4;
const COLOURS = {
  ground: '#101418',
  card: '#1c242d',
  text: '#ffffff',
  quiet: '#9fb0c0',
  free: '#7bd88f',
  busy: '#f5c26b',
};

interface Line {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly text: string;
  readonly fill: string;
  readonly anchor?: 'end';
  readonly weight?: 600;
  readonly spacing?: number;
  /** Wide as this at most. */
  readonly most: number;
}

/** The picture as one line of `roomoverlay`, for a screen of `size` pixels. Pure. */
export function ambientPicture(view: AmbientView, { width, height }: Size): string {
  const scale = height / DESIGNED_HEIGHT;
  const wide = width / scale;
  const parts = [head(view, wide), middle(view, wide), phone(view, wide, scale), pairing(view, wide)].join('');
  const body = `<rect width="${width}" height="${height}" fill="${COLOURS.ground}"/><g transform="scale(${scale.toFixed(5)})">${parts}</g>`;
  return `ambient 0,0,${width},${height} <svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${body}</svg>`;
}

function head({ room, date, time }: AmbientView, wide: number): string {
  const most = wide - 2 * MARGIN - 460;
  return (
    line({ x: MARGIN, y: 170, size: 84, text: room, fill: COLOURS.text, weight: 600, most }) +
    line({ x: MARGIN, y: 240, size: 40, text: date, fill: COLOURS.quiet, most }) +
    line({ x: wide - MARGIN, y: 186, size: 140, text: time, fill: COLOURS.text, weight: 600, anchor: 'end', most: 460 })
  );
}

function middle({ status, next }: AmbientView, wide: number): string {
  const most = wide - 2 * MARGIN;
  const now = status && line({ x: MARGIN, y: 480, size: 112, ...coloured(status), weight: 600, most });
  return (
    (now ?? '') + (next === null ? '' : line({ x: MARGIN, y: 580, size: 56, text: next, fill: COLOURS.text, most }))
  );
}

const coloured = ({ isFree, text }: { isFree: boolean; text: string }): { text: string; fill: string } => ({
  text,
  fill: isFree ? COLOURS.free : COLOURS.busy,
});

function phone({ join }: AmbientView, wide: number, scale: number): string {
  if (!join) return '';
  const [x, y] = [wide - MARGIN - QR_SIDE, DESIGNED_HEIGHT - MARGIN - QR_SIDE - 56];
  const { size, path } = modules(join.link);
  // A whole number of pixels: modules of two widths are harder to read.
  const module = Math.max(1, Math.floor((QR_SIDE * scale) / (size + 2 * QUIET))) / scale;
  const inset = (QR_SIDE - module * size) / 2;
  const code = `<g transform="translate(${x + inset} ${y + inset}) scale(${module.toFixed(5)})"><path fill="#000" shape-rendering="crispEdges" d="${path}"/></g>`;
  const caption = line({
    ...{ x: wide - MARGIN, y: DESIGNED_HEIGHT - MARGIN, size: 38, text: join.text, fill: COLOURS.quiet, anchor: 'end' },
    most: wide / 2,
  });
  return `<rect x="${x}" y="${y}" width="${QR_SIDE}" height="${QR_SIDE}" rx="12" fill="#fff"/>${code}${caption}`;
}

function pairing({ pairing: wanted }: AmbientView, wide: number): string {
  if (!wanted) return '';
  const [y, most] = [DESIGNED_HEIGHT - MARGIN - 250, Math.min(1_150, wide - 3 * MARGIN - QR_SIDE)];
  return (
    `<rect x="${MARGIN}" y="${y}" width="${most}" height="250" rx="24" fill="${COLOURS.card}"/>` +
    line({ x: MARGIN + 48, y: y + 78, size: 44, text: wanted.text, fill: COLOURS.text, most: most - 96 }) +
    line({
      ...{ x: MARGIN + 48, y: y + 206, size: 128, text: wanted.code, fill: COLOURS.text, weight: 600, spacing: 14 },
      most: most - 96,
    })
  );
}

function line({ x, y, size, text, fill, anchor, weight, spacing, most }: Line): string {
  const words = clean(text, Math.max(1, Math.floor(most / (size * LETTER_WIDTH))));
  const more = `${anchor ? ` text-anchor="${anchor}"` : ''}${weight ? ` font-weight="${weight}"` : ''}${spacing ? ` letter-spacing="${spacing}"` : ''}`;
  return `<text x="${x}" y="${y}" font-family="${FONT}" font-size="${size}" fill="${fill}"${more}>${escape(words)}</text>`;
}

/** The dark modules as one path, in module units; those in a row are one stroke. */
function modules(text: string): { size: number; path: string } {
  const code = generate(text);
  let path = '';
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) {
      let run = 0;
      while (code.get(x + run, y)) run++;
      if (run > 0) path += `M${x} ${y}h${run}v1h-${run}z`;
      x += run;
    }
  return { size: code.size, path };
}
