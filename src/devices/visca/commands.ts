/**
 * Messages of VISCA between header and terminator. Sources: Sony "SRG-X400 Command List" (pan-tilt, presets), Sony "SRG-300H
 * Technical Manual" (camera, exposure), PTZOptics "VISCA over IP Command List" rev. 1.3 and Tekvox "79068-4K-12 User Manual"
 * 5.1.3 (inquiries). Speeds are whole numbers of the camera's own scale.
 */
export type Message = readonly number[];

/** Four nibbles, the highest first; negative numbers as 16-bit two's complement. */
function nibbles(value: number): number[] {
  const word = value & 0xffff;
  return [word >> 12, (word >> 8) & 15, (word >> 4) & 15, word & 15];
}

export const power = (on: boolean): Message => [0x01, 0x04, 0x00, on ? 0x02 : 0x03];

/** Direction is the sign, 0 stands still. A speed byte of 0 is out of range, so an axis that stands still is sent with 1. */
export function panTiltDrive(pan: number, tilt: number): Message {
  const direction = (speed: number, negative: number, positive: number): number =>
    speed === 0 ? 0x03 : speed < 0 ? negative : positive;
  // Left 01, right 02; up 01, down 02.
  const [panWay, tiltWay] = [direction(pan, 0x01, 0x02), direction(tilt, 0x02, 0x01)];
  return [0x01, 0x06, 0x01, Math.max(1, Math.abs(pan)), Math.max(1, Math.abs(tilt)), panWay, tiltWay];
}

export const panTiltTo = (panSpeed: number, tiltSpeed: number, pan: number, tilt: number): Message => [
  ...[0x01, 0x06, 0x02, panSpeed, tiltSpeed],
  ...nibbles(pan),
  ...nibbles(tilt),
];
export const home: Message = [0x01, 0x06, 0x04];

/** Speed -8 to 8: 0 stops, 1 to 8 are the levels that the manuals number 0 to 7. Positive is tele. */
export function zoomDrive(speed: number): Message {
  if (speed === 0) return [0x01, 0x04, 0x07, 0x00];
  return [0x01, 0x04, 0x07, (speed > 0 ? 0x20 : 0x30) | (Math.min(8, Math.abs(speed)) - 1)];
}
export const zoomTo = (position: number): Message => [0x01, 0x04, 0x47, ...nibbles(position)];

/** As `zoomDrive`; positive is far. */
export function focusDrive(speed: number): Message {
  if (speed === 0) return [0x01, 0x04, 0x08, 0x00];
  return [0x01, 0x04, 0x08, (speed > 0 ? 0x20 : 0x30) | (Math.min(8, Math.abs(speed)) - 1)];
}
export const focusAuto = (auto: boolean): Message => [0x01, 0x04, 0x38, auto ? 0x02 : 0x03];

export const presetStore = (preset: number): Message => [0x01, 0x04, 0x3f, 0x01, preset];
export const presetRecall = (preset: number): Message => [0x01, 0x04, 0x3f, 0x02, preset];

export const whiteBalance = (mode: number): Message => [0x01, 0x04, 0x35, mode];
export const exposure = (mode: number): Message => [0x01, 0x04, 0x39, mode];
/** PTZOptics and its relatives; 0 off, 1 for 50 Hz, 2 for 60 Hz. */
export const flicker = (mode: number): Message => [0x01, 0x04, 0x23, mode];

/** To all: numbers the cameras of a serial chain from 1. */
export const addressSet: Message = [0x30, 0x01];
/** To all: empties the command buffers. */
export const interfaceClear: Message = [0x01, 0x00, 0x01];

export const inquiries = {
  version: [0x09, 0x00, 0x02],
  power: [0x09, 0x04, 0x00],
  zoom: [0x09, 0x04, 0x47],
  panTilt: [0x09, 0x06, 0x12],
  focus: [0x09, 0x04, 0x38],
  whiteBalance: [0x09, 0x04, 0x35],
  exposure: [0x09, 0x04, 0x39],
  flicker: [0x09, 0x04, 0x55],
} as const satisfies Record<string, Message>;

/** Reads `count` nibbles from `at` as an unsigned number, or `null` when there are too few. */
export function readNibbles(data: Uint8Array, at: number, count: number): number | null {
  if (data.length < at + count) return null;
  return data.subarray(at, at + count).reduce((value, nibble) => value * 16 + (nibble & 15), 0);
}

export function readPanTilt(data: Uint8Array): { pan: number; tilt: number } | null {
  const [pan, tilt] = [readNibbles(data, 0, 4), readNibbles(data, 4, 4)];
  return pan === null || tilt === null || data.length !== 8 ? null : { pan: signed(pan), tilt: signed(tilt) };
}

/** Vendor and model, as `gggg` and `hhhh` of CAM_VersionInq, and how many sockets the camera has. */
export function readVersion(data: Uint8Array): { vendor: number; model: number; sockets: number } | null {
  const [g1 = 0, g2 = 0, h1 = 0, h2 = 0, , , sockets = 0] = data;
  return data.length === 7 ? { vendor: g1 * 256 + g2, model: h1 * 256 + h2, sockets } : null;
}

const signed = (word: number): number => (word < 0x8000 ? word : word - 0x1_0000);
