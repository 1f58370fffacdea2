import { ProtocolError } from '../../lib/errors.ts';

/** Readable parameters of the tuning interface: id and offset, all of them integers (respeaker/usb_4_mic_array, tuning.py). */
export const respeakerParameters = {
  doaAngle: { id: 21, offset: 0, most: 359 },
  speechDetected: { id: 19, offset: 22, most: 1 },
  voiceActivity: { id: 19, offset: 32, most: 1 },
} as const;

export type RespeakerParameter = keyof typeof respeakerParameters;

/** A vendor control transfer from the device, as USB has it; the recipient is the device. */
export interface ControlRead {
  readonly bmRequestType: number;
  readonly bRequest: number;
  readonly wValue: number;
  readonly wIndex: number;
  readonly wLength: number;
}

/** Device to host, vendor, device. */
const VENDOR_IN = 0xc0;
const READ = 0x80;
const INTEGER = 0x40;
const ANSWER_BYTES = 8;

export function readRequest(parameter: RespeakerParameter): ControlRead {
  const { id, offset } = respeakerParameters[parameter];
  return { bmRequestType: VENDOR_IN, bRequest: 0, wValue: READ | INTEGER | offset, wIndex: id, wLength: ANSWER_BYTES };
}

/**
 * The value in an answer: two little-endian 32-bit integers, the first is it.
 * @throws {ProtocolError} device/array-answer-invalid when it is not 8 bytes long or out of the parameter's range: the I2S build and the
 * XVF3800 answer the same requests with something else.
 */
export function readAnswer(parameter: RespeakerParameter, answer: Uint8Array): number {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const value = bytes.length === ANSWER_BYTES ? bytes.readInt32LE(0) : NaN;
  if (value >= 0 && value <= respeakerParameters[parameter].most) return value;
  throw new ProtocolError('device/array-answer-invalid', 'A microphone array gave an answer that makes no sense', {
    context: { parameter, bytes: bytes.length },
  });
}

/** What differs between boards and firmware. The angle of the firmware is `sign * azimuth + offset`. */
export interface RespeakerQuirk {
  readonly vendorId: number;
  readonly productId: number;
  /** Firmware it holds for, as `bcdDevice`; null for any other. */
  readonly firmware: number | null;
  /** 1 when the firmware's angles grow anticlockwise seen from above. */
  readonly sign: 1 | -1;
  /** The firmware's angle of the array's x. */
  readonly offsetDeg: number;
  /** Which flag says that the angle is of speech. */
  readonly speech: 'voiceActivity' | 'speechDetected';
  readonly note: string;
}

export const respeakerQuirks: readonly RespeakerQuirk[] = [
  {
    vendorId: 0x2886,
    productId: 0x0018,
    firmware: 0x0210,
    sign: 1,
    offsetDeg: 0,
    speech: 'speechDetected',
    note: '2.0.10 changed how directions are found: voice activity stays set between words there. From reports, not measured.',
  },
  {
    vendorId: 0x2886,
    productId: 0x0018,
    firmware: null,
    sign: 1,
    offsetDeg: 0,
    speech: 'voiceActivity',
    note: 'The orientation depends on the build (tuning.py says so): set the mounting angle in the configuration.',
  },
];

/** Null for a device that is not known to have the interface, such as the XVF3800 boards, whose protocol is another. */
export function respeakerQuirk(vendorId: number, productId: number, firmware: number): RespeakerQuirk | null {
  const rows = respeakerQuirks.filter((row) => row.vendorId === vendorId && row.productId === productId);
  return rows.find((row) => row.firmware === firmware) ?? rows.find((row) => row.firmware === null) ?? null;
}
