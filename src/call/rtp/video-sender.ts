/** One outgoing VP9 stream: encrypted layer frames in, paced RTP out; answers NACK, passes on what receivers ask and report. */
import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import { KeyRequestGate } from './key-request-gate.ts';
import type { Pacer } from './pacer.ts';
import type { RtpSendPort } from './ports.ts';
import type { RtcpPacket } from './rtcp.ts';
import { parseRtcp } from './rtcp.ts';
import { RtpHeaderWriter } from './rtp-packet.ts';
import { HISTORY_SLOTS, SendHistory, SLOT_BYTES } from './send-history.ts';
import type { LinkReport, NtpClock } from './sender-reports.ts';
import { SENDER_REPORT_PERIOD_MS, SenderReports } from './sender-reports.ts';
import { distance16 } from './sequence.ts';
import type { OutgoingLayerFrame } from './vp9-packetizer.ts';
import { Vp9Packetizer } from './vp9-packetizer.ts';

export interface VideoSenderEvents {
  /** A viewer, the server or congestion needs a key picture; requests are coalesced. */
  keyPictureNeeded: [];
  /** REMB: what the server's estimator allows all our streams together, bits a second; 0 lifts the limit. */
  bandwidth: [bps: number];
  report: [report: LinkReport];
}

export interface VideoSenderDeps {
  readonly port: RtpSendPort;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all senders of the room. */
  readonly ntp: NtpClock;
  /** Shared by all senders of the transport. */
  readonly pacer: Pacer;
  /** The transport-wide counter (transport-cc), shared by all streams of the transport. */
  readonly nextTransportSequence: () => number;
  /** 32 random bits, for where counters start (RFC 3550 section 5.1). */
  readonly random32: () => number;
  readonly temporalLayers: 1 | 2 | 3;
}

/** `waiting-for-key`: dropped until the next key picture; `congested`: dropped whole, nothing else suffers. */
export type SendOutcome = 'sent' | 'closed' | 'waiting-for-key' | 'congested';

export interface VideoSenderStats {
  pictures: number;
  keyPictures: number;
  packets: number;
  bytes: number;
  retransmitted: number;
  retransmittedBytes: number;
  nacks: number;
  keyRequests: number;
  /** Dropped because the queue was too long. */
  picturesDropped: number;
  /** The transport did not take them. */
  packetsRefused: number;
  rtcpMalformed: number;
}

/** Pictures nothing refers to are dropped first. */
const SHED_QUEUE_MS = 200;
/** More than a second of video at its target rate: only a new start helps. */
const MAX_QUEUE_MS = 600;
const MAX_QUEUED_PACKETS = HISTORY_SLOTS / 2;
const MAX_PENDING_RESENDS = 512;
/** Of the bytes sent, what may go to repeats; saved up to a burst. */
const RESEND_SHARE = 0.5;
const RESEND_BURST_BYTES = 60_000;
const DEFAULT_RTT_MS = 100;

