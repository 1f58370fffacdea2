/** One DTLS-SRTP connection to the server that carries whole RTP and RTCP packets; knows nothing of streams. */

export type LinkState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export interface SelectedPath {
  /** The remote end is on this machine, as a TCP bridge is. */
  readonly viaLoopback: boolean;
  readonly localType: string;
  readonly remoteType: string;
}

export interface PeerLink {
  /** SHA-256 of our certificate, `AA:BB:…`; known before anything is sent. */
  readonly fingerprint: string;
  readonly state: LinkState;
  /**
   * Begins ICE and, once a path stands, DTLS as client. Once only.
   * @throws {ProtocolError} `call/transport-parameters-invalid`.
   */
  start(remoteSdp: string): void;
  /** Offers ICE another path to the server; only after `start`. `candidate` is a line of SDP. */
  addRemoteCandidate(candidate: string): void;
  /** Sends a whole RTP or RTCP packet; false when not connected. The buffer may be reused at once: it is copied. */
  send(packet: Buffer): boolean;
  /** The path in use; null before there is one or when the native code does not tell. */
  selectedPath(): SelectedPath | null;
  /** Idempotent; no listener is called any more once it returns. */
  close(): void;
}

export interface PeerLinkListeners {
  /** A whole RTP or RTCP packet, decrypted and authenticated by SRTP. The buffer belongs to the listener. */
  readonly onPacket: (packet: Buffer) => void;
  readonly onState: (state: LinkState) => void;
}

export interface PeerLinkOptions {
  readonly name: string;
  /** Local address to bind to; null is every interface. */
  readonly bindAddress: string | null;
  readonly iceServers: readonly RTCIceServer[];
  readonly relayOnly: boolean;
}

export type OpenPeerLink = (options: PeerLinkOptions, listeners: PeerLinkListeners) => PeerLink;
