/** Ordinary decoders, as anybody has them who can read a server's traffic: GStreamer's depayloaders, libvpx, libopus. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SMALL = 16;
const video = `videoscale method=nearest-neighbour ! videoconvert ! video/x-raw,format=GRAY8,width=${SMALL},height=${SMALL}`;
const audio = 'audioconvert ! audioresample ! audio/x-raw,format=F32LE,rate=48000,channels=1,layout=interleaved';
const rtpOf = (media: string, rate: number, name: string, payloadType: number): string =>
  `application/x-rtp-stream,media=${media},clock-rate=${rate},encoding-name=${name},payload=${payloadType} ! rtpstreamdepay`;

export const OPUS_RATE = 48_000;

/** Number of pictures that come out of RTP packets with VP9. */
export async function picturesOfRtp(packets: readonly Buffer[]): Promise<number> {
  const input = `filesrc location=in ! ${rtpOf('video', 90_000, 'VP9', payloadTypeOf(packets))} ! rtpvp9depay`;
  return (
    (await runGst(`${input} ! vp9dec max-errors=-1 ! ${video} ! filesink location=out`, framed(packets))).length /
    SMALL ** 2
  );
}

/** Number of pictures that come out of bare VP9 frames. */
export async function picturesOfFrames(frames: readonly Uint8Array[]): Promise<number> {
  const launch = `filesrc location=in ! ivfparse ! vp9dec max-errors=-1 ! ${video} ! filesink location=out`;
  return (await runGst(launch, ivf(frames))).length / SMALL ** 2;
}

/** The sound that comes out of RTP packets with Opus, 48 kHz mono. */
export async function soundOfRtp(packets: readonly Buffer[]): Promise<Float32Array> {
  const input = `filesrc location=in ! ${rtpOf('audio', OPUS_RATE, 'OPUS', payloadTypeOf(packets))} ! rtpopusdepay`;
  const bytes = await runGst(`${input} ! opusdec max-errors=-1 ! ${audio} ! filesink location=out`, framed(packets));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - (bytes.length % 4)));
}

/** RTP with a test picture and with a tone that nobody encrypted: what the functions above must decode. */
export async function plainVp9Rtp(): Promise<Buffer[]> {
  return unframed(
    await runGst(
      'videotestsrc num-buffers=30 ! video/x-raw,width=320,height=180,framerate=30/1 ! vp9enc deadline=1 ! rtpvp9pay pt=101 ! rtpstreampay ! filesink location=out',
      null,
    ),
  );
}

export async function plainOpusRtp(hertz: number): Promise<Buffer[]> {
  return unframed(
    await runGst(
      `audiotestsrc num-buffers=150 samplesperbuffer=960 freq=${hertz} ! audio/x-raw,rate=48000,channels=1 ! opusenc ! rtpopuspay pt=100 ! rtpstreampay ! filesink location=out`,
      null,
    ),
  );
}

/** The packet with another payload, its header as it was. */
export function withPayload(packet: Buffer, payload: Uint8Array): Buffer {
  const header = Buffer.from(packet.subarray(0, payloadOffset(packet)));
  header[0] = (header[0] ?? 0) & ~0x20;
  return Buffer.concat([header, payload]);
}

export function payloadOffset(packet: Buffer): number {
  const first = packet[0] ?? 0;
  const offset = 12 + (first & 0x0f) * 4;
  return first & 0x10 ? offset + 4 + packet.readUInt16BE(offset + 2) * 4 : offset;
}

export function payloadOf(packet: Buffer): Buffer {
  const padding = (packet[0] ?? 0) & 0x20 ? (packet.at(-1) ?? 0) : 0;
  return packet.subarray(payloadOffset(packet), packet.length - padding);
}

/** Pearson's statistic of the bytes against all being equally likely: 255 ± 23 for random ones. */
export function chiSquare(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const payloadTypeOf = (packets: readonly Buffer[]): number => (packets[0]?.[1] ?? 0) & 0x7f;

/** RFC 4571: each packet after its length. */
function framed(packets: readonly Buffer[]): Buffer {
  return Buffer.concat(packets.flatMap((packet) => [Buffer.of(packet.length >> 8, packet.length & 0xff), packet]));
}

function unframed(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at);
    packets.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return packets;
}

function ivf(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF\0\0\x20\0VP90', 'latin1');
  header.writeUInt16LE(1_280, 12);
  header.writeUInt16LE(720, 14);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const parts: Uint8Array[] = [header];
  for (const [i, frame] of frames.entries()) {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(frame.length, 0);
    head.writeBigUInt64LE(BigInt(i), 4);
    parts.push(head, frame);
  }
  return Buffer.concat(parts);
}

/** Runs a pipeline over a file; what came out until its end, or until it gave up. */
async function runGst(launch: string, input: Buffer | null): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'incamera-stock-'));
  try {
    if (input) await writeFile(join(directory, 'in'), input);
    await new Promise<void>((resolve) => {
      execFile('gst-launch-1.0', ['-q', ...launch.split(' ')], { cwd: directory, timeout: 30_000 }, () => resolve());
    });
    return await readFile(join(directory, 'out')).catch(() => Buffer.alloc(0));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
