export type ControlType = 'int' | 'bool' | 'menu' | 'button';

/** One setting of a camera, as its driver tells it. */
export interface V4l2Control {
  /** As `v4l2-ctl` takes it; differs between versions of the kernel. */
  readonly name: string;
  /** As in videodev2.h: what identifies it. */
  readonly id: number;
  readonly type: ControlType;
  readonly min: number;
  readonly max: number;
  /** At least 1. */
  readonly step: number;
  readonly initial: number;
  /** Entries that a menu really has. */
  readonly menu: readonly number[];
}

/** Numbers of videodev2.h and v4l2-controls.h; their units in the kernel's "Camera Control Reference". */
export const controlIds = {
  whiteBalanceAuto: 0x0098090c,
  powerLineFrequency: 0x00980918,
  /** Kelvin. */
  temperature: 0x0098091a,
  exposureMode: 0x009a0901,
  /** 100 us. */
  exposureTime: 0x009a0902,
  /** Arc seconds, positive to the right. */
  pan: 0x009a0908,
  /** Arc seconds, positive upwards. */
  tilt: 0x009a0909,
  /** Own unit, positive towards the camera. */
  focus: 0x009a090a,
  focusAuto: 0x009a090c,
  zoom: 0x009a090d,
  /** Positive to tele, 0 stops. */
  zoomSpeed: 0x009a090f,
  /** Positive to the right, 0 stops. */
  panSpeed: 0x009a0920,
  tiltSpeed: 0x009a0921,
} as const satisfies Record<string, number>;

const MOST_LINES = 4_096;
const MOST_CONTROLS = 256;
const MOST_ENTRIES = 64;

const controlLine = /^\s*([a-z_][a-z0-9_]{0,63}) 0x([0-9a-f]{8}) \((int|bool|menu|button)\s*\)\s*:(.{0,256})$/;
const entryLine = /^\s+(\d{1,4}): /;
const valueLine = /^([a-z_][a-z0-9_]{0,63}): (-?\d{1,10})(?: \(.{0,64}\))?\s*$/;

/** Reads `v4l2-ctl --list-ctrls-menus`. What is no control of these types, and what cannot be set, is passed over. */
export function parseControls(text: string): V4l2Control[] {
  const controls: (V4l2Control & { readonly menu: number[] })[] = [];
  let menu: number[] | null = null;
  for (const line of text.split('\n', MOST_LINES)) {
    const head = controlLine.exec(line);
    if (head) {
      menu = null;
      const control = readControl(head);
      if (control === null || controls.length >= MOST_CONTROLS) continue;
      controls.push(control);
      menu = control.type === 'menu' ? control.menu : null;
      continue;
    }
    const entry = entryLine.exec(line);
    if (entry && menu && menu.length < MOST_ENTRIES) menu.push(Number(entry[1]));
    // Headings and controls of other types end the menu above them.
    else if (!entry && line.trim() !== '') menu = null;
  }
  return controls;
}

function readControl([, name = '', id = '', kind = '', tail = '']: RegExpExecArray):
  (V4l2Control & { menu: number[] }) | null {
  if (/flags=.*\b(disabled|read-only)\b/.test(tail)) return null;
  const type = kind as ControlType;
  const field = (key: string, otherwise: number): number => {
    const digits = new RegExp(`\\b${key}=(-?\\d{1,10})\\b`).exec(tail)?.[1];
    return digits === undefined ? otherwise : Number(digits);
  };
  const [min, max] = [field('min', 0), field('max', type === 'bool' ? 1 : 0)];
  if (max < min) return null;
  const step = Math.max(1, field('step', 1));
  return { name, id: parseInt(id, 16), type, min, max, step, initial: field('default', 0), menu: [] };
}

/** Reads `v4l2-ctl --get-ctrl`: values by name. */
export function parseValues(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n', MOST_CONTROLS)) {
    const match = valueLine.exec(line);
    if (match) values.set(match[1] ?? '', Number(match[2]));
  }
  return values;
}

/** The value of the control that is nearest: in its range, on its steps. What is no number counts as the least. */
export function onStep({ min, max, step }: V4l2Control, value: number): number {
  const wanted = Number.isFinite(value) ? Math.max(min, Math.min(max, value)) : value > 0 ? max : min;
  const stepped = min + Math.round((wanted - min) / step) * step;
  return stepped > max ? stepped - step : stepped;
}

/** Whether it can be set to more than one value: many cameras list controls from 0 to 0. */
export function isUsable(control: V4l2Control | undefined): control is V4l2Control {
  return control !== undefined && (control.type === 'button' || control.max > control.min);
}
