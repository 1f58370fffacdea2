/**
 * Every message between a client and the meeting server, as schemas that both ends hold what they receive against.
 * Requests and notifications travel in protoo's envelope over one WebSocket. Bytes are base64url. See docs/protocol.md.
 */
import * as v from 'valibot';

/** Rises when an old client and a new server could misunderstand each other; unequal versions refuse each other. */
export const PROTOCOL_VERSION = 1;
/** The WebSocket path; the meeting's id and the peer's id are its query. */
export const SIGNALLING_PATH = '/signal';

export const limits = {
  /** A WebSocket message, either way: a Welcome for 200 members with X-Wing leaves is about 350 kB. */
  messageBytes: 1_000_000,
  keyPackageBytes: 8_192,
  mlsBytes: 700_000,
  /** An application message: chat, profile, hands. */
  dataBytes: 65_536,
  peersPerMeeting: 200,
  producersPerPeer: 8,
  consumersPerRequest: 64,
  demandsPerRequest: 256,
} as const;

const bytes = (max: number) => v.pipe(v.string(), v.maxLength(Math.ceil((max * 4) / 3)), v.regex(/^[A-Za-z0-9_-]*$/));
const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));
/** Chosen by the client at each login: 16 random bytes as base64url. */
export const peerId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
/** 16 bytes derived from the link secret, as base64url (src/crypto/link.ts). */
export const meetingId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
const epoch = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** mediasoup's own structures, checked by mediasoup itself (ortc) at both ends; here only their size is bounded. */
const mediasoupObject = v.record(v.string(), v.unknown());

export const sources = ['microphone', 'camera', 'screen', 'screen-audio'] as const;
export const source = v.picklist(sources);
const kind = v.picklist(['audio', 'video']);
const layer = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2));

const transportOptions = v.object({
  id,
  iceParameters: mediasoupObject,
  iceCandidates: v.pipe(v.array(mediasoupObject), v.maxLength(32)),
  dtlsParameters: mediasoupObject,
});

export const producerInfo = v.object({ producer: id, peer: peerId, source, kind, paused: v.boolean() });

const consumerInfo = v.object({
  consumer: id,
  producer: id,
  peer: peerId,
  source,
  kind,
  type: v.picklist(['simple', 'simulcast', 'svc', 'pipe']),
  rtpParameters: mediasoupObject,
  producerPaused: v.boolean(),
});

const demand = v.object({
  consumer: id,
  /** The highest layers this viewer's window can use; null pauses the stream. */
  layers: v.nullable(v.object({ spatial: layer, temporal: layer })),
  /** mediasoup's consumer priority: the larger is served first when the downlink is short. */
  priority: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)),
});

const empty = v.object({});

/** Client to server: name → what is asked and what is answered. */
export const requests = {
  /** Enters the meeting. `role` says whether to create the MLS group or to wait for a Welcome. */
  join: {
    request: v.object({
      protocol: v.literal(PROTOCOL_VERSION),
      keyPackage: bytes(limits.keyPackageBytes),
      /** HMAC over the key package under the link's proof key: members refuse to add without it. */
      proof: bytes(64),
      rtpCapabilities: mediasoupObject,
      /** An earlier login of the same client, dropped at once in favour of this one. */
      replaces: v.nullable(v.object({ peer: peerId, token: bytes(32) })),
    }),
    response: v.object({
      role: v.picklist(['founder', 'joiner']),
      /** Proves later that a new login comes from this one (`replaces`). */
      token: bytes(32),
      sendTransport: transportOptions,
      recvTransport: transportOptions,
      iceServers: v.pipe(v.array(mediasoupObject), v.maxLength(8)),
      peers: v.pipe(v.array(peerId), v.maxLength(limits.peersPerMeeting)),
      producers: v.pipe(v.array(producerInfo), v.maxLength(limits.peersPerMeeting * limits.producersPerPeer)),
    }),
  },
  connectTransport: { request: v.object({ transport: id, dtlsParameters: mediasoupObject }), response: empty },
  restartIce: { request: v.object({ transport: id }), response: v.object({ iceParameters: mediasoupObject }) },
  produce: {
    request: v.object({ source, kind, rtpParameters: mediasoupObject, paused: v.boolean() }),
    response: v.object({ producer: id }),
  },
  closeProducer: { request: v.object({ producer: id }), response: empty },
  pauseProducer: { request: v.object({ producer: id }), response: empty },
  resumeProducer: { request: v.object({ producer: id }), response: empty },
  /**
   * The most that the sender can encode of its own video now, below what is wanted of it: its network or its processor is short.
   * null: whatever is wanted. Viewers of a layer that stops without a word stand still for seconds.
   */
  limitLayers: {
    request: v.object({
      producer: id,
      layers: v.nullable(v.object({ spatial: layer, temporal: layer })),
    }),
    response: empty,
  },
  /** Consumers start paused: resume them when the receiving side stands, then the key picture is not lost. */
  consume: {
    request: v.object({ producers: v.pipe(v.array(id), v.minLength(1), v.maxLength(limits.consumersPerRequest)) }),
    response: v.object({ consumers: v.pipe(v.array(consumerInfo), v.maxLength(limits.consumersPerRequest)) }),
  },
  resumeConsumers: {
    request: v.object({ consumers: v.pipe(v.array(id), v.maxLength(limits.consumersPerRequest)) }),
    response: empty,
  },
  closeConsumers: {
    request: v.object({ consumers: v.pipe(v.array(id), v.maxLength(limits.consumersPerRequest)) }),
    response: empty,
  },
  setDemand: {
    request: v.object({ demands: v.pipe(v.array(demand), v.maxLength(limits.demandsPerRequest)) }),
    response: empty,
  },
  /** The first commit for an epoch is accepted and fanned out; others hear `accepted: false` and process the winner. */
  mlsCommit: {
    request: v.object({
      /** The epoch the commit was made in; the group is in epoch + 1 after it. */
      epoch,
      commit: bytes(limits.mlsBytes),
      welcome: v.nullable(bytes(limits.mlsBytes)),
      added: v.pipe(v.array(peerId), v.maxLength(limits.peersPerMeeting)),
      removed: v.pipe(v.array(peerId), v.maxLength(limits.peersPerMeeting)),
    }),
    response: v.object({ accepted: v.boolean(), epoch }),
  },
  mlsMessage: { request: v.object({ message: bytes(limits.dataBytes) }), response: empty },
  /** A member tells a joiner why it will not be added. */
  refuse: {
    request: v.object({ peer: peerId, reason: v.picklist(['link-secret', 'identity', 'key-package']) }),
    response: empty,
  },
  leave: { request: empty, response: empty },
} as const;

