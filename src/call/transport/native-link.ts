/** The link on node-datachannel (libdatachannel: ICE by libjuice, DTLS and SRTP by OpenSSL and libsrtp in native threads). */
import { PeerConnection, Video } from 'node-datachannel';
import type { Track } from 'node-datachannel';
import { InternalError, ProtocolError } from '../../lib/errors.ts';
import { nativeIceServers } from './ice-servers.ts';
import { fingerprintOf, LINK_MID, LINK_PAYLOAD_TYPE } from './link-sdp.ts';
import type {
  LinkState,
  OpenPeerLink,
  PeerLink,
  PeerLinkListeners,
  PeerLinkOptions,
  SelectedPath,
} from './peer-link.ts';

const STATES: readonly string[] = ['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed'];

/** @throws {InternalError} `call/transport-unavailable` when the native library refuses. */
export const openNativeLink: OpenPeerLink = (options, listeners) => {
  try {
    return new NativeLink(options, listeners);
  } catch (cause) {
    throw new InternalError('call/transport-unavailable', 'The media transport could not be opened', { cause });
  }
};

/**
 * INVARIANTS. The callbacks given to the native objects refer to this object, and so keep the native wrappers from being
 * collected while native threads may still call them. Only callbacks whose native side outlives `close()` are registered:
 * the connection's state, and the track's messages and end; without the latter two ends the wrapper is never unregistered.
 * The track is closed before the connection: that waits for a callback in flight, so that none meets a freed object.
 */
class NativeLink implements PeerLink {
  readonly fingerprint: string;
  readonly #connection: PeerConnection;
  readonly #track: Track;
  readonly #listeners: PeerLinkListeners;
  #state: LinkState = 'new';
  #open = false;
  #closed = false;

  constructor(options: PeerLinkOptions, listeners: PeerLinkListeners) {
    this.#listeners = listeners;
    this.#connection = new PeerConnection(options.name, {
      iceServers: nativeIceServers(options.iceServers).servers,
      iceTransportPolicy: options.relayOnly ? 'relay' : 'all',
      disableAutoNegotiation: true,
      ...(options.bindAddress === null ? {} : { bindAddress: options.bindAddress }),
    });
    const media = new Video(LINK_MID, 'SendRecv');
    media.addVP9Codec(LINK_PAYLOAD_TYPE);
    this.#track = this.#connection.addTrack(media);
    this.#track.onMessage((packet) => this.#handlePacket(packet));
    this.#track.onClosed(() => this.#handleTrackClosed());
    this.#connection.onStateChange((state) => this.#handleState(state));
    this.fingerprint = this.#offer();
  }

  get state(): LinkState {
    return this.#state;
  }

  start(remoteSdp: string): void {
    if (this.#closed) return;
    try {
      this.#connection.setRemoteDescription(remoteSdp, 'answer');
    } catch (cause) {
      throw new ProtocolError('call/transport-parameters-invalid', 'The server sent unusable transport parameters', {
        cause,
      });
    }
  }

  addRemoteCandidate(candidate: string): void {
    if (this.#closed || this.#state === 'closed') return;
    try {
      this.#connection.addRemoteCandidate(candidate, LINK_MID);
    } catch {
      // The connection ended meanwhile; the state follows.
    }
  }

  send(packet: Buffer): boolean {
    if (this.#closed || this.#state !== 'connected') return false;
    try {
      // The track opens shortly after the state is told; asking costs a native call, so a yes is kept.
      this.#open ||= this.#track.isOpen();
      return this.#open && this.#track.sendMessageBinary(packet);
    } catch {
      // The connection ended between its last state and now; the state follows.
      return false;
    }
  }

  selectedPath(): SelectedPath | null {
    if (this.#closed) return null;
    const pair = this.#connection.getSelectedCandidatePair();
    if (!pair) return null;
    return {
      viaLoopback: pair.remote.address.startsWith('127.'),
      localType: pair.local.type,
      remoteType: pair.remote.type,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#state = 'closed';
    this.#track.close();
    this.#connection.close();
  }

  #offer(): string {
    this.#connection.setLocalDescription('offer');
    const fingerprint = fingerprintOf(this.#connection.localDescription()?.sdp ?? '');
    if (fingerprint !== null) return fingerprint;
    this.close();
    throw new InternalError('call/transport-unavailable', 'The media transport has no certificate');
  }

  #handlePacket(packet: Buffer): void {
    if (!this.#closed) this.#listeners.onPacket(packet);
  }

  #handleTrackClosed(): void {
    this.#open = false;
  }

  #handleState(state: string): void {
    if (this.#closed || !isLinkState(state) || state === this.#state) return;
    this.#state = state;
    this.#listeners.onState(state);
  }
}

function isLinkState(state: string): state is LinkState {
  return STATES.includes(state);
}
