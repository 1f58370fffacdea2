/** What both kinds of senders do over RTCP: send reports, take in those of the receiver. */
import type { Clock } from '../../lib/clock.ts';
import type { RtpSendPort } from './ports.ts';
import type { ReportBlock } from './rtcp.ts';
import { buildSr, ntpMiddle } from './rtcp.ts';

/**
 * Wall clock for sender reports, fixed to the monotonic clock when the call begins: a step of the machine's clock during
 * the call then does not tear audio and video apart. Share one between all senders of a room.
 */
export type NtpClock = (nowMs: number) => number;

export function createNtpClock(clock: Clock): NtpClock {
  const offsetMs = clock.wallMs() - clock.nowMs();
  return (nowMs) => nowMs + offsetMs;
}

/** One receiver report about us. */
export interface LinkReport {
  /** 0 to 1, since the report before. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly jitterMs: number;
  /** Null until the receiver has answered a sender report. */
  readonly rttMs: number | null;
}

export const SENDER_REPORT_PERIOD_MS = 1_000;

export class SenderReports {
  readonly #port: RtpSendPort;
  readonly #ntp: NtpClock;
  readonly #clockRate: number;
  packets = 0;
  octets = 0;
  /** As the receiver counts; packets that it got twice may have set others off. */
  lost = 0;

  constructor(port: RtpSendPort, ntp: NtpClock, clockRate: number) {
    this.#port = port;
    this.#ntp = ntp;
    this.#clockRate = clockRate;
  }

  /** `rtpTimestamp` is that of a capture at `nowMs`. */
  send(nowMs: number, rtpTimestamp: number): void {
    const { ssrc, cname } = this.#port;
    this.#port.sendRtcp(
      buildSr({ ssrc, ntpMs: this.#ntp(nowMs), rtpTimestamp, packets: this.packets, octets: this.octets, cname }),
    );
  }

  /** RTT by RFC 3550 section 6.4.1; values no path has are taken as unknown. */
  read(block: ReportBlock, nowMs: number): LinkReport {
    const units = (ntpMiddle(this.#ntp(nowMs)) - block.lastSr - block.delaySinceLastSr) >>> 0;
    const rttMs = (units * 1000) / 65_536;
    this.lost = Math.max(0, block.cumulativeLost);
    return {
      fractionLost: block.fractionLost / 256,
      cumulativeLost: block.cumulativeLost,
      jitterMs: (block.jitter * 1000) / this.#clockRate,
      rttMs: block.lastSr === 0 || rttMs > 60_000 ? null : rttMs,
    };
  }
}
