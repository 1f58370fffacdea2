import type { types } from 'mediasoup-client';
import type { MeetingLink } from '../crypto/link.ts';
import { toBase64Url } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { codeOf, RoomError } from '../lib/errors.ts';
import { TypedEmitter } from '../lib/events.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import { IncomingStreams } from './incoming-streams.ts';
import type { KeysEvents, KeysFactory, KeysPort } from './keys/keys-port.ts';
import type { MediaEngine, OutgoingStream } from './media-engine.ts';
import type { Layers, MediaSourceName, NotificationOf } from './signalling/messages.ts';
import { PROTOCOL_VERSION } from './signalling/messages.ts';
import { SignallingClient, signallingUrl } from './signalling/signalling-client.ts';
import type { Socket } from './signalling/socket-transport.ts';

export interface LoginDeps {
  readonly engine: MediaEngine;
  readonly openSocket: (url: string, subprotocol: string) => Socket;
  readonly createKeys: KeysFactory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** What lets a later login take the place of this one at once. */
export interface ResumeToken {
  readonly peer: string;
  readonly token: string;
}

/** `retry`: a new login may mend it; otherwise it is final for this link. */
export interface LoginEnd {
  readonly code: string;
  readonly retry: boolean;
}

type KeyEvents = Pick<KeysEvents, 'epoch' | 'message'>;
export type LoginEvents = KeyEvents & {
  /** The server let us in; the group's keys follow. */
  entered: [token: ResumeToken];
  streams: [];
  layers: [consumer: string, layers: Layers | null];
  demand: [source: MediaSourceName, layers: Layers | null];
  /** Over, for a reason other than `close()`. */
  ended: [end: LoginEnd];
};

/** ICE may heal by itself after this; then it is restarted, and after as long again the login is given up. */
const ICE_GRACE_MS = 3_000;
const HELLO_TIMEOUT_MS = 8_000;
/** A joiner whom no member adds in this time tries again: the members it was offered to may be gone. */
const WELCOME_TIMEOUT_MS = 20_000;

/**
 * One login to a meeting: a connection, an ephemeral key, two transports. It ends once and is never revived; whatever breaks
 * ends it, and the session logs in anew.
 */
export class Login {
  readonly events: TypedEmitter<LoginEvents>;
  readonly peer: string;
  readonly #deps: LoginDeps;
  readonly #link: MeetingLink;
  readonly #producers = new Map<MediaSourceName, types.Producer>();
  readonly #cleanups: (() => void)[] = [];
  #signalling: SignallingClient | null = null;
  #keys: KeysPort | null = null;
  #send: types.Transport | null = null;
  #recv: types.Transport | null = null;
  #incoming: IncomingStreams | null = null;
  #ended = false;
  #members: readonly string[] = [];

  constructor(deps: LoginDeps, link: MeetingLink) {
    this.#deps = deps;
    this.#link = link;
    this.peer = toBase64Url(deps.randomBytes(16));
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
  }

  get ended(): boolean {
    return this.#ended;
  }

  get incoming(): IncomingStreams | null {
    return this.#incoming;
  }

  /** Runs until the server has let us in; the group's keys arrive as `epoch` events. Failures arrive as `ended`. */
  async start(replaces: ResumeToken | null): Promise<void> {
    try {
      await this.#enter(replaces);
    } catch (error) {
      this.#end(endOf(error));
    }
  }

