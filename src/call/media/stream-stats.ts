import { noStats, type StreamStats } from '../media-engine.ts';
import { IncomingAudio } from './incoming-audio.ts';
import type { IncomingVideo } from './incoming-video.ts';
import type { OutgoingAudio } from './outgoing-audio.ts';
import type { OutgoingVideo } from './outgoing-video.ts';
import type { RemoteWindow } from './video-parts.ts';

export interface EngineStreams {
  readonly microphone: OutgoingAudio | null;
  readonly video: ReadonlyMap<'camera' | 'screen', OutgoingVideo>;
  readonly incoming: ReadonlyMap<string, IncomingAudio | IncomingVideo>;
  readonly windows: ReadonlyMap<string, RemoteWindow>;
}

/** The engine's streams in the figures of `MediaEngine`. */
export function statsOf(streams: EngineStreams): StreamStats[] {
  const all: StreamStats[] = [];
  if (streams.microphone) {
    const { packets, bytes, lost, unsealed } = streams.microphone.figures;
    all.push({
      ...noStats,
      id: 'microphone',
      direction: 'send',
      peer: null,
      source: 'microphone',
      packets,
      bytes,
      packetsLost: lost,
      framesWithoutKey: unsealed,
    });
  }
  for (const [source, video] of streams.video) {
    const { packets, bytes, lost, width, height, framesEncoded, keyPictures, unsealed, demand } = video.figures;
    const sent = {
      ...demand,
      packets,
      bytes,
      packetsLost: lost,
      width,
      height,
      framesEncoded,
      keyFrames: keyPictures,
      framesWithoutKey: unsealed,
    };
    all.push({ ...noStats, id: source, direction: 'send', peer: null, source, ...sent });
  }
  for (const stream of streams.incoming.values()) all.push(received(stream, streams.windows.get(stream.info.consumer)));
  return all;
}

function received(stream: IncomingAudio | IncomingVideo, window: RemoteWindow | undefined): StreamStats {
  const { consumer, peer, source } = stream.info;
  const base = { ...noStats, id: consumer, direction: 'receive', peer, source } as const;
  if (stream instanceof IncomingAudio) {
    const { packets, bytes, lost, rejected, withoutKey } = stream.figures;
    return { ...base, packets, bytes, packetsLost: lost, framesRejected: rejected, framesWithoutKey: withoutKey };
  }
  const { receiver, keyPictures, rejected, withoutKey } = stream.figures;
  return {
    ...base,
    packets: receiver?.received ?? 0,
    bytes: receiver?.receivedBytes ?? 0,
    packetsLost: receiver?.lost ?? 0,
    framesDecoded: window?.figures.decoded ?? null,
    width: window?.figures.width ?? null,
    height: window?.figures.height ?? null,
    keyFrames: keyPictures,
    framesRejected: rejected,
    framesWithoutKey: withoutKey,
  };
}
