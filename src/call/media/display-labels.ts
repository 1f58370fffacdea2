import { initialsOf } from '../../lib/initials.ts';
import { type Box, statusHeight } from './display-boxes.ts';
import type { Layout } from './display-layout.ts';
import { clean as cleanText, escape, FONT, shorten } from './svg-text.ts';
import type { ShownPerson, ShownStatus } from './video-parts.ts';

export interface LabelledWindow {
  readonly peer: string;
  readonly source: 'camera' | 'screen';
  /** A picture of it is on the screen. */
  readonly pictured: boolean;
}

export interface LabelInput {
  readonly width: number;
  readonly height: number;
  readonly layout: Layout;
  /** Whose window each is. */
  readonly windows: ReadonlyMap<string, LabelledWindow>;
  readonly people: readonly ShownPerson[];
  readonly status: ShownStatus;
  /** As the clock shows it: "14:05". */
  readonly time: string;
  /** "2/3"; empty when there is one page. */
  readonly page: string;
}

const VERIFIED = '#7bd88f';
const UNVERIFIED = '#f5c26b';
const WARNING = '#b3261e';
const SPEAKING = '#6cb6ff';
const LONGEST_NAME = 40;
const CAMERA_OFF = 'Camera off';

/** Lines of `roomoverlay`: "key x,y,width,height svg". Names are hostile: control characters go, the rest is escaped. Pure. */
export function labels(input: LabelInput): string {
  const lines = [statusLine(input), ...warningLine(input), ...noticeLine(input)];
  const people = new Map(input.people.map((person) => [person.peer, person]));
  const own = input.layout.selfView;
  let n = 0;
  for (const [window, box] of input.layout.boxes) {
    const { peer = '', source = 'camera', pictured = false } = input.windows.get(window) ?? {};
    const person = people.get(peer);
    n++;
    if (!person) continue;
    const inside = ownWithin(box, own);
    if (!pictured) {
      const text = source === 'screen' ? '' : initialsOf(clean(person.name)) || '…';
      lines.push(noPicture(`off${n}`, box, text, inside));
    }
    if (source === 'camera' && person.speaking) lines.push(...frame(`frame${n}`, box));
    // A long name ends before our corner.
    const most = inside ? inside.x - box.x - 4 : box.width;
    lines.push(nameLine(`name${n}`, { window: box, most, high: nameHeight(box, input.height) }, person, source));
  }
  if (own && input.people.some(({ self, cameraOn }) => self && !cameraOn))
    lines.push(noPicture('offself', own, CAMERA_OFF, null, '#333e4a'));
  return lines.join('\n');
}

function statusLine({ width, height, status, time, page }: LabelInput): string {
  const h = statusHeight(height);
  const size = Math.round(h * 0.5);
  const at = (x: number, anchor: string, text: string, fill: string): string =>
    `<text x="${x}" y="${Math.round(h * 0.68)}" font-family="${FONT}" font-size="${size}" text-anchor="${anchor}" fill="${fill}">${text}</text>`;
  const code =
    status.code === null
      ? at(width / 2, 'middle', 'Securing the meeting…', UNVERIFIED)
      : at(width / 2, 'middle', escape(status.code), VERIFIED) +
        lock(width / 2 - status.code.length * size * 0.285 - h * 0.8, h);
  const body =
    at(12, 'start', escape(clean(status.room)), '#ffffff') +
    code +
    at(width - 12, 'end', escape(page === '' ? time : `${page} · ${time}`), '#ffffff');
  return box(
    'status',
    { x: 0, y: 0, width, height: h },
    `<rect width="${width}" height="${h}" fill="#101418"/>${body}`,
  );
}

/** In the middle, under the status line, where people look who look at the others. */
function warningLine({ width, height, status }: LabelInput): string[] {
  if (status.warning === null) return [];
  const h = Math.round(statusHeight(height) * 1.5);
  const size = Math.round(h * 0.55);
  const text = shorten(clean(status.warning), Math.floor((width - 2 * h) / (size * 0.62)));
  const wide = Math.min(width, Math.round([...text].length * size * 0.62 + h));
  const place = { x: Math.round((width - wide) / 2), y: Math.round(h * 0.9), width: wide, height: h };
  const words = `<text x="50%" y="${Math.round(h * 0.7)}" font-family="${FONT}" font-size="${size}" text-anchor="middle" fill="#ffffff">${escape(text)}</text>`;
  return [
    box('warning', place, `<rect width="100%" height="100%" rx="${Math.round(h / 4)}" fill="${WARNING}"/>${words}`),
  ];
}

/** At the left, under what stands above: to be found by who looks for it, and in nobody's way. */
function noticeLine({ width, height, status }: LabelInput): string[] {
  if (status.notice === null) return [];
  const h = Math.round(statusHeight(height) * 1.3);
  const size = Math.round(h * 0.5);
  const text = cleanText(status.notice, Math.floor((width - 2 * h) / (size * 0.62)));
  const wide = Math.min(width, Math.round([...text].length * size * 0.62 + h));
  const y = Math.round(statusHeight(height) * (status.warning === null ? 1.2 : 3));
  const words = `<text x="${Math.round(h / 2)}" y="${Math.round(h * 0.68)}" font-family="${FONT}" font-size="${size}" fill="#ffffff">${escape(text)}</text>`;
  const ground = `<rect width="100%" height="100%" rx="${Math.round(h / 4)}" fill="#101418" fill-opacity=".85"/>`;
  return [box('notice', { x: 12, y, width: Math.min(wide, width - 24), height: h }, `${ground}${words}`)];
}