  /** Sends one local source. Failures end the login: a call that cannot send is no call. */
  async produce(source: MediaSourceName, stream: OutgoingStream, paused: boolean): Promise<void> {
    const transport = this.#send;
    if (!transport || this.#ended || this.#producers.has(source)) return;
    const codec = this.#device().sendRtpCapabilities.codecs?.find((each) => each.mimeType === stream.codecMimeType);
    if (!codec) throw new RoomError('call/codec-missing', 'The server does not accept the needed codec');
    const producer = await transport.produce({
      track: stream.track,
      encodings: stream.encodings,
      codecOptions: stream.codecOptions,
      codec,
      stopTracks: false,
      disableTrackOnPause: false,
      onRtpSender: stream.onRtpSender,
      appData: { source, paused },
    });
    if (this.ended) return producer.close();
    this.#producers.set(source, producer);
  }

  stopProducing(source: MediaSourceName): void {
    const producer = this.#producers.get(source);
    if (!producer) return;
    this.#producers.delete(source);
    producer.close();
    this.#notify(this.#signalling?.request('closeProducer', { producer: producer.id }));
  }

  /** Tells the server that a source sends nothing now, so that it is not taken for a broken one. */
  setPaused(source: MediaSourceName, paused: boolean): void {
    const producer = this.#producers.get(source);
    if (!producer || !this.#signalling) return;
    this.#notify(this.#signalling.request(paused ? 'pauseProducer' : 'resumeProducer', { producer: producer.id }));
  }

  /** Tells the server the most that is encoded of a source now, so that no viewer waits for more; null: no limit. */
  limitLayers(source: MediaSourceName, layers: Layers | null): void {
    const producer = this.#producers.get(source);
    if (producer) this.#notify(this.#signalling?.request('limitLayers', { producer: producer.id, layers }));
  }

  async sendData(data: Parameters<KeysPort['send']>[0]): Promise<void> {
    if (!this.#keys || this.#ended) throw new RoomError('call/not-in-call', 'There is no call to send this to');
    await this.#keys.send(data);
  }

  /** Says goodbye to the group and the server, waiting at most `deadlineMs`. */
  async leave(deadlineMs: number): Promise<void> {
    const bye = async (): Promise<void> => {
      await this.#keys?.send({ type: 'bye' }).catch(() => undefined);
      if (this.#signalling && !this.#signalling.closed)
        await this.#signalling.request('leave', {}).catch(() => undefined);
    };
    const deadline = new Promise<void>((resolve) => this.#cleanups.push(this.#deps.clock.after(deadlineMs, resolve)));
    if (!this.#ended) await Promise.race([bye(), deadline]);
    this.close();
  }

  close(): void {
    this.#ended = true;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    this.#keys?.close();
    this.#incoming?.close();
    this.#send?.close();
    this.#recv?.close();
    this.#signalling?.close();
    this.events.clear();
  }

  #device(): types.Device {
    if (!this.#deviceOrNull) throw new RoomError('call/not-in-call', 'There is no call');
    return this.#deviceOrNull;
  }
  #deviceOrNull: types.Device | null = null;

  async #enter(replaces: ResumeToken | null): Promise<void> {
    const signalling = new SignallingClient(
      this.#deps,
      signallingUrl(this.#link.origin, this.#link.meeting, this.peer),
    );
    this.#signalling = signalling;
    signalling.events.on('closed', () => this.#end({ code: 'call/server-unreachable', retry: true }));
    signalling.events.on('closing', ({ reason, retry }) => this.#end({ code: `call/closed-${reason}`, retry }));
    const hello = this.#awaitHello(signalling);
    const [device, keys, greeting] = await Promise.all([
      this.#deps.engine.createDevice(),
      this.#createKeys(signalling),
      hello,
    ]);
    if (this.ended) return keys.close();
    this.#keys = keys;
    this.#listenKeys(signalling, keys);
    await device.load({ routerRtpCapabilities: withoutLeaks(greeting.routerRtpCapabilities) });
    this.#deviceOrNull = device;
    await this.#join(signalling, keys, device, replaces);
  }

  async #join(
    signalling: SignallingClient,
    keys: KeysPort,
    device: types.Device,
    replaces: ResumeToken | null,
  ): Promise<void> {
    const answer = await signalling.request('join', {
      protocol: PROTOCOL_VERSION,
      keyPackage: keys.keyPackage,
      proof: keys.proof,
      rtpCapabilities: device.recvRtpCapabilities,
      replaces,
    });
    if (this.#ended) return;
    this.#createTransports(signalling, device, answer);
    if (answer.role === 'founder') keys.handleFound();
    else this.#cleanups.push(this.#deps.clock.after(WELCOME_TIMEOUT_MS, () => this.#checkWelcome()));
    this.events.emit('entered', { peer: this.peer, token: answer.token });
    this.#incoming?.sync();
  }

  #createTransports(
    signalling: SignallingClient,
    device: types.Device,
    answer: { sendTransport: object; recvTransport: object; iceServers: object[]; producers: never[] | object[] },
  ): void {
    const options = (transport: object): types.TransportOptions =>
      ({ ...transport, iceServers: answer.iceServers }) as unknown as types.TransportOptions;
    this.#send = device.createSendTransport(options(answer.sendTransport));
    this.#recv = device.createRecvTransport(options(answer.recvTransport));
    for (const transport of [this.#send, this.#recv]) {
      this.#wire(signalling, transport);
      this.#deps.engine.connectEarly(transport);
    }
    this.#send.on('produce', ({ kind, rtpParameters, appData }, resolve, reject) => {
      const { source, paused } = appData as unknown as { source: MediaSourceName; paused: boolean };
      const parameters = rtpParameters as unknown as Record<string, unknown>;
      signalling
        .request('produce', { source, kind, rtpParameters: parameters, paused })
        .then(({ producer }) => resolve({ id: producer }))
        .catch(reject);
    });
    this.#incoming = new IncomingStreams(
      {
        engine: this.#deps.engine,
        signalling,
        transport: this.#recv,
        rtpCapabilities: device.recvRtpCapabilities,
        self: this.peer,
        clock: this.#deps.clock,
        log: this.#deps.log,
      },
      answer.producers as never[],
    );
    this.#incoming.setMembers(this.#members);
    this.#incoming.events.on('changed', () => this.events.emit('streams'));
    this.#incoming.events.on('layers', (consumer, layers) => this.events.emit('layers', consumer, layers));
    signalling.events.on('demand', ({ producer, layers }) => {
      const entry = [...this.#producers].find(([, each]) => each.id === producer);
      if (entry) this.events.emit('demand', entry[0], layers);
    });
  }

  #wire(signalling: SignallingClient, transport: types.Transport): void {
    transport.on('connect', ({ dtlsParameters }, resolve, reject) => {
      signalling
        .request('connectTransport', {
          transport: transport.id,
          dtlsParameters: dtlsParameters,
        })
        .then(() => resolve())
        .catch(reject);
    });
    let cancel = (): void => undefined;
    this.#cleanups.push(() => cancel());
    transport.on('connectionstatechange', (state) => {
      cancel();
      this.#deps.log.debug('transport', { direction: transport.direction, state });
      if (state !== 'disconnected' && state !== 'failed') return;
      cancel = this.#deps.clock.after(state === 'failed' ? 0 : ICE_GRACE_MS, () => {
        cancel = this.#deps.clock.after(ICE_GRACE_MS, () => this.#end({ code: 'call/media-lost', retry: true }));
        this.#restartIce(signalling, transport);
      });
    });
  }

  #restartIce(signalling: SignallingClient, transport: types.Transport): void {
    signalling
      .request('restartIce', { transport: transport.id })
      .then(({ iceParameters }) =>
        transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters }),
      )
      .catch((error: unknown) => this.#deps.log.warn('ICE could not be restarted', errorFields(error)));
  }

  #createKeys(signalling: SignallingClient): Promise<KeysPort> {
    return this.#deps.createKeys({
      meeting: this.#link.meeting,
      peer: this.peer,
      secret: this.#link.secret,
      anchor: this.#link.anchor,
      delivery: {
        commit: (request) => signalling.request('mlsCommit', request),
        message: async (request) => void (await signalling.request('mlsMessage', request)),
        refuse: async (request) => void (await signalling.request('refuse', request)),
      },
    });
  }

  #listenKeys(signalling: SignallingClient, keys: KeysPort): void {
    const { events } = signalling;
    events.on('mlsFound', () => keys.handleFound());
    events.on('mlsJoinRequest', (request) => keys.handleJoinRequest(request));
    events.on('mlsCommit', (commit) => keys.handleCommit(commit));
    events.on('mlsWelcome', (welcome) => keys.handleWelcome(welcome));
    events.on('mlsMessage', (message) => keys.handleMessage(message));
    events.on('peerLeft', ({ peer }) => keys.handlePeerLeft(peer));
    events.on('refused', ({ reason }) => keys.handleRefused(reason));
    keys.events.on('refused', (reason) => this.#end({ code: `call/refused-${reason}`, retry: false }));
    keys.events.on('lost', (code) => this.#end({ code, retry: true }));
    keys.events.on('message', (peer, data) => this.events.emit('message', peer, data));
    keys.events.on('epoch', (change) => {
      this.#members = change.roster.map(({ peer }) => peer);
      this.events.emit('epoch', change);
      this.#incoming?.setMembers(this.#members);
    });
  }

  #checkWelcome(): void {
    if (this.#members.length === 0) this.#end({ code: 'call/nobody-answered', retry: true });
  }

  #awaitHello(signalling: SignallingClient): Promise<NotificationOf<'hello'>> {
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.clock.after(HELLO_TIMEOUT_MS, () =>
        reject(new RoomError('call/server-unreachable', 'The meeting server does not greet')),
      );
      this.#cleanups.push(cancel);
      signalling.events.on('hello', (hello) => {
        cancel();
        if (hello.protocol === PROTOCOL_VERSION) resolve(hello);
        else
          reject(
            new RoomError(
              'call/refused-protocol-version',
              'This software and the meeting server are of different versions',
            ),
          );
      });
      signalling.opened().catch(reject);
    });
  }

  #notify(request: Promise<unknown> | undefined): void {
    request?.catch((error: unknown) => this.#deps.log.debug('request failed', errorFields(error)));
  }

  #end(end: LoginEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.events.emit('ended', end);
    this.close();
  }
}

/** Extensions that media needs. Others travel in the clear and tell of the content: how loud somebody speaks, how frames depend. */
const EXTENSIONS = new Set([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
]);

function withoutLeaks(capabilities: types.RtpCapabilities): types.RtpCapabilities {
  return {
    ...capabilities,
    headerExtensions: capabilities.headerExtensions?.filter(({ uri }) => EXTENSIONS.has(uri)) ?? [],
  };
}

/** Refusals that another attempt does not change; everything else may pass. */
const FINAL_CODES = new Set([
  'call/refused-protocol-version',
  'call/refused-meeting-unknown',
  'call/refused-not-allowed',
  'call/refused-malformed',
  'call/codec-missing',
]);

function endOf(error: unknown): LoginEnd {
  const code = codeOf(error);
  return { code: code === 'unknown' ? 'call/failed' : code, retry: !FINAL_CODES.has(code) };
}
