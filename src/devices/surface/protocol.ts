/** The lines of docs/serial-control.md: what a controller may say, and what the room says. */
import { type FramingModeName, framingModeNames } from '../framing/camera-framing.ts';
import type { SurfaceState } from './surface-actions.ts';

export const PROTOCOL_VERSION = 1;
/** Room enough for a meeting link. */
export const MAX_LINE = 512;
export const GREETING = `incamera ${PROTOCOL_VERSION}`;
export const ALIVE = 'alive';

export type Switch = 'on' | 'off' | 'toggle';

export type SurfaceCommand =
  | { readonly kind: 'hello' | 'ping' | 'status' | 'leave' }
  | { readonly kind: 'mute' | 'camera'; readonly to: Switch }
  /** `link` is `null` for the next meeting. */
  | { readonly kind: 'join'; readonly link: string | null }
  /** Percent, or a step. */
  | { readonly kind: 'volume'; readonly to: number | 'up' | 'down' }
  | { readonly kind: 'framing'; readonly mode: FramingModeName }
  | { readonly kind: 'preset'; readonly action: 'recall' | 'store'; readonly preset: number };

export type SurfaceError = 'unknown-command' | 'bad-argument' | 'too-long' | 'busy' | 'timeout' | 'failed';

export type ParsedLine =
  | { readonly kind: 'command'; readonly command: SurfaceCommand }
  | { readonly kind: 'error'; readonly error: 'unknown-command' | 'bad-argument' }
  /** The room's own line come back from a device that echoes: answering it would go on for ever. */
  | { readonly kind: 'echo' };

/** Reads a line without its end. Words are parted by blanks; capitals do not matter, but in a link. */
export function parseLine(line: string): ParsedLine {
  const [word = '', ...args] = line.trim().split(/[ \t]+/);
  const name = word.toLowerCase();
  if (['ok', 'error', 'state', 'incamera', ALIVE].includes(name)) return { kind: 'echo' };
  const read = readers[name];
  if (read === undefined) return { kind: 'error', error: 'unknown-command' };
  const command = read(args);
  return command === null ? { kind: 'error', error: 'bad-argument' } : { kind: 'command', command };
}

type Reader = (args: readonly string[]) => SurfaceCommand | null;

const alone =
  (kind: 'hello' | 'ping' | 'status' | 'leave'): Reader =>
  (args) =>
    args.length === 0 ? { kind } : null;

const switched =
  (kind: 'mute' | 'camera'): Reader =>
  (args) => {
    const to = args[0]?.toLowerCase();
    const isSwitch = to === 'on' || to === 'off' || to === 'toggle';
    return args.length === 1 && isSwitch ? { kind, to } : null;
  };

/** No prototype: `constructor` is a line like any other. */
const readers: Readonly<Record<string, Reader>> = Object.assign(Object.create(null) as Record<string, Reader>, {
  // A controller may say which version it was written for; the room's own stands in the answer.
  hello: (args) => (args.length <= 1 ? { kind: 'hello' } : null),
  ping: alone('ping'),
  status: alone('status'),
  leave: alone('leave'),
  mute: switched('mute'),
  camera: switched('camera'),
  join: ([link, ...more]) => {
    if (link === undefined || more.length > 0) return null;
    return { kind: 'join', link: link.toLowerCase() === 'next' ? null : link };
  },
  volume: ([value = '', ...more]) => {
    const to = value.toLowerCase();
    if (more.length > 0) return null;
    if (to === 'up' || to === 'down') return { kind: 'volume', to };
    const percent = wholeNumber(to, 100);
    return percent === null ? null : { kind: 'volume', to: percent };
  },
  framing: ([value = '', ...more]) => {
    const mode = framingModeNames.find((name) => name === value.toLowerCase());
    return mode === undefined || more.length > 0 ? null : { kind: 'framing', mode };
  },
  preset: (args) => {
    const isStore = args[0]?.toLowerCase() === 'store';
    const [value = '', ...more] = isStore ? args.slice(1) : args;
    const preset = wholeNumber(value, 254);
    if (preset === null || more.length > 0) return null;
    return { kind: 'preset', action: isStore ? 'store' : 'recall', preset };
  },
} satisfies Record<string, Reader>);

function wholeNumber(text: string, max: number): number | null {
  return /^\d{1,3}$/.test(text) && Number(text) <= max ? Number(text) : null;
}

/** How an answer names the command; a link is left out, because lines end up in the logs of controllers. */
export function nameOf(command: SurfaceCommand): string {
  switch (command.kind) {
    case 'mute':
    case 'camera':
      return `${command.kind} ${command.to}`;
    case 'volume':
      return `volume ${command.to}`;
    case 'preset':
      return `preset ${command.action === 'store' ? 'store ' : ''}${command.preset}`;
    case 'framing':
      return `framing ${command.mode}`;
    case 'join':
      return command.link === null ? 'join next' : 'join';
    case 'hello':
      return `hello ${PROTOCOL_VERSION}`;
    default:
      return command.kind;
  }
}

/** One line for each thing that can change. */
export function stateLines(state: SurfaceState): readonly string[] {
  return [
    `state call ${state.call}`,
    `state mute ${state.isMuted ? 'on' : 'off'}`,
    `state camera ${state.isCameraOn ? 'on' : 'off'}`,
    `state volume ${Math.round(state.volume)}`,
    `state participants ${state.participants}`,
    `state framing ${state.framing ?? 'none'}`,
    `state problems ${state.problems.length === 0 ? 'none' : state.problems.join(' ')}`,
  ];
}