/** Closed padlock, `h` lines high with its margins. */
function lock(x: number, h: number): string {
  const shape =
    '<path d="M5 8V6a3 3 0 0 1 6 0v2" fill="none" stroke-width="1.6"/><rect x="3.5" y="8" width="9" height="6" rx="1"/>';
  return `<g transform="translate(${Math.round(x)} ${Math.round(h * 0.16)}) scale(${(h / 24).toFixed(3)})" stroke="${VERIFIED}" fill="${VERIFIED}">${shape}</g>`;
}

/** In the place of a picture that is not there; `own`: ourselves in the window's corner, who must stay to be seen. */
function noPicture(key: string, window: Box, text: string, own: Box | null, fill = '#1c242d'): string {
  const { width, height } = window;
  const radius = Math.round(Math.min(width, height) * 0.17);
  const isInitials = text !== '' && text !== CAMERA_OFF;
  const size = Math.round(isInitials ? radius * 0.85 : height * 0.13);
  const circle = isInitials ? `<circle cx="50%" cy="50%" r="${radius}" fill="#3a4a5e"/>` : '';
  const letters = `<text x="50%" y="${Math.round(height / 2 + size * 0.36)}" font-family="${FONT}" font-size="${size}" text-anchor="middle" fill="#ffffff">${escape(text)}</text>`;
  const hole = own ? `M${own.x - window.x} ${own.y - window.y}h${own.width}v${own.height}h${-own.width}z` : '';
  const ground = `<path fill-rule="evenodd" d="M0 0h${width}v${height}h${-width}z${hole}" fill="${fill}"/>`;
  return box(key, window, `${ground}${circle}${letters}`);
}

/** Ourselves, where we are small in the corner of this window. */
function ownWithin(window: Box, own: Box | null): Box | null {
  const inside =
    own &&
    own.x >= window.x &&
    own.x + own.width <= window.x + window.width &&
    own.y >= window.y &&
    own.y + own.height <= window.y + window.height;
  return inside ? own : null;
}

/** Readable from the other end of the room in a small window, and never higher than the status line. */
function nameHeight(window: Box, screen: number): number {
  const most = Math.max(1, statusHeight(screen));
  return Math.min(window.height, most, Math.max(Math.round(most * 0.7), Math.round(window.height * 0.09)));
}

function nameLine(
  key: string,
  { window, most, high: h }: { window: Box; most: number; high: number },
  person: ShownPerson,
  source: 'camera' | 'screen',
): string {
  const size = Math.round(h * 0.55);
  const beside = h * (person.muted ? 2.6 : 1.8);
  const suffix = source === 'screen' ? ' · screen' : '';
  const name = shorten(clean(person.name) || '…', Math.floor((most - beside) / (size * 0.62)) - suffix.length) + suffix;
  const width = Math.max(1, Math.min(most, Math.round(name.length * size * 0.62 + beside)));
  const badge = person.verified ? VERIFIED : UNVERIFIED;
  const mark = person.verified ? 'M4 8l3 3 6-6' : 'M8 3v6M8 11.5v.5';
  const scale = h / 16;
  const left = Math.round(h * 0.2);
  const icon = `<g transform="translate(${left} 0) scale(${scale.toFixed(3)})"><circle cx="8" cy="8" r="6" fill="none" stroke="${badge}"/><path d="${mark}" fill="none" stroke="${badge}" stroke-width="1.6" transform="translate(.3 .3) scale(.94)"/></g>`;
  const muted = person.muted
    ? `<g transform="translate(${Math.round(width - h)} 0) scale(${scale.toFixed(3)})"><path d="M8 3v6M5 8a3 3 0 0 0 6 0M8 11v2M3 3l10 10" fill="none" stroke="#ff8080" stroke-width="1.4"/></g>`
    : '';
  const text = `<text x="${left + Math.round(h * 1.1)}" y="${Math.round(h * 0.7)}" font-family="${FONT}" font-size="${size}" fill="#ffffff">${escape(name)}</text>`;
  const place = { x: window.x, y: window.y + window.height - h, width: Math.round(width), height: h };
  return box(key, place, `<rect width="100%" height="100%" fill="#101418" fill-opacity=".72"/>${icon}${text}${muted}`);
}

/** Four thin boxes instead of one with a hole: what is drawn costs by its area. */
function frame(key: string, { x, y, width, height }: Box): string[] {
  const t = 4;
  const fill = `<rect width="100%" height="100%" fill="${SPEAKING}"/>`;
  return [
    box(`${key}t`, { x, y, width, height: t }, fill),
    box(`${key}b`, { x, y: y + height - t, width, height: t }, fill),
    box(`${key}l`, { x, y, width: t, height }, fill),
    box(`${key}r`, { x: x + width - t, y, width: t, height }, fill),
  ];
}

function box(key: string, { x, y, width, height }: Box, body: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${body}</svg>`;
  return `${key} ${x},${y},${width},${height} ${svg}`;
}

const clean = (text: string): string => cleanText(text, LONGEST_NAME);
