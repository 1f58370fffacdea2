/** One outgoing Opus stream: encrypted packets of 20 ms in, RTP out at once. Silence is what the caller does not send. */
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import { AUDIO_CLOCK_RATE, AudioTimeline } from './audio-timeline.ts';
import type { Pacer } from './pacer.ts';
import type { RtpSendPort } from './ports.ts';
import { parseRtcp } from './rtcp.ts';
import { RtpHeaderWriter } from './rtp-packet.ts';
import type { LinkReport, NtpClock } from './sender-reports.ts';
import { SENDER_REPORT_PERIOD_MS, SenderReports } from './sender-reports.ts';
import { MAX_PAYLOAD_BYTES } from './vp9-packetizer.ts';

export interface AudioSenderEvents {
  report: [report: LinkReport];
  /** As of the video sender: whichever stream the server names in its REMB hears it. */
  bandwidth: [bps: number];
}

export interface AudioSenderDeps {
  readonly port: RtpSendPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ntp: NtpClock;
  /** Charged, never waited for; null where audio has a transport of its own. */
  readonly pacer: Pacer | null;
  readonly nextTransportSequence: () => number;
  readonly random32: () => number;
}

export interface AudioSenderStats {
  packets: number;
  bytes: number;
  packetsRefused: number;
  rtcpMalformed: number;
}

export class AudioSender {
  readonly events: TypedEmitter<AudioSenderEvents>;
  readonly #deps: AudioSenderDeps;
  readonly #header: RtpHeaderWriter;
  readonly #packet: Buffer;
  readonly #reports: SenderReports;
  readonly #timeline: AudioTimeline;
  readonly #cancels: (() => void)[] = [];
  readonly #stats: AudioSenderStats = { packets: 0, bytes: 0, packetsRefused: 0, rtcpMalformed: 0 };
  #sequence: number;
  #closed = false;

  constructor(deps: AudioSenderDeps) {
    this.#deps = deps;
    this.events = new TypedEmitter((error) =>
      deps.log.error('a listener of the audio sender failed', errorFields(error)),
    );
    this.#header = new RtpHeaderWriter(deps.port);
    this.#packet = Buffer.allocUnsafeSlow(this.#header.length + MAX_PAYLOAD_BYTES);
    this.#reports = new SenderReports(deps.port, deps.ntp, AUDIO_CLOCK_RATE);
    this.#timeline = new AudioTimeline(deps.random32());
    this.#sequence = deps.random32() & 0xffff;
  }

  start(): void {
    const { port, clock } = this.#deps;
    this.#cancels.push(
      port.onRtcp((packet) => this.#handleRtcp(packet)),
      port.onClose(() => this.close()),
      clock.every(SENDER_REPORT_PERIOD_MS, () => this.#report()),
    );
  }

  /**
   * Sends one packet; `parts` (header, body, tag) are copied. `captureMs`: the clock's monotonic time at which its first
   * sample was captured. False when the transport did not take it.
   * @throws {UsageError} call/rtp-frame-invalid when it is empty or does not fit a packet.
   */
  send(parts: readonly Uint8Array[], captureMs: number): boolean {
    if (this.#closed) return false;
    let length = this.#header.length;
    for (const part of parts) {
      if (length + part.length > this.#packet.length) throw invalid(parts);
      this.#packet.set(part, length);
      length += part.length;
    }
    if (length === this.#header.length) throw invalid(parts);
    const { timestamp, jumped } = this.#timeline.next(captureMs);
    // The marker begins a talkspurt (RFC 3551 section 4.1).
    this.#header.write(this.#packet, this.#sequence, timestamp, jumped);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return this.#sendNow(length);
  }

  /** `lost`: by the server's reports. */
  get stats(): Readonly<AudioSenderStats & { lost: number }> {
    return { ...this.#stats, lost: this.#reports.lost };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    this.events.clear();
  }

  #sendNow(length: number): boolean {
    this.#header.stamp(this.#packet, this.#deps.clock.nowMs(), this.#deps.nextTransportSequence);
    const taken = this.#deps.port.send(this.#packet.subarray(0, length));
    this.#deps.pacer?.charge(length);
    this.#stats.packets++;
    this.#stats.bytes += length;
    if (!taken) this.#stats.packetsRefused++;
    this.#reports.packets++;
    this.#reports.octets += length - this.#header.length;
    return taken;
  }

  #handleRtcp(compound: Buffer): void {
    if (this.#closed) return;
    const { ssrc } = this.#deps.port;
    const { packets, malformed } = parseRtcp(compound);
    this.#stats.rtcpMalformed += malformed;
    for (const packet of packets) {
      if (packet.kind === 'remb' && packet.ssrcs.includes(ssrc)) this.events.emit('bandwidth', packet.bitrateBps);
      if (packet.kind !== 'rr' && packet.kind !== 'sr') continue;
      for (const block of packet.blocks)
        if (block.ssrc === ssrc) this.events.emit('report', this.#reports.read(block, this.#deps.clock.nowMs()));
    }
  }

  #report(): void {
    const nowMs = this.#deps.clock.nowMs();
    const timestamp = this.#timeline.at(nowMs);
    if (timestamp !== null) this.#reports.send(nowMs, timestamp);
  }
}

function invalid(parts: readonly Uint8Array[]): UsageError {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return new UsageError('call/rtp-frame-invalid', 'An audio packet cannot be sent: size', { context: { bytes } });
}
