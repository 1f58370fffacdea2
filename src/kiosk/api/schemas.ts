import * as v from 'valibot';
import { reportKinds } from '../admin-state.ts';

const speed = v.pipe(v.number(), v.minValue(-1), v.maxValue(1));
/** Degrees or steps of a camera; null or absent: stays. */
const place = v.optional(v.nullable(v.pipe(v.number(), v.minValue(-100_000), v.maxValue(100_000))), null);
const percent = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100));

const bookingId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
/** Of a booking or an extension. */
const minutes = v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(240));

/** Bodies of the API's requests; nothing else is accepted. The OpenAPI file describes the same, held equal by a test. */
export const bodies = {
  join: v.pipe(
    v.strictObject({
      link: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(2_048))),
      next: v.optional(v.literal(true)),
      booking: v.optional(bookingId),
      own: v.optional(v.literal(true)),
      muted: v.optional(v.boolean(), false),
      cameraOff: v.optional(v.boolean(), false),
    }),
    v.check(
      ({ link, next, booking, own }) => [link, next, booking, own].filter((each) => each !== undefined).length === 1,
      'give one of "link", "booking", "next": true and "own": true',
    ),
  ),
  empty: v.optional(v.strictObject({}), {}),
  mute: v.strictObject({ muted: v.boolean() }),
  camera: v.strictObject({ off: v.boolean() }),
  volume: v.strictObject({ percent }),
  share: v.strictObject({ sharing: v.boolean() }),
  hand: v.strictObject({ raised: v.boolean() }),
  layout: v.pipe(
    v.strictObject({
      mode: v.optional(v.picklist(['speaker', 'grid'])),
      page: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000))),
      selfView: v.optional(v.boolean()),
    }),
    v.check((change) => Object.keys(change).length > 0, 'give "mode", "page" or "selfView"'),
  ),
  chat: v.strictObject({ text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4_000)) }),
  pin: v.strictObject({ pin: v.pipe(v.string(), v.regex(/^\d{4,8}$/, 'a PIN has 4 to 8 digits')) }),
  panel: v.strictObject({ panel: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) }),
  report: v.strictObject({
    kind: v.picklist(reportKinds),
    text: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(1_000)), ''),
  }),
  pairingBegin: v.strictObject({ role: v.picklist(['panel', 'door']) }),
  pairingFinish: v.strictObject({ code: v.pipe(v.string(), v.minLength(1), v.maxLength(16)) }),
  book: v.pipe(
    v.strictObject({ minutes: v.optional(minutes), to: v.optional(v.picklist(['quarter-hour', 'half-hour'])) }),
    v.check(({ minutes: given, to }) => (given === undefined) !== (to === undefined), 'give either "minutes" or "to"'),
  ),
  extend: v.strictObject({ booking: bookingId, minutes }),
  booking: v.strictObject({ booking: bookingId }),
  devicePower: v.strictObject({ power: v.picklist(['on', 'standby']) }),
  deviceInput: v.strictObject({ input: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) }),
  deviceVolume: v.strictObject({ percent }),
  deviceMute: v.strictObject({ muted: v.boolean() }),
  deviceBlank: v.strictObject({ blanked: v.boolean() }),
  deviceMove: v.strictObject({ pan: speed, tilt: speed, zoom: speed }),
  devicePosition: v.pipe(
    v.strictObject({ pan: place, tilt: place, zoom: place }),
    v.check((to) => Object.values(to).some((axis) => axis !== null), 'give "pan", "tilt" or "zoom"'),
  ),
  devicePreset: v.strictObject({
    preset: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
    store: v.optional(v.boolean(), false),
  }),
  deviceFraming: v.strictObject({ mode: v.picklist(['fixed', 'presets', 'follow']) }),
  devicePicture: v.pipe(
    v.strictObject({
      focus: v.optional(v.picklist(['auto', 'manual'])),
      whiteBalance: v.optional(v.picklist(['auto', 'indoor', 'outdoor', 'one-push', 'manual'])),
      exposure: v.optional(v.picklist(['auto', 'manual', 'shutter', 'iris'])),
      powerLineFrequency: v.optional(v.picklist(['off', '50 Hz', '60 Hz'])),
    }),
    v.check((picture) => Object.keys(picture).length === 1, 'give one of the four'),
  ),
} as const;

/** Which display a picture is asked of. */
export const displayQuery = v.object({ display: v.optional(v.picklist(['1', '2']), '1') });