export class VideoSender {
  readonly events: TypedEmitter<VideoSenderEvents>;
  readonly #deps: VideoSenderDeps;
  readonly #header: RtpHeaderWriter;
  readonly #rtxHeader: RtpHeaderWriter | null;
  readonly #packetizer: Vp9Packetizer;
  readonly #history = new SendHistory();
  readonly #rtxPacket = Buffer.allocUnsafeSlow(SLOT_BYTES + 2);
  readonly #reports: SenderReports;
  readonly #gate: KeyRequestGate;
  readonly #resends: number[] = [];
  readonly #cancels: (() => void)[] = [];
  readonly #stats: VideoSenderStats = {
    pictures: 0,
    keyPictures: 0,
    packets: 0,
    bytes: 0,
    retransmitted: 0,
    retransmittedBytes: 0,
    nacks: 0,
    keyRequests: 0,
    picturesDropped: 0,
    packetsRefused: 0,
    rtcpMalformed: 0,
  };
  readonly #timestampOffset: number;
  /** Extended sequence numbers: the next to send, the next to write. What lies between is the queue. */
  #sendAt: number;
  #writeAt: number;
  #rtxSequence: number;
  #queuedBytes = 0;
  #resendBudget = RESEND_BURST_BYTES;
  #rttMs = DEFAULT_RTT_MS;
  #waitingForKey = true;
  #picture: number | null = null;
  #pictureOutcome: SendOutcome = 'sent';
  #lastFir = -1;
  #closed = false;

  constructor(deps: VideoSenderDeps) {
    const { port, random32 } = deps;
    this.#deps = deps;
    this.events = new TypedEmitter((error) =>
      deps.log.error('a listener of the video sender failed', errorFields(error)),
    );
    this.#header = new RtpHeaderWriter(port);
    this.#rtxHeader =
      port.rtxSsrc === null || port.rtxPayloadType === null
        ? null
        : new RtpHeaderWriter({
            ssrc: port.rtxSsrc,
            payloadType: port.rtxPayloadType,
            mid: port.mid,
            extensions: port.extensions,
          });
    this.#packetizer = new Vp9Packetizer(deps.temporalLayers, {
      pictureId: random32() & 0x7fff,
      tl0: random32() & 0xff,
    });
    this.#reports = new SenderReports(port, deps.ntp, 90_000);
    this.#gate = new KeyRequestGate(deps.clock, () => this.#askForKey());
    this.#timestampOffset = random32() >>> 0;
    // One cycle up, so that the first numbers have predecessors.
    this.#sendAt = 0x1_0000 + (random32() & 0xffff);
    this.#writeAt = this.#sendAt;
    this.#rtxSequence = random32() & 0xffff;
  }

  start(): void {
    const { port, clock, pacer } = this.#deps;
    this.#cancels.push(
      pacer.add(this),
      port.onRtcp((packet) => this.#handleRtcp(packet)),
      port.onClose(() => this.close()),
      clock.every(SENDER_REPORT_PERIOD_MS, () => this.#report()),
    );
  }

  /**
   * Queues one layer frame and sends what the pacer allows. Bytes are copied: the parts are free afterwards.
   * @throws {UsageError} call/rtp-frame-invalid: the encoder's or the caller's fault.
   */
  send(frame: OutgoingLayerFrame): SendOutcome {
    if (this.#closed) return 'closed';
    if (frame.picture !== this.#picture) {
      this.#picture = frame.picture;
      this.#pictureOutcome = this.#admit(frame);
    }
    if (this.#pictureOutcome !== 'sent') return this.#pictureOutcome;
    this.#write(frame);
    this.#deps.pacer.kick();
    return 'sent';
  }

  /** For the local part of a decision that needs one, such as layers added back; coalesced with what viewers ask. */
  requestKeyPicture(): void {
    if (!this.#closed) this.#gate.request();
  }

  /** `lost`: by the server's reports. */
  get stats(): Readonly<VideoSenderStats & { lost: number }> {
    return { ...this.#stats, lost: this.#reports.lost };
  }

  /** Smoothed, from receiver reports; 100 ms until the first. */
  get rttMs(): number {
    return this.#rttMs;
  }

  /** Of the pacer's queue. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#resends.length * SLOT_BYTES;
  }

  /** Of the pacer's queue: retransmissions first, they are waited for. */
  sendOne(nowMs: number): number {
    const again = this.#resends.shift();
    if (again !== undefined) return this.#resend(again, nowMs);
    if (this.#sendAt === this.#writeAt) return 0;
    const extended = this.#sendAt++;
    const length = this.#history.length(extended);
    const slot = this.#history.slot(extended);
    this.#queuedBytes -= length;
    this.#header.stamp(slot, nowMs, this.#deps.nextTransportSequence);
    if (!this.#deps.port.send(slot.subarray(0, length))) this.#stats.packetsRefused++;
    this.#history.sent(extended, nowMs);
    this.#stats.packets++;
    this.#stats.bytes += length;
    this.#reports.packets++;
    this.#reports.octets += length - this.#header.length;
    this.#resendBudget = Math.min(RESEND_BURST_BYTES, this.#resendBudget + length * RESEND_SHARE);
    return length;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    this.#gate.close();
    this.events.clear();
  }

  /** Decides over a whole picture by its first layer. */
  #admit(frame: OutgoingLayerFrame): SendOutcome {
    if (frame.key) {
      if (this.#isOverfull()) this.#flush();
      this.#waitingForKey = false;
      this.#stats.keyPictures++;
      this.#gate.keySent();
    } else {
      if (this.#packetizer.patternBroken && !this.#waitingForKey) this.#startOver();
      if (this.#waitingForKey) {
        this.#gate.request();
        return 'waiting-for-key';
      }
      if (this.#isOverfull()) {
        this.#startOver();
        this.#stats.picturesDropped++;
        return 'congested';
      }
      const top = frame.temporal > 0 && frame.temporal === this.#deps.temporalLayers - 1;
      if (top && this.#deps.pacer.queueMs > SHED_QUEUE_MS) {
        this.#stats.picturesDropped++;
        return 'congested';
      }
    }
    this.#stats.pictures++;
    return 'sent';
  }

  #isOverfull(): boolean {
    return this.#deps.pacer.queueMs > MAX_QUEUE_MS || this.#writeAt - this.#sendAt > MAX_QUEUED_PACKETS / 2;
  }

  #startOver(): void {
    this.#waitingForKey = true;
    this.#gate.request();
  }

  /** What was never sent needs no sequence number: the key picture takes its place. */
  #flush(): void {
    this.#writeAt = this.#sendAt;
    this.#queuedBytes = 0;
  }

  #write(frame: OutgoingLayerFrame): void {
    const packets = this.#packetizer.begin(frame);
    if (this.#writeAt - this.#sendAt + packets > MAX_QUEUED_PACKETS) this.#makeRoom(packets);
    const timestamp = this.#timestampOf(frame.captureMs);
    while (this.#packetizer.remaining > 0) {
      const slot = this.#history.slot(this.#writeAt);
      const length = this.#header.length + this.#packetizer.writeNext(slot, this.#header.length);
      this.#header.write(slot, this.#writeAt & 0xffff, timestamp, this.#packetizer.marker);
      this.#history.written(this.#writeAt++, length);
      this.#queuedBytes += length;
    }
  }

  /** Three layers of the largest frames do not fit behind a full queue: send what is in the way at once. */
  #makeRoom(packets: number): void {
    const nowMs = this.#deps.clock.nowMs();
    while (this.#sendAt < this.#writeAt && this.#writeAt - this.#sendAt + packets > MAX_QUEUED_PACKETS)
      this.sendOne(nowMs);
  }

  #timestampOf(captureMs: number): number {
    return (this.#timestampOffset + Math.round(captureMs * 90)) >>> 0;
  }

  #resend(extended: number, nowMs: number): number {
    const length = this.#history.length(extended);
    // The queue may have waited long enough for the slot to be another packet's, or too old.
    if (!this.#history.mayResend(extended, this.#sendAt, nowMs, 0)) return 1;
    const packet =
      this.#rtxHeader === null
        ? this.#history.slot(extended).subarray(0, length)
        : this.#wrapRtx(this.#rtxHeader, extended, length);
    (this.#rtxHeader ?? this.#header).stamp(packet, nowMs, this.#deps.nextTransportSequence);
    this.#history.resent(extended, nowMs);
    if (!this.#deps.port.send(packet)) this.#stats.packetsRefused++;
    this.#stats.retransmitted++;
    this.#stats.retransmittedBytes += packet.length;
    return packet.length;
  }

  /** RFC 4588 section 4: the original sequence number, then the original payload. */
  #wrapRtx(writer: RtpHeaderWriter, extended: number, length: number): Buffer {
    const original = this.#history.slot(extended);
    const packet = this.#rtxPacket;
    const start = writer.write(
      packet,
      this.#rtxSequence++ & 0xffff,
      original.readUInt32BE(4),
      (original[1] ?? 0) >= 0x80,
    );
    packet[start] = (extended >> 8) & 0xff;
    packet[start + 1] = extended & 0xff;
    original.copy(packet, start + 2, this.#header.length, length);
    return packet.subarray(0, start + 2 + length - this.#header.length);
  }

  #handleRtcp(compound: Buffer): void {
    if (this.#closed) return;
    const { packets, malformed } = parseRtcp(compound);
    this.#stats.rtcpMalformed += malformed;
    for (const packet of packets) this.#handleOne(packet);
  }

  #handleOne(packet: RtcpPacket): void {
    const { ssrc } = this.#deps.port;
    switch (packet.kind) {
      case 'nack':
        if (packet.media === ssrc) this.#handleNack(packet.sequences);
        return;
      case 'pli':
        if (packet.media === ssrc) this.#gate.request();
        return;
      case 'fir':
        for (const request of packet.requests) if (request.ssrc === ssrc) this.#handleFir(request.number);
        return;
      case 'remb':
        // An empty list speaks of the whole transport.
        if (packet.ssrcs.length === 0 || packet.ssrcs.includes(ssrc)) this.events.emit('bandwidth', packet.bitrateBps);
        return;
      case 'sr':
      case 'rr':
        for (const block of packet.blocks)
          if (block.ssrc === ssrc) this.#handleReport(this.#reports.read(block, this.#deps.clock.nowMs()));
        return;
      default:
    }
  }

  #handleNack(sequences: readonly number[]): void {
    this.#stats.nacks++;
    const nowMs = this.#deps.clock.nowMs();
    // A repeat still on its way is not sent again.
    const minIntervalMs = Math.max(10, this.#rttMs * 0.8);
    for (const sequence of sequences) {
      const extended = this.#sendAt - 1 + distance16((this.#sendAt - 1) & 0xffff, sequence);
      const length = this.#history.length(extended);
      if (this.#resends.length >= MAX_PENDING_RESENDS || this.#resendBudget < length) break;
      if (
        this.#resends.includes(extended) ||
        !this.#history.mayResend(
          extended,
          this.#sendAt,
          nowMs,
          this.#history.resends(extended) === 0 ? 0 : minIntervalMs,
        )
      )
        continue;
      this.#resendBudget -= length;
      this.#resends.push(extended);
    }
    this.#deps.pacer.kick();
  }

  /** A repeated number repeats the request, it is not a new one (RFC 5104 section 4.3.1.1). */
  #handleFir(number: number): void {
    if (number === this.#lastFir) return;
    this.#lastFir = number;
    this.#gate.request();
  }

  #handleReport(report: LinkReport): void {
    if (report.rttMs !== null) this.#rttMs += (Math.min(2_000, report.rttMs) - this.#rttMs) / 4;
    this.events.emit('report', report);
  }

  #askForKey(): void {
    this.#stats.keyRequests++;
    this.events.emit('keyPictureNeeded');
  }

  #report(): void {
    if (this.#reports.packets === 0) return;
    const nowMs = this.#deps.clock.nowMs();
    this.#reports.send(nowMs, this.#timestampOf(nowMs));
  }
}
