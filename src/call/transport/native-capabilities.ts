/** What this transport can carry, in mediasoup's terms: one audio and one video codec, as the encoders are ours. */
import type { types } from 'mediasoup-client';

export const EXTENSION_URI = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  transportCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
} as const;

/** Ours for sending; for receiving the router's hold. */
const PAYLOAD_TYPE = { opus: 111, vp9: 98, vp9Rtx: 99 } as const;

/**
 * Sending offers `goog-remb` with abs-send-time and no transport-wide sequence numbers, so that the server estimates our
 * uplink and tells the result (REMB). Receiving offers transport-wide feedback, on which the server's downlink estimate rests.
 * The audio level extension is left out on purpose: it would tell the server who speaks.
 */
export function nativeRtpCapabilities(direction: 'sendonly' | 'recvonly'): types.RtpCapabilities {
  const congestion: types.RtcpFeedback = direction === 'sendonly' ? { type: 'goog-remb' } : { type: 'transport-cc' };
  return {
    codecs: [
      {
        kind: 'audio',
        mimeType: 'audio/opus',
        preferredPayloadType: PAYLOAD_TYPE.opus,
        clockRate: 48_000,
        channels: 2,
        parameters: { minptime: 10, useinbandfec: 1 },
        rtcpFeedback: [{ type: 'nack' }, congestion],
      },
      {
        kind: 'video',
        mimeType: 'video/VP9',
        preferredPayloadType: PAYLOAD_TYPE.vp9,
        clockRate: 90_000,
        parameters: { 'profile-id': 0 },
        rtcpFeedback: [
          { type: 'nack' },
          { type: 'nack', parameter: 'pli' },
          { type: 'ccm', parameter: 'fir' },
          congestion,
        ],
      },
      {
        kind: 'video',
        mimeType: 'video/rtx',
        preferredPayloadType: PAYLOAD_TYPE.vp9Rtx,
        clockRate: 90_000,
        parameters: { apt: PAYLOAD_TYPE.vp9 },
        rtcpFeedback: [],
      },
    ],
    headerExtensions: (['audio', 'video'] as const).flatMap((kind) => headerExtensions(kind, direction)),
  };
}

function headerExtensions(kind: 'audio' | 'video', direction: 'sendonly' | 'recvonly'): types.RtpHeaderExtension[] {
  const all: types.RtpHeaderExtension[] = [
    { kind, uri: EXTENSION_URI.mid, preferredId: 1, direction: 'sendrecv' },
    { kind, uri: EXTENSION_URI.absSendTime, preferredId: 4, direction: 'sendrecv' },
    { kind, uri: EXTENSION_URI.transportCc, preferredId: 5, direction: 'recvonly' },
  ];
  return all.filter((extension) => direction === 'recvonly' || extension.direction === 'sendrecv');
}
