import type { Exposure, WhiteBalance } from '../camera-control.ts';
import { UsageError } from '../../lib/errors.ts';

/** What cameras do differently. A new camera is a new row, with where it is known from. */
export interface ViscaModel {
  readonly name: string;
  /** Manual or report that the row is from. */
  readonly source: string;
  /** Vendor and model of the version inquiry, or `null` where they are not known: then the configuration names the row. */
  readonly version: { readonly vendor: number; readonly model: number } | null;
  /** Commands carried out at a time; 0 for cameras that number none. */
  readonly sockets: 0 | 1 | 2;
  /** `echoed`: replies carry the sequence number of what they answer; `unrelated`: they carry any, as always 1. */
  readonly sequence: 'echoed' | 'unrelated';
  readonly replyTimeoutMs: number;
  readonly lastPreset: number;
  readonly maxPanSpeed: number;
  readonly maxTiltSpeed: number;
  /** Second speed byte of the absolute position: `00` where one speed holds for both axes. */
  readonly absoluteTiltSpeed: 'own' | 'zero';
  readonly pan: ViscaRange;
  readonly tilt: ViscaRange;
  readonly maxZoom: number;
  readonly whiteBalance: Readonly<Partial<Record<WhiteBalance, number>>>;
  readonly exposure: Readonly<Partial<Record<Exposure, number>>>;
  /** Whether it knows CAM_Flicker (04 23) and its inquiry. */
  readonly flicker: boolean;
}

/** In the camera's steps; `stepsPerDegree` is `null` where no manual says it. */
export interface ViscaRange {
  readonly min: number;
  readonly max: number;
  readonly stepsPerDegree: number | null;
}

/** All that 16 bits can say: the camera cuts it to what it can do, and the state read back tells. */
const anyStep: ViscaRange = { min: -0x8000, max: 0x7fff, stepsPerDegree: null };

const generic: ViscaModel = {
  name: 'generic',
  source: 'what the manuals of Sony, PTZOptics, AVer and Tekvox have in common',
  version: null,
  sockets: 2,
  sequence: 'echoed',
  // A camera answers within a picture or two; at 9600 baud a long packet takes 17 ms each way.
  replyTimeoutMs: 200,
  lastPreset: 254,
  maxPanSpeed: 0x18,
  maxTiltSpeed: 0x14,
  absoluteTiltSpeed: 'own',
  pan: anyStep,
  tilt: anyStep,
  maxZoom: 0x4000,
  whiteBalance: { auto: 0x00, indoor: 0x01, outdoor: 0x02, 'one-push': 0x03, manual: 0x05 },
  exposure: { auto: 0x00, manual: 0x03, shutter: 0x0a, iris: 0x0b },
  flicker: false,
};

export const viscaModels: readonly ViscaModel[] = [
  generic,
  {
    ...generic,
    name: 'telycam',
    source: 'Telycam TLC-700-S user manual, "VISCA pan tilt absolute position value"; PTZOptics shares the tables',
    pan: { min: -2448, max: 2448, stepsPerDegree: 14.4 },
    tilt: { min: -432, max: 1296, stepsPerDegree: 14.4 },
    flicker: true,
  },
  {
    ...generic,
    name: 'sony-srg',
    source: 'Sony SRG-X400 Command List 7/8: pan speed 01 to 18, tilt speed 01 to 17, absolute position "vv 00"',
    maxTiltSpeed: 0x17,
    absoluteTiltSpeed: 'zero',
  },
  {
    ...generic,
    name: 'sony-fcb-eh4300',
    source: 'Sony FCB-EH4300 command list, CAM_VersionInq: vendor 0020, model 045C; a block camera does not pan',
    version: { vendor: 0x0020, model: 0x045c },
    pan: { min: 0, max: 0, stepsPerDegree: null },
    tilt: { min: 0, max: 0, stepsPerDegree: null },
    lastPreset: 5,
  },
  {
    ...generic,
    name: 'newtek',
    source: 'obs-visca-control#7: answers with sequence number 1 always',
    sequence: 'unrelated',
  },
  {
    ...generic,
    name: 'cisco',
    source: 'glikely/obs-ptz: Cisco cameras have no sockets',
    sockets: 0,
  },
];

/** @throws {UsageError} for an unknown name; the message lists the known ones. */
export function viscaModelNamed(name: string): ViscaModel {
  const model = viscaModels.find((row) => row.name === name);
  if (model) return model;
  const known = viscaModels.map((row) => row.name).join(', ');
  throw new UsageError('device/visca-model-unknown', `There is no VISCA model ${JSON.stringify(name)}, only ${known}`);
}

/** The row of this version, or `null` when none or more than one has it. */
export function viscaModelOf(vendor: number, model: number): ViscaModel | null {
  const rows = viscaModels.filter((row) => row.version?.vendor === vendor && row.version.model === model);
  return rows.length === 1 ? (rows[0] ?? null) : null;
}
