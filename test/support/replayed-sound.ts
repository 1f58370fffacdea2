/** Microphones that cost nothing: Opus packets encoded once and sent again and again. */
import { createRequire } from 'node:module';
import type gstreamer from 'gstreamer-superficial';
import { voiceEncoder } from '../../src/call/media/audio-parts.ts';
import type { MediaGst } from '../../src/call/media/media-gst.ts';
import { systemClock } from '../../src/lib/clock.ts';

const PACKET_MS = 20;
const HEADER = 16;

/** A second of a tone as the product's microphone would encode it. */
export async function recordSound(hertz: number): Promise<readonly Buffer[]> {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  const pipeline = new binding.Pipeline(
    `audiotestsrc num-buffers=50 samplesperbuffer=960 wave=sine freq=${hertz} volume=0.1 ! audio/x-raw,rate=48000,channels=1 ! ` +
      `${voiceEncoder} ! appsink name=packets sync=false`,
  );
  const sink = pipeline.findChild('packets');
  if (!sink) throw new Error('no appsink');
  const packets: Buffer[] = [];
  pipeline.play();
  await new Promise<void>((resolve) => {
    const next = (bytes: Buffer | null): void => {
      if (!bytes) return resolve();
      packets.push(Buffer.from(bytes));
      sink.pull?.(next);
    };
    sink.pull?.(next);
  });
  pipeline.stop();
  return packets;
}

/** In the place of the room's sound pipeline: its microphone sends `packets` over again, its speaker is deaf. */
export function replaySound(packets: readonly Buffer[]): MediaGst {
  let listener: ((bytes: Buffer | null) => void) | null = null;
  let stop = (): void => undefined;
  let [at, dueMs] = [0, 0];
  const send = (): void => {
    dueMs += PACKET_MS;
    stop = systemClock.after(Math.max(1, dueMs - performance.now()), send);
    const header = Buffer.alloc(HEADER);
    header.writeBigUInt64BE(process.hrtime.bigint() / 1_000n, 8);
    listener?.(Buffer.concat([header, packets[at++ % packets.length] ?? Buffer.alloc(0)]));
  };
  return {
    play: () => {
      stop();
      dueMs = performance.now();
      send();
    },
    stop: () => {
      stop();
      listener = null;
    },
    pull: (element, each) => {
      if (element === 'opus') listener = each;
    },
    getNumber: (_element, property) => (property === 'level-db' ? -25 : 0),
    setNumber: () => undefined,
    setBoolean: () => undefined,
    setString: () => undefined,
    push: () => undefined,
    failure: () => null,
  };
}
