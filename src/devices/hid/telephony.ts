import { type HidField, type HidLayout, parseReportDescriptor } from './report-descriptor.ts';

/** Usages of "HID Usage Tables 1.5": telephony page 0x0B, LED page 0x08. */
const usages = {
  phoneMute: 0x0b_002f,
  hookSwitch: 0x0b_0020,
  ledMute: 0x08_0009,
  ledOffHook: 0x08_0017,
  ledMicrophone: 0x08_0021,
} as const;

/** The controls of a speakerphone; null for those that it does not have. */
export interface TelephonyControls {
  readonly layout: HidLayout;
  readonly phoneMute: HidField | null;
  readonly hookSwitch: HidField | null;
  readonly ledMute: HidField | null;
  readonly ledOffHook: HidField | null;
  readonly ledMicrophone: HidField | null;
}

/**
 * Controls by a report descriptor (`/sys/class/hidraw/<name>/device/report_descriptor`); null when the device has neither a mute button
 * nor a mute light, or the descriptor makes no sense.
 */
export function telephonyControls(descriptor: Uint8Array): TelephonyControls | null {
  const layout = parseReportDescriptor(descriptor);
  if (layout === null) return null;
  const find = (kind: HidField['kind'], usage: number): HidField | null =>
    layout.fields.find((field) => field.kind === kind && field.usage === usage) ?? null;
  const controls = {
    layout,
    phoneMute: find('input', usages.phoneMute),
    hookSwitch: find('input', usages.hookSwitch),
    ledMute: find('output', usages.ledMute),
    ledOffHook: find('output', usages.ledOffHook),
    ledMicrophone: find('output', usages.ledMicrophone),
  };
  return controls.phoneMute || controls.ledMute || controls.ledMicrophone ? controls : null;
}

/** What a speakerphone does otherwise than its descriptor says. */
export interface SpeakerphoneQuirk {
  readonly vendorId: number;
  /** Null for all of the maker. */
  readonly productId: number | null;
  /** `toggle`: 1 is a press of the button; `state`: the bit is the mute. Null: as the descriptor says (relative is a toggle). */
  readonly mute: 'toggle' | 'state' | null;
  /** After a light is set, reports within this time are the device's echo of it, not a person's. */
  readonly echoMs: number;
  readonly note: string;
}

export const speakerphoneQuirks: readonly SpeakerphoneQuirk[] = [
  {
    vendorId: 0x0b0e,
    productId: null,
    mute: null,
    echoMs: 150,
    note: 'Jabra: mute events only while off-hook; unanswered ones are taken back (WICG/webhid #72, gnaudio/jabra-browser-integration #49).',
  },
];

const ordinary: SpeakerphoneQuirk = {
  vendorId: 0,
  productId: null,
  mute: null,
  echoMs: 0,
  note: 'As the descriptor says.',
};

export function speakerphoneQuirk(vendorId: number, productId: number): SpeakerphoneQuirk {
  const rows = speakerphoneQuirks.filter((row) => row.vendorId === vendorId);
  return rows.find((row) => row.productId === productId) ?? rows.find((row) => row.productId === null) ?? ordinary;
}
