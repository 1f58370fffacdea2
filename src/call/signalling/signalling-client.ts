import Peer from 'protoo-client/lib/Peer.js';
import type { ProtooNotification, ProtooRequest } from 'protoo-client/lib/Peer.js';
import * as v from 'valibot';
import type { Clock } from '../../lib/clock.ts';
import { ProtocolError, RoomError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import { notifications, requests, SIGNALLING_PATH, signallingErrors } from './messages.ts';
import type { NotificationName, NotificationOf, RequestName, RequestOf, ResponseOf } from './messages.ts';
import { SocketTransport } from './socket-transport.ts';
import type { Socket } from './socket-transport.ts';

type NotificationEvents = { [N in NotificationName]: [data: NotificationOf<N>] };
export type SignallingEvents = NotificationEvents & {
  /** The connection is gone, whoever ended it; nothing follows. */
  closed: [];
};

export interface SignallingDeps {
  readonly openSocket: (url: string, subprotocol: string) => Socket;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Invalid notifications after which the server is left: it is broken or hostile, a new connection may reach another. */
const MAX_INVALID = 20;
/** A request without an answer for this long counts as a lost connection. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 8_000;

/** A typed, validated connection to the meeting server: what the server sends is taken only in the shape of messages.ts. */
export class SignallingClient {
  readonly events: TypedEmitter<SignallingEvents>;
  readonly #deps: SignallingDeps;
  readonly #peer: Peer;
  readonly #opened: Promise<void>;
  #invalid = 0;
  #closed = false;

  /** @param url of the WebSocket, from `signallingUrl`. */
  constructor(deps: SignallingDeps, url: string) {
    this.#deps = deps;
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
    this.#peer = new Peer(new SocketTransport(deps.openSocket(url, 'protoo')));
    this.#opened = new Promise((resolve, reject) => {
      const cancel = deps.clock.after(CONNECT_TIMEOUT_MS, () => this.close());
      this.#peer.on('open', () => (cancel(), resolve()));
      this.#peer.on('close', () => {
        cancel();
        reject(new RoomError('call/server-unreachable', 'The meeting server does not answer'));
        this.#handleClose();
      });
    });
    this.#opened.catch(() => undefined);
    this.#peer.on('notification', (notification: ProtooNotification) => this.#handleNotification(notification));
    this.#peer.on('request', (_request: ProtooRequest, _accept: unknown, reject: (code: number, why: string) => void) =>
      reject(signallingErrors.notAllowed, 'a client answers no requests'),
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when connected. @throws {RoomError} call/server-unreachable. */
  opened(): Promise<void> {
    return this.#opened;
  }

  /**
   * @throws {RoomError} `call/refused-<code>` when the server says no; `call/server-unreachable` when it does not answer.
   * @throws {ProtocolError} call/bad-answer when the answer has another shape.
   */
  async request<N extends RequestName>(name: N, data: RequestOf<N>): Promise<ResponseOf<N>> {
    await this.#opened;
    const answer = await this.#send(name, data);
    const parsed = v.safeParse(requests[name].response, answer);
    if (parsed.success) return parsed.output;
    throw new ProtocolError('call/bad-answer', 'The meeting server answered in a form it must not', {
      context: { request: name },
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#peer.close();
    this.#handleClose();
  }

  async #send(name: string, data: unknown): Promise<unknown> {
    let cancel = (): void => undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      cancel = this.#deps.clock.after(REQUEST_TIMEOUT_MS, () => {
        reject(unreachable(name));
        this.close();
      });
    });
    try {
      return await Promise.race([this.#peer.request(name, data), deadline]);
    } catch (error) {
      throw this.#translate(name, error);
    } finally {
      cancel();
    }
  }

  #translate(name: string, error: unknown): RoomError {
    if (error instanceof RoomError) return error;
    const code = error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null;
    if (code === null) return unreachable(name, error);
    const known = Object.entries(signallingErrors).find(([, value]) => value === code)?.[0] ?? 'other';
    return new RoomError(`call/refused-${kebab(known)}`, refusalText(known), {
      context: { request: name, status: code },
    });
  }

  #handleNotification({ method, data }: ProtooNotification): void {
    if (this.#closed) return;
    const schema = Object.hasOwn(notifications, method) ? notifications[method as NotificationName] : null;
    const parsed = schema && v.safeParse(schema, data ?? {});
    if (!parsed?.success) return this.#countInvalid();
    const emit = this.events.emit.bind(this.events) as (name: string, data: unknown) => void;
    emit(method, parsed.output);
  }

  #countInvalid(): void {
    this.#invalid += 1;
    this.#deps.log.debug('notification of unknown form dropped', { count: this.#invalid });
    if (this.#invalid < MAX_INVALID) return;
    this.#deps.log.warn('leaving the connection: the server keeps sending invalid messages', { count: this.#invalid });
    this.close();
  }

  #handleClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.events.emit('closed');
    this.events.clear();
  }
}

/** The WebSocket address for one login; the link's secret has no part in it. */
export function signallingUrl(origin: string, meeting: string, peer: string): string {
  const url = new URL(SIGNALLING_PATH, origin);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.search = new URLSearchParams({ meeting, peer }).toString();
  return url.href;
}

function unreachable(name: string, cause?: unknown): RoomError {
  return new RoomError('call/server-unreachable', 'The meeting server does not answer', {
    cause,
    context: { request: name },
  });
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function refusalText(name: string): string {
  const texts: Record<string, string> = {
    meetingUnknown: 'This meeting does not exist on the server, or it has expired',
    full: 'This meeting is full',
    tooMany: 'The server asks for fewer requests',
    protocolVersion: 'This software and the meeting server are of different versions',
  };
  return texts[name] ?? 'The meeting server refused a request';
}
