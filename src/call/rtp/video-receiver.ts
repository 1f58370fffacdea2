/** One incoming VP9 stream: RTP in; encrypted layer frames, NACK, PLI and receiver reports out. Nothing it is sent makes it throw. */
import type { Clock } from '../../lib/clock.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import type { JitterStats } from './jitter-buffer.ts';
import { JitterBuffer, videoJitterOptions } from './jitter-buffer.ts';
import type { RtpReceivePort } from './ports.ts';
import { ReceiverReports, REPORT_PERIOD_MS } from './receiver-reports.ts';
import { buildNack, buildPli } from './rtcp.ts';
import { createRtpHeader, parseRtp, unwrapRtx } from './rtp-packet.ts';
import type { DepacketizerStats, IncomingLayerFrame } from './vp9-depacketizer.ts';
import { Vp9Depacketizer } from './vp9-depacketizer.ts';
import { createVp9Descriptor, parseVp9Descriptor } from './vp9-payload-descriptor.ts';

/** The server answers a PLI with one key picture for everybody: asking more often only makes them larger. */
const PLI_INTERVAL_MS = 300;
/** A request not answered by a key picture for this long is repeated. */
const PLI_RETRY_MS = 1_000;

export interface VideoReceiverStats extends Readonly<JitterStats>, Readonly<DepacketizerStats> {
  /** RTP or RTCP that could not be read, or was not of this stream. */
  readonly invalid: number;
  readonly keyRequests: number;
  readonly nackPackets: number;
  readonly rttMs: number;
  readonly jitterMs: number;
}

export interface VideoReceiverDeps {
  readonly port: RtpReceivePort;
  readonly clock: Clock;
  readonly log: Logger;
  /** What our RTCP calls us; random. */
  readonly localSsrc: number;
  /** Whole layer frames in order, still encrypted. */
  readonly onFrame: (frame: IncomingLayerFrame) => void;
}

export class VideoReceiver {
  readonly #deps: VideoReceiverDeps;
  readonly #header = createRtpHeader();
  readonly #descriptor = createVp9Descriptor();
  readonly #jitter = new JitterBuffer(videoJitterOptions);
  readonly #depacketizer: Vp9Depacketizer;
  readonly #reports: ReceiverReports;
  readonly #nacks: number[] = [];
  readonly #cancels: (() => void)[] = [];
  readonly #pollDue = (): void => this.#poll();
  #cancelPoll: (() => void) | null = null;
  #cancelPli: (() => void) | null = null;
  #pliAtMs = -Infinity;
  #keyWanted = false;
  #invalid = 0;
  #keyRequests = 0;
  #nackPackets = 0;
  #jitterMs = 0;
  #listenerFailed = false;
  #closed = false;

  constructor(deps: VideoReceiverDeps) {
    this.#deps = deps;
    this.#reports = new ReceiverReports(deps.port, deps.localSsrc);
    this.#depacketizer = new Vp9Depacketizer((frame) => this.#deliver(frame));
  }

