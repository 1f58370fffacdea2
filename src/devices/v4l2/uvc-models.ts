/** What cameras do differently over UVC. A new camera is a new row, with where it is known from. */
export interface UvcModel {
  readonly name: string;
  /** Report that the row is from. */
  readonly source: string;
  /** Of the kernel's name of the camera; null for the row of all others. */
  readonly cardName: RegExp | null;
  /** From the end of one write to the next at least. */
  readonly minIntervalMs: number;
  /** How long after a command a camera may still stand where it was. */
  readonly latencyMs: number;
}

const generic: UvcModel = {
  name: 'generic',
  source: 'control transfers of a few milliseconds, as of most cameras',
  cardName: null,
  minIntervalMs: 40,
  latencyMs: 600,
};

export const uvcModels: readonly UvcModel[] = [
  generic,
  {
    ...generic,
    name: 'logitech-ptz',
    source:
      'glikely/obs-ptz#357, #278, #306: 100 to 200 ms until a command is taken, 400 to 700 ms of travel, wedges when flooded; ' +
      'named "PTZ Pro Camera" in pikvm/ustreamer#2',
    cardName: /\bPTZ Pro\b|\bConferenceCam\b|\bBCC950\b|^Logi\w* Group\b/i,
    minIntervalMs: 300,
    latencyMs: 1_000,
  },
];

/** The row of a camera by the kernel's name for it, such as `PTZ Pro Camera`. */
export function uvcModelOf(cardName: string): UvcModel {
  return uvcModels.find((row) => row.cardName?.test(cardName) === true) ?? generic;
}
