import type { KeysEvents, KeysFactory, KeysPort, KeysRequest } from '../../../src/call/keys/keys-port.ts';
import type { DataMessage } from '../../../src/crypto/data-message.ts';
import { codeOf, RoomError } from '../../../src/lib/errors.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import type { DeliveryMethod, FromKeysWorker, KeysMethod, ToKeysWorker } from './keys-messages.ts';

export interface KeysWorker {
  postMessage(message: ToKeysWorker, transfer?: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromKeysWorker>) => void) | null;
  onerror: (() => void) | null;
}

export interface WorkerKeysDeps {
  startWorker(): KeysWorker;
  /** Gives the frame worker its end of a channel of keys. */
  attachFrames(port: MessagePort): void;
  onListenerError(error: unknown): void;
}

/** The meeting's keys in a worker of their own: MLS takes tens of milliseconds, in which neither page nor frames may stand still. */
export function createWorkerKeysFactory(deps: WorkerKeysDeps): KeysFactory {
  return async (request) => {
    const keys = new WorkerKeys(deps, request);
    await keys.created;
    return keys;
  };
}

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class WorkerKeys implements KeysPort {
  readonly events: TypedEmitter<KeysEvents>;
  readonly created: Promise<void>;
  keyPackage = '';
  proof = '';
  readonly #worker: KeysWorker;
  readonly #delivery: KeysRequest['delivery'];
  readonly #sending = new Map<number, Settle>();
  #settleCreated: Settle = { resolve: () => undefined, reject: () => undefined };
  #next = 1;
  #closed = false;

  constructor(deps: WorkerKeysDeps, { delivery, ...request }: KeysRequest) {
    this.events = new TypedEmitter((error) => deps.onListenerError(error));
    this.#delivery = delivery;
    this.#worker = deps.startWorker();
    this.#worker.onmessage = ({ data }) => this.#handle(data);
    this.#worker.onerror = () => this.#handleFailure();
    this.created = new Promise((resolve, reject) => (this.#settleCreated = { resolve, reject }));
    const { port1, port2 } = new MessageChannel();
    deps.attachFrames(port1);
    this.#worker.postMessage({ kind: 'create', request, frames: port2 }, [port2]);
  }

  handleFound(): void {
    this.#call('handleFound', null);
  }

  handleJoinRequest(request: Parameters<KeysPort['handleJoinRequest']>[0]): void {
    this.#call('handleJoinRequest', request);
  }

  handleCommit(commit: Parameters<KeysPort['handleCommit']>[0]): void {
    this.#call('handleCommit', commit);
  }

  handleWelcome(welcome: Parameters<KeysPort['handleWelcome']>[0]): void {
    this.#call('handleWelcome', welcome);
  }

  handleMessage(message: Parameters<KeysPort['handleMessage']>[0]): void {
    this.#call('handleMessage', message);
  }

  handlePeerLeft(peer: string): void {
    this.#call('handlePeerLeft', peer);
  }

  handleRefused(reason: Parameters<KeysPort['handleRefused']>[0]): void {
    this.#call('handleRefused', reason);
  }

  send(data: DataMessage): Promise<void> {
    if (this.#closed) return Promise.reject(new RoomError('call/not-in-call', 'There is no call to send this to'));
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#sending.set(id, { resolve, reject });
      this.#post({ kind: 'send', id, data });
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The keys go with the worker's memory.
    this.#worker.terminate();
    this.#failAll('call/not-in-call');
    this.events.clear();
  }

  #call(method: KeysMethod, argument: unknown): void {
    if (!this.#closed) this.#post({ kind: 'call', method, argument });
  }

  #post(message: ToKeysWorker): void {
    this.#worker.postMessage(message);
  }

  #handle(message: FromKeysWorker): void {
    if (this.#closed) return;
    switch (message.kind) {
      case 'created':
        this.keyPackage = message.keyPackage;
        this.proof = message.proof;
        return this.#settleCreated.resolve();
      case 'create-failed':
        return this.#settleCreated.reject(new RoomError(message.code, 'The keys of this login could not be made'));
      case 'deliver':
        void this.#deliver(message);
        return;
      case 'sent': {
        const sending = this.#sending.get(message.id);
        this.#sending.delete(message.id);
        if (message.failed === null) sending?.resolve();
        else sending?.reject(new RoomError(message.failed, 'The message was not sent'));
        return;
      }
      case 'event':
        return this.#emit(message.event);
    }
  }

  #emit(event: Extract<FromKeysWorker, { kind: 'event' }>['event']): void {
    if (event.name === 'epoch') this.events.emit('epoch', ...event.args);
    else if (event.name === 'message') this.events.emit('message', ...event.args);
    else if (event.name === 'refused') this.events.emit('refused', ...event.args);
    else this.events.emit('lost', ...event.args);
  }

  async #deliver({ id, method, request }: Extract<FromKeysWorker, { kind: 'deliver' }>): Promise<void> {
    try {
      // One of KeysDelivery's methods with its own request: both ends are ours.
      const answer = await (this.#delivery as Record<DeliveryMethod, (request: unknown) => Promise<unknown>>)[method](
        request,
      );
      if (!this.#closed) this.#post({ kind: 'delivered', id, answer, failed: null });
    } catch (error) {
      if (!this.#closed) this.#post({ kind: 'delivered', id, answer: null, failed: codeOf(error) });
    }
  }

  #handleFailure(): void {
    if (this.#closed) return;
    this.#settleCreated.reject(new RoomError('call/keys-lost', 'The keys’ worker failed'));
    this.events.emit('lost', 'call/keys-lost');
    this.#failAll('call/keys-lost');
  }

  #failAll(code: string): void {
    for (const { reject } of this.#sending.values()) reject(new RoomError(code, 'The message was not sent'));
    this.#sending.clear();
    this.#settleCreated.reject(new RoomError(code, 'The login ended'));
  }
}
