import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { echoCanceller } from '../../src/call/media/audio-launch.ts';
import { quoteLaunchValue } from '../../src/devices/launch.ts';
import { ECHO_RATE } from './echo-room.ts';

const mono = `audio/x-raw,format=S16LE,rate=${ECHO_RATE},channels=1,layout=interleaved`;

/**
 * What the product's echo canceller makes of a recording, as fast as it can: both sounds go through one thread, `far` first, so that
 * the result is the same each time. `far` is what the loudspeaker plays, with no latency. The native plugin must be known.
 */
export async function cancelEcho(
  far: Float64Array,
  microphone: Float64Array,
  alignmentMs: number,
): Promise<Float64Array> {
  const folder = await mkdtemp(join(tmpdir(), 'echo-'));
  try {
    const path = join(folder, 'sound.raw');
    await writeFile(path, interleaved(far, microphone));
    const bytes = await run(
      [
        'buswatch name=bus',
        `filesrc location=${quoteLaunchValue(path)} blocksize=19200 ! rawaudioparse pcm-format=s16le sample-rate=${ECHO_RATE} num-channels=2`,
        '! audiobuffersplit output-buffer-duration=1/100 ! deinterleave name=both',
        `both.src_0 ! audioconvert ! ${mono} ! ptsshift shift-ms=${alignmentMs} ! tee name=reference`,
        'reference. ! webrtcechoprobe name=farend ! fakesink sync=false async=false',
        'reference. ! echo.far',
        `both.src_1 ! audioconvert ! ${mono} ! echo.near`,
        `${echoCanceller} ! appsink name=clean sync=false async=false max-buffers=0`,
      ].join('\n'),
    );
    return Float64Array.from({ length: far.length }, (_, i) =>
      i * 2 + 1 < bytes.length ? bytes.readInt16LE(i * 2) / 32_768 : 0,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(launch: string): Promise<Buffer> {
  const { openMediaGst } = await import('../../src/call/media/media-gst.ts');
  const gst = openMediaGst(launch);
  const chunks: Buffer[] = [];
  gst.play();
  await new Promise<void>((resolve) => gst.pull('clean', (bytes) => (bytes ? chunks.push(bytes) : resolve())));
  gst.stop();
  return Buffer.concat(chunks);
}

function interleaved(left: Float64Array, right: Float64Array): Buffer {
  const bytes = Buffer.alloc(left.length * 4);
  for (const [channel, sound] of [left, right].entries())
    for (const [i, x] of sound.entries())
      bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(0.9999, x)) * 32_767), i * 4 + channel * 2);
  return bytes;
}
