import type { CaptureCard, Microphone } from '../device.ts';
import { type ArrayGeometry, arrayGeometries, arrayGeometry } from './geometry.ts';

/** A sound card that is known to be an array with raw channels. */
export interface ArrayCard {
  readonly geometry: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly note: string;
}

/**
 * Cards whose geometry follows from their USB ids and the number of channels that they record: the same boards with other firmware give
 * one or two processed channels. Boards on the pins of a Raspberry Pi are not here: the ReSpeaker kits with six microphones in a circle
 * and with four in a line are the same card, `seeed8micvoicec` (respeaker/seeed-voicecard), so that the configuration has to say which.
 */
export const arrayCards: readonly ArrayCard[] = [
  {
    geometry: 'respeaker-usb-4',
    vendorId: 0x2886,
    productId: 0x0018,
    note: 'Card ArrayUAC10; 6 channels with the firmware 6_channels_firmware.bin (respeaker/usb_4_mic_array).',
  },
  {
    geometry: 'uma-8',
    vendorId: 0x2752,
    productId: 0x001d,
    note: 'Named micArray RAW SPK with the raw firmware; from reports of owners, not measured.',
  },
];

export type ArrayChoice =
  | { readonly kind: 'array'; readonly geometry: ArrayGeometry }
  | { readonly kind: 'none' }
  /** The configuration names an array whose channels this card does not have. */
  | { readonly kind: 'unfit' };

/** `wish`: `auto`, `off`, or the id of a geometry. @throws {UsageError} device/array-unknown */
export function chooseArray(wish: string, card: CaptureCard | null): ArrayChoice {
  if (wish === 'off') return { kind: 'none' };
  if (wish === 'auto') {
    const geometry = card && knownGeometry(card);
    return geometry ? { kind: 'array', geometry } : { kind: 'none' };
  }
  const geometry = arrayGeometry(wish);
  // What a card records is not known of every card before it is opened.
  const fits = card !== null && (card.channels.length === 0 || card.channels.includes(geometry.channels));
  return fits ? { kind: 'array', geometry } : { kind: 'unfit' };
}

function knownGeometry({ usb, channels }: CaptureCard): ArrayGeometry | null {
  const rows = arrayCards.filter((row) => row.vendorId === usb?.vendorId && row.productId === usb.productId);
  const fitting = arrayGeometries.filter(
    (geometry) => rows.some((row) => row.geometry === geometry.id) && channels.includes(geometry.channels),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** The microphone with its raw channels, in the order of the geometry's stream. */
export function withArray(microphone: Microphone, geometry: ArrayGeometry): Microphone {
  const caps = `audio/x-raw,rate=${geometry.sampleRate},channels=${geometry.channels}`;
  return { ...microphone, source: `${microphone.source} ! ${caps}`, array: geometry };
}
