/**
 * CPU per RTP packet: sent (packetise, header, history, pacing, stamps) and received (parse, jitter buffer, depacketise,
 * assemble), without encryption, network or codecs. `npm run bench -- rtp`
 */
import { systemClock } from '../src/lib/clock.ts';
import { silentLogger } from '../src/lib/log.ts';
import { Pacer } from '../src/call/rtp/pacer.ts';
import { PictureAssembler } from '../src/call/rtp/picture-assembler.ts';
import type { RtpReceivePort, RtpSendPort } from '../src/call/rtp/ports.ts';
import { createNtpClock } from '../src/call/rtp/sender-reports.ts';
import { VideoReceiver } from '../src/call/rtp/video-receiver.ts';
import { VideoSender } from '../src/call/rtp/video-sender.ts';

const PICTURES = 6_000;
const ROUNDS = 3;
const pattern = [0, 2, 1, 2] as const;
/** About 1.7 Mbps at 30 pictures a second. */
const layerBytes = [700, 1_700, 4_700] as const;

const stream = {
  mid: '0',
  kind: 'video',
  ssrc: 1,
  payloadType: 101,
  rtxSsrc: 2,
  rtxPayloadType: 102,
  extensions: { mid: 1, absSendTime: 4, transportCc: 5 },
  open: true,
  onClose: () => () => undefined,
} as const;
/** Time stands still but where the benchmark moves it, and nothing waits. */
let nowMs = 0;
const clock = { ...systemClock, nowMs: () => nowMs, after: () => () => undefined, every: () => () => undefined };

function sendAll(keep: Buffer[] | null): { packets: number; cpuUs: number } {
  const pacer = new Pacer(clock);
  pacer.setTarget(100_000_000);
  let transportSequence = 0;
  const port: RtpSendPort = {
    ...stream,
    cname: 'bench',
    send: (packet) => {
      keep?.push(Buffer.from(packet));
      return true;
    },
    sendRtcp: () => true,
    onRtcp: () => () => undefined,
  };
  const sender = new VideoSender({
    port,
    clock,
    log: silentLogger,
    ntp: createNtpClock(clock),
    pacer,
    nextTransportSequence: () => transportSequence++,
    random32: () => 12_345,
    temporalLayers: 3,
  });
  sender.start();
  const bodies = layerBytes.map((bytes) => [Buffer.alloc(9, 1), Buffer.alloc(bytes, 2), Buffer.alloc(16, 3)]);
  const before = process.cpuUsage();
  for (let picture = 0; picture < PICTURES; picture++) {
    nowMs += 33;
    bodies.forEach((parts, spatial) =>
      sender.send({
        parts,
        key: picture === 0,
        spatial,
        temporal: pattern[picture % 4] ?? 0,
        width: 320 << spatial,
        height: 180 << spatial,
        activeSpatialLayers: 3,
        picture,
        captureMs: nowMs,
      }),
    );
  }
  const { user, system } = process.cpuUsage(before);
  return { packets: sender.stats.packets, cpuUs: user + system };
}

function receiveAll(packets: readonly Buffer[]): { packets: number; cpuUs: number } {
  let deliver: (packet: Buffer, arrivalMs: number) => void = () => undefined;
  const port: RtpReceivePort = {
    ...stream,
    clockRate: 90_000,
    onRtp: (listener) => {
      deliver = listener;
      return () => undefined;
    },
    onRtcp: () => () => undefined,
    sendRtcp: () => true,
  };
  let pictures = 0;
  const assembler = new PictureAssembler({ onPicture: () => pictures++, onKeyPictureNeeded: () => undefined });
  const receiver = new VideoReceiver({
    port,
    clock,
    log: silentLogger,
    localSsrc: 3,
    onFrame: (frame) => assembler.push(frame),
  });
  receiver.start();
  const before = process.cpuUsage();
  for (const packet of packets) deliver(packet, (nowMs += 5));
  const { user, system } = process.cpuUsage(before);
  if (pictures !== PICTURES) throw new Error(`${pictures} of ${PICTURES} pictures came through`);
  return { packets: packets.length, cpuUs: user + system };
}

const perPacket = ({ packets, cpuUs }: { packets: number; cpuUs: number }): number => cpuUs / packets;
const best = (figures: readonly number[]): string => Math.min(...figures).toFixed(2);

const sent: number[] = [];
const received: number[] = [];
const packets: Buffer[] = [];
sendAll(packets);
for (let round = 0; round < ROUNDS; round++) {
  sent.push(perPacket(sendAll(null)));
  received.push(perPacket(receiveAll(packets.map((packet) => Buffer.from(packet)))));
}
console.log(
  `rtp: ${packets.length} packets of ${Math.round(packets.reduce((sum, packet) => sum + packet.length, 0) / packets.length)} bytes on average, best of ${ROUNDS} rounds`,
);
console.log(`rtp: sent      ${best(sent)} µs CPU a packet`);
console.log(`rtp: received  ${best(received)} µs CPU a packet`);
