/**
 * One incoming Opus stream: RTP in; encrypted payloads at once, receiver reports out. Order, gaps and concealment are the
 * playout's (GStreamer's rtpjitterbuffer); here duplicates and packets out of any window are dropped.
 */
import type { Clock } from '../../lib/clock.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import type { RtpReceivePort } from './ports.ts';
import { ReceiverReports, REPORT_PERIOD_MS } from './receiver-reports.ts';
import { MAX_DROPOUT, ReceptionMeter } from './reception-meter.ts';
import { createRtpHeader, parseRtp } from './rtp-packet.ts';
import { distance16 } from './sequence.ts';

export interface IncomingAudioPacket {
  /** Ciphertext; a view of the packet's memory. */
  readonly payload: Buffer;
  /** 16 bits. */
  readonly sequence: number;
  readonly timestamp: number;
  /** First after silence (RFC 3551 section 4.1). */
  readonly marker: boolean;
  readonly arrivalMs: number;
}

export interface AudioReceiverStats {
  received: number;
  receivedBytes: number;
  duplicates: number;
  /** Older than any playout waits for. */
  late: number;
  invalid: number;
  resets: number;
  lost: number;
  jitterMs: number;
}

export interface AudioReceiverDeps {
  readonly port: RtpReceivePort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly localSsrc: number;
  readonly onPacket: (packet: IncomingAudioPacket) => void;
}

/** Packets remembered: 5 s of 20 ms. A power of two. */
const WINDOW = 256;

export class AudioReceiver {
  readonly #deps: AudioReceiverDeps;
  readonly #header = createRtpHeader();
  readonly #meter: ReceptionMeter;
  readonly #reports: ReceiverReports;
  readonly #seen = new Float64Array(WINDOW).fill(-1);
  readonly #cancels: (() => void)[] = [];
  readonly #stats: AudioReceiverStats = {
    received: 0,
    receivedBytes: 0,
    duplicates: 0,
    late: 0,
    invalid: 0,
    resets: 0,
    lost: 0,
    jitterMs: 0,
  };
  #started = false;
  #listenerFailed = false;
  #closed = false;

  constructor(deps: AudioReceiverDeps) {
    this.#deps = deps;
    this.#meter = new ReceptionMeter(deps.port.clockRate);
    this.#reports = new ReceiverReports(deps.port, deps.localSsrc);
  }

  start(): void {
    const { port, clock } = this.#deps;
    this.#cancels.push(
      port.onRtp((packet, arrivalMs) => this.#handleRtp(packet, arrivalMs)),
      port.onRtcp((packet, arrivalMs) => this.#reports.handle(packet, arrivalMs)),
      port.onClose(() => this.close()),
      clock.every(REPORT_PERIOD_MS, () => this.#report()),
    );
  }

  /** When the sender captured this, in its wall clock (ms since 1970); null before its first report. */
  captureTimeOf(rtpTimestamp: number): number | null {
    return this.#reports.senderClock.captureTimeOf(rtpTimestamp);
  }

  get stats(): Readonly<AudioReceiverStats> {
    return { ...this.#stats, invalid: this.#stats.invalid + this.#reports.malformed };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
  }

  #handleRtp(packet: Buffer, arrivalMs: number): void {
    const { port } = this.#deps;
    const header = this.#header;
    if (this.#closed) return;
    if (!parseRtp(packet, header) || header.ssrc !== port.ssrc || header.payloadType !== port.payloadType) {
      this.#stats.invalid++;
      return;
    }
    this.#stats.received++;
    this.#stats.receivedBytes += packet.length;
    if (!this.#accept(header.sequence, header.timestamp, arrivalMs) || header.payloadLength === 0) return;
    const payload = packet.subarray(header.payloadOffset, header.payloadOffset + header.payloadLength);
    this.#deliver({
      payload,
      sequence: header.sequence,
      timestamp: header.timestamp,
      marker: header.marker,
      arrivalMs,
    });
  }

  #accept(sequence: number, timestamp: number, arrivalMs: number): boolean {
    if (!this.#started) return this.#restart(sequence, timestamp, arrivalMs);
    const step = distance16(this.#meter.highestSequence & 0xffff, sequence);
    if (step > MAX_DROPOUT || step <= -MAX_DROPOUT) {
      if (this.#meter.isNewStart(sequence)) {
        this.#stats.resets++;
        return this.#restart(sequence, timestamp, arrivalMs);
      }
      this.#stats.invalid++;
      return false;
    }
    const extended = this.#meter.highestSequence + step;
    this.#meter.count(extended, timestamp, arrivalMs);
    if (step <= -WINDOW) {
      this.#stats.late++;
      return false;
    }
    if (this.#seen[extended & (WINDOW - 1)] === extended) {
      this.#stats.duplicates++;
      return false;
    }
    this.#seen[extended & (WINDOW - 1)] = extended;
    return true;
  }

  #restart(sequence: number, timestamp: number, arrivalMs: number): boolean {
    this.#started = true;
    this.#meter.restart(sequence);
    this.#meter.count(sequence, timestamp, arrivalMs);
    this.#seen.fill(-1);
    this.#seen[sequence & (WINDOW - 1)] = sequence;
    return true;
  }

  #deliver(packet: IncomingAudioPacket): void {
    try {
      this.#deps.onPacket(packet);
    } catch (error) {
      if (!this.#listenerFailed) this.#deps.log.error('a listener of audio packets failed', errorFields(error));
      this.#listenerFailed = true;
    }
  }

  #report(): void {
    if (!this.#started) return;
    const figures = this.#meter.figures();
    this.#stats.lost = Math.max(0, figures.cumulativeLost);
    this.#stats.jitterMs = (figures.jitter * 1000) / this.#deps.port.clockRate;
    this.#reports.send(figures, this.#deps.clock.nowMs());
  }
}
