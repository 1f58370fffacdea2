/** The life of one link: opened, introduced to the server, connected, closed; and what passed over it. */
import type { types } from 'mediasoup-client';
import { UsageError } from '../../lib/errors.ts';
import type { RemoteTransport } from './link-sdp.ts';
import { remoteAnswerSdp } from './link-sdp.ts';
import type { LinkState, OpenPeerLink, PeerLink, PeerLinkOptions, SelectedPath } from './peer-link.ts';

/** Tells the server our DTLS parameters; resolves when it has taken them. */
export type Introduce = (dtlsParameters: types.DtlsParameters) => Promise<void>;

export interface LinkSessionListeners {
  readonly onPacket: (packet: Buffer) => void;
  readonly onState: (state: LinkState) => void;
}

export class LinkSession {
  readonly #link: PeerLink;
  readonly #introduce: Introduce;
  #remote: RemoteTransport;
  #connecting: Promise<void> | null = null;
  #abandon: ((error: Error) => void) | null = null;
  #started = false;
  #restarts = 0;
  #closed = false;
  #packetsSent = 0;
  #bytesSent = 0;
  #packetsReceived = 0;
  #bytesReceived = 0;

  constructor(open: OpenPeerLink, options: PeerLinkOptions, remote: RemoteTransport, introduce: Introduce, listeners: LinkSessionListeners) {
    this.#remote = remote;
    this.#introduce = introduce;
    this.#link = open(options, {
      onPacket: (packet) => {
        this.#packetsReceived++;
        this.#bytesReceived += packet.length;
        listeners.onPacket(packet);
      },
      onState: listeners.onState,
    });
  }

  get traffic(): { packetsSent: number; bytesSent: number; packetsReceived: number; bytesReceived: number } {
    return { packetsSent: this.#packetsSent, bytesSent: this.#bytesSent, packetsReceived: this.#packetsReceived, bytesReceived: this.#bytesReceived };
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get selectedPath(): SelectedPath | null {
    return this.#link.selectedPath();
  }

  readonly send = (packet: Buffer): boolean => {
    if (!this.#link.send(packet)) return false;
    this.#packetsSent++;
    this.#bytesSent += packet.length;
    return true;
  };

  /**
   * Introduces us to the server and begins ICE and DTLS, once; resolves when the server has taken our parameters, which is
   * before media flows. May be called again after a failure.
   * @throws {ProtocolError} `call/transport-parameters-invalid`; {UsageError} `call/transport-closed`; what introducing threw.
   */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = null;
      throw error;
    });
    return this.#connecting;
  }

  /**
   * libjuice cannot restart ICE. Before the start the new parameters are simply used. Afterwards mediasoup accepts the
   * parameters from before its latest restart until it has seen the new ones, so a living link goes on as it is, once.
   * @throws {UsageError} `call/ice-restart-unsupported` when that cannot help: the transport must be made anew.
   */
  restartIce(iceParameters: types.IceParameters): void {
    if (!this.#started) {
      this.#remote = { ...this.#remote, iceParameters };
      return;
    }
    const dead = this.#link.state === 'failed' || this.#link.state === 'closed';
    if (dead || this.#restarts > 0) throw new UsageError('call/ice-restart-unsupported', 'The media transport must be made anew');
    this.#restarts++;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandon?.(closedError());
    this.#link.close();
  }

  async #connect(): Promise<void> {
    if (this.#closed) throw closedError();
    const sdp = remoteAnswerSdp(this.#remote);
    const abandoned = new Promise<never>((_, reject) => (this.#abandon = reject));
    const fingerprints: types.DtlsFingerprint[] = [{ algorithm: 'sha-256', value: this.#link.fingerprint }];
    const introduced = Promise.race([this.#introduce({ role: 'client', fingerprints }), abandoned]);
    // At the same time, not after: finding a path takes a round trip in which the server learns our fingerprint.
    // Were DTLS first all the same, its hello would be lost and repeated a second later.
    await Promise.all([introduced, this.#start(sdp)]);
  }

  async #start(sdp: string): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#link.start(sdp);
  }
}

function closedError(): UsageError {
  return new UsageError('call/transport-closed', 'The media transport is closed');
}
