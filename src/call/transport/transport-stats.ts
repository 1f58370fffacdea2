/** WebRTC's statistics reports (w3c webrtc-stats), as far as this transport knows the figures. */
import type { NativeReceivePort, NativeSendPort } from './stream-ports.ts';

export interface TransportCounters {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Packets that were no RTP or RTCP. */
  readonly packetsMalformed: number;
  /** RTP of streams that nobody consumes. */
  readonly packetsUnknown: number;
}

/** `timestampMs` is the wall clock. */
export function transportReport(
  timestampMs: number,
  fields: TransportCounters & Record<string, unknown>,
): RTCStatsReport {
  return new Map([['transport', { id: 'transport', type: 'transport', timestamp: timestampMs, ...fields }]]);
}

export function sendReport(timestampMs: number, port: NativeSendPort): RTCStatsReport {
  const { packets, bytes, rtxPackets } = port.counters;
  const id = `outbound-${port.mid}`;
  const entry = { id, type: 'outbound-rtp', timestamp: timestampMs, mid: port.mid, kind: port.kind, ssrc: port.ssrc };
  return new Map([[id, { ...entry, packetsSent: packets, bytesSent: bytes, retransmittedPacketsSent: rtxPackets }]]);
}

export function receiveReport(timestampMs: number, port: NativeReceivePort): RTCStatsReport {
  const { packets, bytes, rtxPackets } = port.counters;
  const id = `inbound-${port.mid}`;
  const entry = { id, type: 'inbound-rtp', timestamp: timestampMs, mid: port.mid, kind: port.kind, ssrc: port.ssrc };
  return new Map([
    [id, { ...entry, packetsReceived: packets, bytesReceived: bytes, retransmittedPacketsReceived: rtxPackets }],
  ]);
}
