/** What both kinds of receivers do over RTCP: take in sender reports, send receiver reports. */
import type { RtpReceivePort } from './ports.ts';
import type { ReceptionFigures } from './reception-meter.ts';
import { buildRr, parseRtcp } from './rtcp.ts';
import { SenderClock } from './sender-clock.ts';

/** RFC 3550 section 6.2 allows less than its 5 s for small sessions; the server's estimate wants about one a second. */
export const REPORT_PERIOD_MS = 1_000;

export class ReceiverReports {
  readonly senderClock: SenderClock;
  readonly #port: RtpReceivePort;
  readonly #localSsrc: number;
  #lastSr = 0;
  #lastSrAtMs = 0;
  malformed = 0;
  /** The sender said that it ends this stream. */
  ended = false;

  constructor(port: RtpReceivePort, localSsrc: number) {
    this.#port = port;
    this.#localSsrc = localSsrc;
    this.senderClock = new SenderClock(port.clockRate);
  }

  handle(compound: Buffer, arrivalMs: number): void {
    const { packets, malformed } = parseRtcp(compound);
    this.malformed += malformed;
    for (const packet of packets) {
      if (packet.kind === 'bye' && packet.ssrcs.includes(this.#port.ssrc)) this.ended = true;
      if (packet.kind !== 'sr' || packet.ssrc !== this.#port.ssrc) continue;
      this.senderClock.report(packet.ntpMs, packet.rtpTimestamp);
      this.#lastSr = packet.ntpMiddle;
      this.#lastSrAtMs = arrivalMs;
    }
  }

  send(figures: ReceptionFigures, nowMs: number): void {
    const delaySinceLastSr =
      this.#lastSr === 0 ? 0 : Math.min(0xffff_ffff, Math.round(((nowMs - this.#lastSrAtMs) * 65_536) / 1000));
    this.#port.sendRtcp(
      buildRr(this.#localSsrc, [{ ssrc: this.#port.ssrc, ...figures, lastSr: this.#lastSr, delaySinceLastSr }]),
    );
  }
}