/** Server to client. */
export const notifications = {
  /** First message on every connection. */
  hello: v.object({ protocol: v.number(), routerRtpCapabilities: mediasoupObject }),
  peerJoined: v.object({ peer: peerId }),
  peerLeft: v.object({ peer: peerId, reason: v.picklist(['left', 'lost', 'replaced', 'closed']) }),
  producerAdded: producerInfo,
  producerClosed: v.object({ producer: id }),
  producerPaused: v.object({ producer: id }),
  producerResumed: v.object({ producer: id }),
  consumerClosed: v.object({ consumer: id }),
  /** The layers the server forwards now; null while it forwards nothing. */
  consumerLayers: v.object({ consumer: id, layers: v.nullable(v.object({ spatial: layer, temporal: layer })) }),
  /** The highest layers any viewer wants of this client's own producer; null: nobody watches. */
  demand: v.object({ producer: id, layers: v.nullable(v.object({ spatial: layer, temporal: layer })) }),
  /** No member is left to add this joiner: create the group. */
  mlsFound: empty,
  mlsJoinRequest: v.object({ peer: peerId, keyPackage: bytes(limits.keyPackageBytes), proof: bytes(64) }),
  mlsCommit: v.object({ epoch, commit: bytes(limits.mlsBytes) }),
  mlsWelcome: v.object({ welcome: bytes(limits.mlsBytes) }),
  mlsMessage: v.object({ message: bytes(limits.dataBytes) }),
  refused: v.object({ reason: v.picklist(['link-secret', 'identity', 'key-package']) }),
  /** The server ends this connection on purpose. `retry`: come back, the meeting goes on. */
  closing: v.object({
    reason: v.picklist(['shutdown', 'replaced', 'protocol', 'limit']),
    retry: v.boolean(),
  }),
} as const;

export type RequestName = keyof typeof requests;
export type RequestOf<N extends RequestName> = v.InferOutput<(typeof requests)[N]['request']>;
export type ResponseOf<N extends RequestName> = v.InferOutput<(typeof requests)[N]['response']>;
export type NotificationName = keyof typeof notifications;
export type NotificationOf<N extends NotificationName> = v.InferOutput<(typeof notifications)[N]>;
export type MediaSourceName = (typeof sources)[number];
export type ProducerInfo = v.InferOutput<typeof producerInfo>;
export type Layers = { spatial: number; temporal: number };

/**
 * Why a request was refused, as protoo's numeric error code: the client decides by it, the text is for logs.
 * 4xx the client's doing, 5xx the server's.
 */
export const signallingErrors = {
  malformed: 400,
  notAllowed: 403,
  meetingUnknown: 404,
  conflict: 409,
  protocolVersion: 426,
  tooMany: 429,
  full: 507,
  internal: 500,
} as const;

/** `POST /api/v1/meetings` of the meeting server: the id comes from a secret that the server never sees. */
export const createMeetingRequest = v.object({ meeting: meetingId });
export const createMeetingResponse = v.object({ meeting: meetingId, link: v.pipe(v.string(), v.url()) });
