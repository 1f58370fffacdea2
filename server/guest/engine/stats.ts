import type { StreamStats } from '../../../src/call/media-engine.ts';

/** The figures that a WebRTC report holds for one stream; `counts` come from the frame worker. */
export function streamStats(
  stream: Pick<StreamStats, 'id' | 'direction' | 'peer' | 'source'>,
  report: Iterable<unknown>,
  counts: { readonly rejected: number; readonly withoutKey: number },
): StreamStats {
  const entries = [...report].filter(isEntry);
  const own = entries.filter(({ type }) => type === (stream.direction === 'send' ? 'outbound-rtp' : 'inbound-rtp'));
  const told = entries.filter(({ type }) => type === 'remote-inbound-rtp');
  const sending = stream.direction === 'send';
  return {
    ...stream,
    wanted: null,
    layers: null,
    limit: null,
    packets: sum(own, sending ? 'packetsSent' : 'packetsReceived'),
    bytes: sum(own, sending ? 'bytesSent' : 'bytesReceived'),
    packetsLost: sum(sending ? told : own, 'packetsLost'),
    framesEncoded: sending ? maybe(own, 'framesEncoded') : null,
    framesDecoded: sending ? null : maybe(own, 'framesDecoded'),
    width: maybe(own, 'frameWidth'),
    height: maybe(own, 'frameHeight'),
    keyFrames: maybe(own, sending ? 'keyFramesEncoded' : 'keyFramesDecoded'),
    framesRejected: counts.rejected,
    framesWithoutKey: counts.withoutKey,
  };
}

/** Loudness that a report holds, dBov from -127 (silence) to 0; null without sound. */
export function levelDbov(report: Iterable<unknown>, type: 'inbound-rtp' | 'media-source'): number | null {
  const entry = [...report]
    .filter(isEntry)
    .find((each) => each.type === type && typeof each['audioLevel'] === 'number');
  const level = entry?.['audioLevel'];
  if (typeof level !== 'number') return null;
  return level <= 0 ? -127 : Math.max(-127, Math.min(0, 20 * Math.log10(level)));
}

export type Entry = Readonly<Record<string, unknown>> & { readonly type: string };

/** The first entry of a kind, leaving out the server's bandwidth probes. */
export function entryOf(report: readonly unknown[], type: string): Entry | null {
  return report.filter(isEntry).find((entry) => entry.type === type) ?? null;
}

function isEntry(value: unknown): value is Entry {
  // mediasoup's bandwidth probes come as a video of their own.
  return (
    typeof value === 'object' && value !== null && 'type' in value && !('mid' in value && value.mid === 'probator')
  );
}

function sum(entries: readonly Entry[], key: string): number {
  return entries.reduce((total, entry) => total + (typeof entry[key] === 'number' ? entry[key] : 0), 0);
}

function maybe(entries: readonly Entry[], key: string): number | null {
  const values = entries.map((entry) => entry[key]).filter((value) => typeof value === 'number');
  return values.length === 0 ? null : Math.max(...values);
}