  /** Begins to listen; close() ends it, as does the port's closing. */
  start(): void {
    const { port, clock } = this.#deps;
    this.#cancels.push(
      port.onRtp((packet, arrivalMs) => this.#handleRtp(packet, arrivalMs)),
      port.onRtcp((packet, arrivalMs) => this.#reports.handle(packet, arrivalMs)),
      port.onClose(() => this.close()),
      clock.every(REPORT_PERIOD_MS, () => this.#report()),
    );
  }

  /** Asks the sender for a key picture, at once or as soon as the last request is old enough; again until one comes. */
  requestKeyPicture(): void {
    if (this.#closed) return;
    this.#keyWanted = true;
    if (this.#cancelPli !== null) return;
    const wait = this.#pliAtMs + PLI_INTERVAL_MS - this.#deps.clock.nowMs();
    if (wait <= 0) this.#sendPli();
    else this.#cancelPli = this.#deps.clock.after(wait, () => this.#latePli());
  }

  /** When the sender captured this picture, in its wall clock (ms since 1970); null before its first report. */
  captureTimeOf(rtpTimestamp: number): number | null {
    return this.#reports.senderClock.captureTimeOf(rtpTimestamp);
  }

  get stats(): VideoReceiverStats {
    return {
      ...this.#jitter.stats,
      ...this.#depacketizer.stats,
      malformed: this.#depacketizer.stats.malformed,
      invalid: this.#invalid + this.#reports.malformed,
      keyRequests: this.#keyRequests,
      nackPackets: this.#nackPackets,
      rttMs: this.#jitter.rttMs,
      jitterMs: this.#jitterMs,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancelPoll?.();
    this.#cancelPli?.();
  }

  #handleRtp(received: Buffer, arrivalMs: number): void {
    const { port } = this.#deps;
    const header = this.#header;
    if (this.#closed) return;
    if (!parseRtp(received, header)) {
      this.#invalid++;
      return;
    }
    let packet = received;
    let recovered = false;
    if (header.ssrc === port.rtxSsrc && header.payloadType === port.rtxPayloadType) {
      const original = unwrapRtx(received, header, port.ssrc, port.payloadType);
      // Probes are padding on the RTX stream.
      if (original === null || !parseRtp(original, header)) return;
      packet = original;
      recovered = true;
    }
    if (header.ssrc !== port.ssrc || header.payloadType !== port.payloadType) {
      this.#invalid++;
      return;
    }
    this.#jitter.insert(packet, header.sequence, header.timestamp, arrivalMs, recovered);
    if (this.#jitter.missing > 0 && this.#beginsKeyPicture(packet)) this.#jitter.goOnAt(header.sequence);
    this.#drain(arrivalMs);
    if (this.#cancelPoll === null) this.#schedulePoll();
  }

  /** Of the packet that `#header` tells of. */
  #beginsKeyPicture(packet: Buffer): boolean {
    const { payloadOffset, payloadLength } = this.#header;
    const d = this.#descriptor;
    const readable = parseVp9Descriptor(packet, payloadOffset, payloadOffset + payloadLength, d);
    return readable && d.start && d.spatial === 0 && !d.interPicture;
  }

  #drain(nowMs: number): void {
    for (let packet = this.#jitter.pop(); packet !== null; packet = this.#jitter.pop()) {
      if (this.#jitter.takeDiscontinuity()) this.#depacketizer.gap();
      if (parseRtp(packet, this.#header)) this.#depacketizer.push(packet, this.#header, nowMs);
    }
  }

  #poll(): void {
    this.#cancelPoll = null;
    const nowMs = this.#deps.clock.nowMs();
    this.#jitter.poll(nowMs, this.#nacks);
    if (this.#nacks.length > 0) {
      this.#nackPackets++;
      this.#deps.port.sendRtcp(buildNack(this.#deps.localSsrc, this.#deps.port.ssrc, this.#nacks));
    }
    this.#drain(nowMs);
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    const delayMs = this.#jitter.nextDelayMs(this.#deps.clock.nowMs());
    if (delayMs !== null && !this.#closed) this.#cancelPoll = this.#deps.clock.after(delayMs, this.#pollDue);
  }

  #deliver(frame: IncomingLayerFrame): void {
    if (frame.key && frame.spatial === 0) this.#keyWanted = false;
    try {
      this.#deps.onFrame(frame);
    } catch (error) {
      if (!this.#listenerFailed) this.#deps.log.error('a listener of video frames failed', errorFields(error));
      this.#listenerFailed = true;
    }
  }

  #latePli(): void {
    this.#cancelPli = null;
    if (this.#keyWanted) this.#sendPli();
  }

  #sendPli(): void {
    this.#pliAtMs = this.#deps.clock.nowMs();
    this.#keyRequests++;
    this.#deps.port.sendRtcp(buildPli(this.#deps.localSsrc, this.#deps.port.ssrc));
  }

  #report(): void {
    const nowMs = this.#deps.clock.nowMs();
    const { received } = this.#jitter.stats;
    if (received > 0) {
      const figures = this.#jitter.report();
      this.#jitterMs = (figures.jitter * 1000) / this.#deps.port.clockRate;
      this.#reports.send(figures, nowMs);
    }
    if (this.#keyWanted && nowMs - this.#pliAtMs >= PLI_RETRY_MS) this.requestKeyPicture();
  }
}
