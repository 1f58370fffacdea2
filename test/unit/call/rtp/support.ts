/** A sender's and a receiver's port with a scripted link between them, on a manual clock. */
import type { ManualClock } from '../../../../src/lib/clock.ts';
import type { RtpReceivePort, RtpSendPort } from '../../../../src/call/rtp/ports.ts';

type RtpListener = (packet: Buffer, arrivalMs: number) => void;

/** Deterministic numbers in [0, 1): the same seed, the same run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const streams = {
  video: {
    kind: 'video',
    ssrc: 0x1111_1111,
    payloadType: 101,
    rtxSsrc: 0x2222_2222,
    rtxPayloadType: 102,
    clockRate: 90_000,
  },
  audio: { kind: 'audio', ssrc: 0x3333_3333, payloadType: 111, rtxSsrc: null, rtxPayloadType: null, clockRate: 48_000 },
} as const;

export interface LinkOptions {
  readonly delayMs: number;
  /** What happens to RTP packet number n (0, 1, …): delays of each copy on top of `delayMs`; an empty list loses it. */
  readonly fate: (n: number, packet: Buffer) => readonly number[];
}

export class Link {
  readonly sender: RtpSendPort & { readonly sentRtcp: Buffer[]; readonly sent: Buffer[] };
  readonly receiver: RtpReceivePort & { readonly sentRtcp: Buffer[] };
  readonly #clock: ManualClock;
  readonly #options: LinkOptions;
  readonly #rtp = new Set<RtpListener>();
  readonly #rtcpToReceiver = new Set<RtpListener>();
  readonly #rtcpToSender = new Set<(packet: Buffer) => void>();
  readonly #closers = new Set<() => void>();
  #count = 0;

  constructor(clock: ManualClock, kind: 'video' | 'audio', options: LinkOptions) {
    this.#clock = clock;
    this.#options = options;
    const extensions = { mid: 1, absSendTime: 4, transportCc: 5 };
    const onClose = (listener: () => void) => subscribe(this.#closers, listener);
    const sent: Buffer[] = [];
    const senderRtcp: Buffer[] = [];
    const receiverRtcp: Buffer[] = [];
    this.sender = {
      ...streams[kind],
      mid: '0',
      cname: 'room',
      extensions,
      sent,
      sentRtcp: senderRtcp,
      open: true,
      onClose,
      onRtcp: (listener) => subscribe(this.#rtcpToSender, listener),
      send: (packet) => this.#send(packet, sent),
      sendRtcp: (packet) => {
        senderRtcp.push(packet);
        this.#clock.after(options.delayMs, () => this.rtcpToReceiver(packet));
        return true;
      },
    };
    this.receiver = {
      ...streams[kind],
      mid: '0',
      extensions,
      sentRtcp: receiverRtcp,
      open: true,
      onClose,
      onRtp: (listener) => subscribe(this.#rtp, listener),
      onRtcp: (listener) => subscribe(this.#rtcpToReceiver, listener),
      sendRtcp: (packet) => {
        receiverRtcp.push(packet);
        this.#clock.after(options.delayMs, () => this.rtcpToSender(packet));
        return true;
      },
    };
  }

  rtp(packet: Buffer): void {
    for (const listener of this.#rtp) listener(packet, this.#clock.nowMs());
  }

  rtcpToReceiver(packet: Buffer): void {
    for (const listener of this.#rtcpToReceiver) listener(packet, this.#clock.nowMs());
  }

  rtcpToSender(packet: Buffer): void {
    for (const listener of this.#rtcpToSender) listener(packet);
  }

  close(): void {
    for (const listener of this.#closers) listener();
  }

  #send(packet: Buffer, sent: Buffer[]): boolean {
    sent.push(Buffer.from(packet));
    for (const extraMs of this.#options.fate(this.#count++, packet)) {
      const copy = Buffer.from(packet);
      this.#clock.after(this.#options.delayMs + extraMs, () => this.rtp(copy));
    }
    return true;
  }
}

export const clean: LinkOptions = { delayMs: 10, fate: () => [0] };

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
