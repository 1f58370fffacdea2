/**
 * What clients hand through to mediasoup, held to sizes and ranges before its worker, a process shared with other
 * meetings, sees any of it. Unknown fields are dropped.
 */
import * as v from 'valibot';
import { Refusal } from '../refusal.ts';

const integer = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
/** RFC 8834 leaves 64 to 95 to RTCP; 0 to 34 are static types. */
const payloadType = v.pipe(
  integer(35, 127),
  v.check((pt) => pt < 64 || pt >= 96, 'is reserved for RTCP'),
);
const ssrc = integer(1, 0xffff_ffff);
const parameters = v.pipe(
  v.record(text(32), v.union([text(128), v.number(), v.boolean(), v.null(), v.undefined()])),
  v.check((value) => Object.keys(value).length <= 24),
);
const feedback = v.pipe(v.array(v.object({ type: text(32), parameter: v.optional(text(32), '') })), v.maxLength(16));
const extensionUri = v.pipe(v.string(), v.minLength(1), v.maxLength(160));

const codecParameters = v.object({
  mimeType: v.pipe(text(32), v.regex(/^(audio|video)\/[\w.-]+$/)),
  payloadType,
  clockRate: integer(8_000, 192_000),
  channels: v.optional(integer(1, 2)),
  parameters: v.optional(parameters, {}),
  rtcpFeedback: v.optional(feedback, []),
});

/** A producer's RTP parameters: one encoding, since k-SVC puts all layers on one SSRC. */
export const producerRtpParameters = v.object({
  mid: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{1,16}$/))),
  codecs: v.pipe(v.array(codecParameters), v.minLength(1), v.maxLength(4)),
  headerExtensions: v.optional(
    v.pipe(
      v.array(v.object({ uri: extensionUri, id: integer(1, 14), encrypt: v.optional(v.literal(false)) })),
      v.maxLength(14),
    ),
    [],
  ),
  encodings: v.pipe(
    v.array(
      v.object({
        ssrc,
        rtx: v.optional(v.object({ ssrc })),
        dtx: v.optional(v.boolean()),
        scalabilityMode: v.optional(v.pipe(v.string(), v.regex(/^L[1-3]T[1-3](_KEY)?$/))),
        maxBitrate: v.optional(integer(1, 100_000_000)),
      }),
    ),
    v.length(1),
  ),
  rtcp: v.optional(v.object({ cname: v.optional(text(128)), reducedSize: v.optional(v.boolean()) }), {}),
});

/** What a client can receive. */
export const rtpCapabilities = v.object({
  codecs: v.pipe(
    v.array(
      v.object({
        kind: v.picklist(['audio', 'video']),
        mimeType: v.pipe(text(32), v.regex(/^(audio|video)\/[\w.-]+$/)),
        preferredPayloadType: payloadType,
        clockRate: integer(8_000, 192_000),
        channels: v.optional(integer(1, 8)),
        parameters: v.optional(parameters, {}),
        rtcpFeedback: v.optional(feedback, []),
      }),
    ),
    v.maxLength(64),
  ),
  headerExtensions: v.optional(
    v.pipe(
      v.array(
        v.object({
          kind: v.picklist(['audio', 'video']),
          uri: extensionUri,
          preferredId: integer(1, 14),
          preferredEncrypt: v.optional(v.boolean(), false),
          direction: v.optional(v.picklist(['sendrecv', 'sendonly', 'recvonly', 'inactive']), 'sendrecv'),
        }),
      ),
      v.maxLength(48),
    ),
    [],
  ),
});

export const dtlsParameters = v.object({
  role: v.optional(v.picklist(['auto', 'client', 'server'])),
  fingerprints: v.pipe(
    v.array(
      v.object({
        algorithm: v.picklist(['sha-256', 'sha-384', 'sha-512']),
        value: v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31,63}$/)),
      }),
    ),
    v.minLength(1),
    v.maxLength(4),
  ),
});

/** @throws {Refusal} naming the first field that does not fit. */
export function parseOrRefuse<S extends v.GenericSchema>(schema: S, input: unknown, what: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const path = v.getDotPath(parsed.issues[0]) ?? '';
  throw new Refusal('malformed', `${what} does not fit its schema${path === '' ? '' : ` at ${path.slice(0, 80)}`}`);
}
