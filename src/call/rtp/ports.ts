/** Ids of the header extensions negotiated for a stream; null where not negotiated (RFC 8285 one-byte form, ids 1 to 14). */
export interface HeaderExtensionIds {
  readonly mid: number | null;
  readonly absSendTime: number | null;
  readonly transportCc: number | null;
}

/** One outgoing stream on a connected transport, as the native handler hands it out through `onRtpSender`. */
export interface RtpSendPort {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly payloadType: number;
  readonly rtxSsrc: number | null;
  readonly rtxPayloadType: number | null;
  readonly cname: string;
  readonly extensions: HeaderExtensionIds;
  /**
   * Sends a whole RTP packet, header extensions written by the caller; false while the transport is not connected or closed.
   * The buffer may be reused as soon as this returns.
   */
  send(packet: Buffer): boolean;
  /** Sends a whole (compound) RTCP packet. */
  sendRtcp(packet: Buffer): boolean;
  /** RTCP that concerns this stream (NACK, PLI, FIR, RR, REMB, transport feedback), whole compound packets. Returns the unsubscriber. */
  onRtcp(listener: (packet: Buffer) => void): () => void;
  /** False after stopSending or close, for ever. */
  readonly open: boolean;
  onClose(listener: () => void): () => void;
}

/** One incoming stream, as the native handler hands it out through `onRtpReceiver`. */
export interface RtpReceivePort {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly rtxSsrc: number | null;
  readonly rtxPayloadType: number | null;
  readonly extensions: HeaderExtensionIds;
  /** RTP of `ssrc` and of `rtxSsrc` (still wrapped, RFC 4588). The buffer belongs to the listener. `arrivalMs` is the clock's monotonic time. */
  onRtp(listener: (packet: Buffer, arrivalMs: number) => void): () => void;
  /** Sender reports and BYE of this stream, whole compound packets. */
  onRtcp(listener: (packet: Buffer, arrivalMs: number) => void): () => void;
  /** NACK, PLI, receiver reports of ours. */
  sendRtcp(packet: Buffer): boolean;
  readonly open: boolean;
  onClose(listener: () => void): () => void;
}
