/** What members say to each other inside MLS application messages: JSON, padded so that its size tells little. */
import * as v from 'valibot';
import { utf8 } from '../lib/bytes.ts';
import { UsageError } from '../lib/errors.ts';

export const MAX_NAME_CHARS = 64;
export const MAX_CHAT_CHARS = 4_000;
/** Sizes on the wire; the largest holds a chat of 4,000 characters however it is escaped. */
const BUCKETS = [256, 1_024, 4_096, 32_768] as const;
const VERSION = 1;
const HEADER_BYTES = 5;

/** Direction overrides and marks, invisible fillers, line separators: what makes one name look like another. */
const misleading =
  /[\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const control = /\p{Cc}/gu;
const controlButLines = /(?![\n\t])\p{Cc}/gu;

const media = v.strictObject({
  microphone: v.picklist(['on', 'muted', 'none']),
  camera: v.picklist(['on', 'off', 'none']),
  sharing: v.boolean(),
  hand: v.boolean(),
});

const schema = v.variant('type', [
  /** Who somebody says to be; nobody vouches for the name. */
  v.strictObject({
    type: v.literal('profile'),
    name: v.pipe(v.string(), v.maxLength(512), v.transform(cleanName), v.nonEmpty()),
    kind: v.picklist(['room', 'guest']),
    media,
  }),
  v.strictObject({
    type: v.literal('chat'),
    text: v.pipe(v.string(), v.maxLength(MAX_CHAT_CHARS), v.transform(cleanText), v.nonEmpty()),
  }),
  /** The last word of a member that leaves: the others remove it at once. */
  v.strictObject({ type: v.literal('bye') }),
]);

export type DataMessage = v.InferOutput<typeof schema>;

/** A name as it is shown: one line, no control or direction characters, at most 64 characters. May be empty. */
export function cleanName(name: string): string {
  const plain = name.toWellFormed().replace(misleading, '').replace(control, ' ').replace(/\s+/gu, ' ').trim();
  return [...plain].slice(0, MAX_NAME_CHARS).join('').trim();
}

/** Text as it is shown: line breaks and tabs stay, control and direction characters go. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(misleading, '').replace(controlButLines, '').trim();
}

/** @throws {UsageError} `crypto/data-invalid`: an empty name or text, one that is too long, or no such message. */
export function encodeData(message: DataMessage): Uint8Array {
  const checked = v.safeParse(schema, message);
  if (!checked.success) throw new UsageError('crypto/data-invalid', 'this cannot be sent as a message to the meeting');
  const body = utf8.encode(JSON.stringify(checked.output));
  const size = BUCKETS.find((bucket) => bucket >= HEADER_BYTES + body.length);
  if (size === undefined) throw new UsageError('crypto/data-invalid', 'a message to the meeting is too long');
  const out = new Uint8Array(size);
  out[0] = VERSION;
  new DataView(out.buffer).setUint32(1, body.length);
  out.set(body, HEADER_BYTES);
  return out;
}

/** Null for anything that `encodeData` would not have written: dropped by the caller. Names and texts come out cleaned. */
export function decodeData(bytes: Uint8Array): DataMessage | null {
  if (!BUCKETS.some((bucket) => bucket === bytes.length) || bytes[0] !== VERSION) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  const end = HEADER_BYTES + length;
  if (end > bytes.length || bytes.subarray(end).some((byte) => byte !== 0)) return null;
  try {
    const checked = v.safeParse(schema, JSON.parse(utf8.decode(bytes.subarray(HEADER_BYTES, end))));
    return checked.success ? checked.output : null;
  } catch {
    return null;
  }
}
