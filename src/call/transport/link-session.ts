/** The life of one link: opened, introduced to the server, connected, closed; and what passed over it. */
import type { types } from 'mediasoup-client';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { RemoteTransport } from './link-sdp.ts';
import { bridgeCandidate, remoteAnswerSdp, tcpEndpoints } from './link-sdp.ts';
import type { LinkState, OpenPeerLink, PeerLink, PeerLinkOptions, SelectedPath } from './peer-link.ts';
import type { OpenTcpBridge, TcpBridge } from './tcp-bridge.ts';

/** UDP has had several tries by then, on any path a meeting could use. */
const TCP_AFTER_MS = 1_000;
const MAX_TCP_BRIDGES = 2;

/** Tells the server our DTLS parameters; resolves when it has taken them. */
export type Introduce = (dtlsParameters: types.DtlsParameters) => Promise<void>;

export interface LinkSessionListeners {
  readonly onPacket: (packet: Buffer) => void;
  readonly onState: (state: LinkState) => void;
}

export interface LinkSessionDeps {
  readonly clock: Clock;
  readonly openLink: OpenPeerLink;
  readonly openTcpBridge: OpenTcpBridge;
  readonly introduce: Introduce;
}

export class LinkSession {
  readonly #deps: LinkSessionDeps;
  readonly #link: PeerLink;
  #remote: RemoteTransport;
  #connecting: Promise<void> | null = null;
  #abandon: ((error: Error) => void) | null = null;
  #started = false;
  #restarts = 0;
  #closed = false;
  #cancelTcp: (() => void) | null = null;
  #bridges: TcpBridge[] = [];
  #packetsSent = 0;
  #bytesSent = 0;
  #packetsReceived = 0;
  #bytesReceived = 0;

  constructor(
    deps: LinkSessionDeps,
    options: PeerLinkOptions,
    remote: RemoteTransport,
    listeners: LinkSessionListeners,
  ) {
    this.#deps = deps;
    this.#remote = remote;
    this.#link = deps.openLink(options, {
      onPacket: (packet) => {
        this.#packetsReceived++;
        this.#bytesReceived += packet.length;
        listeners.onPacket(packet);
      },
      onState: listeners.onState,
    });
  }

  get traffic(): { packetsSent: number; bytesSent: number; packetsReceived: number; bytesReceived: number } {
    return {
      packetsSent: this.#packetsSent,
      bytesSent: this.#bytesSent,
      packetsReceived: this.#packetsReceived,
      bytesReceived: this.#bytesReceived,
    };
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get selectedPath(): SelectedPath | null {
    return this.#link.selectedPath();
  }

  /** Connections over TCP that were opened because UDP did not get through, or not soon. */
  get tcpBridges(): number {
    return this.#bridges.length;
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
    if (dead || this.#restarts > 0)
      throw new UsageError('call/ice-restart-unsupported', 'The media transport must be made anew');
    this.#restarts++;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandon?.(closedError());
    this.#cancelTcp?.();
    this.#link.close();
    for (const bridge of this.#bridges) bridge.close();
    this.#bridges = [];
  }

  async #connect(): Promise<void> {
    if (this.#closed) throw closedError();
    const sdp = remoteAnswerSdp(this.#remote);
    const abandoned = new Promise<never>((_, reject) => (this.#abandon = reject));
    const fingerprints: types.DtlsFingerprint[] = [{ algorithm: 'sha-256', value: this.#link.fingerprint }];
    const introduced = Promise.race([this.#deps.introduce({ role: 'client', fingerprints }), abandoned]);
    // At the same time, not after: finding a path takes a round trip in which the server learns our fingerprint.
    // Were DTLS first all the same, its hello would be lost and repeated a second later.
    await Promise.all([introduced, this.#start(sdp)]);
  }

  async #start(sdp: string): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#link.start(sdp);
    const udp = this.#remote.iceCandidates.some((candidate) => candidate.protocol === 'udp');
    if (!udp) this.#tryTcp();
    else this.#cancelTcp = this.#deps.clock.after(TCP_AFTER_MS, () => this.#tryTcp());
  }

  #tryTcp(): void {
    if (this.#closed || this.#link.state === 'connected' || this.#link.state === 'closed') return;
    for (const { host, port } of tcpEndpoints(this.#remote).slice(0, MAX_TCP_BRIDGES)) {
      const bridge = this.#deps.openTcpBridge(host, port, {
        onReady: (localPort) => this.#link.addRemoteCandidate(bridgeCandidate(localPort)),
        onEnd: () => (this.#bridges = this.#bridges.filter((other) => other !== bridge)),
      });
      this.#bridges.push(bridge);
    }
  }
}

function closedError(): UsageError {
  return new UsageError('call/transport-closed', 'The media transport is closed');
}
