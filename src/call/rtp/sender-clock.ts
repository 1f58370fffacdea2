/** The sender's timeline as its sender reports tell it: RTP timestamp → sender's wall clock. */
import { distance32 } from './sequence.ts';

/** Reports kept: their median takes out the scatter of a server that stamps them when packets pass. */
const KEPT = 7;
/** Further off than this is a new timeline, not scatter. */
const NEW_TIMELINE_MS = 1_000;

export class SenderClock {
  readonly #clockRate: number;
  #anchor: number | null = null;
  /** Wall clock at the anchor timestamp, by each report. */
  #offsets: number[] = [];
  #median = 0;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** A sender report: `rtpTimestamp` was `ntpMs` (milliseconds since 1970). */
  report(ntpMs: number, rtpTimestamp: number): void {
    if (!Number.isFinite(ntpMs)) return;
    const at = this.#anchor === null ? null : ntpMs - this.#sinceAnchorMs(this.#anchor, rtpTimestamp);
    if (at === null || Math.abs(at - this.#median) > NEW_TIMELINE_MS) this.#offsets = [ntpMs];
    else this.#offsets = [...this.#offsets.slice(1 - KEPT).map((offset) => offset + ntpMs - at), ntpMs];
    // The anchor follows the reports, so that no distance comes near half the timestamp's range.
    this.#anchor = rtpTimestamp;
    this.#median = [...this.#offsets].sort((a, b) => a - b)[this.#offsets.length >> 1] ?? ntpMs;
  }

  /** When the sender captured what carries this timestamp, in its wall clock; null before the first report. */
  captureTimeOf(rtpTimestamp: number): number | null {
    return this.#anchor === null ? null : this.#median + this.#sinceAnchorMs(this.#anchor, rtpTimestamp);
  }

  #sinceAnchorMs(anchor: number, rtpTimestamp: number): number {
    return (distance32(anchor, rtpTimestamp) * 1000) / this.#clockRate;
  }
}
