import type { EpochChange, KeysDelivery, KeysFactory, KeysPort } from '../../../src/call/keys/keys-port.ts';
import { codeOf, RoomError } from '../../../src/lib/errors.ts';
import type { DeliveryMethod, FromKeysWorker, ToKeysWorker } from './keys-messages.ts';

type FramesPort = Pick<MessagePort, 'postMessage'>;

/**
 * The worker's side: holds the meeting's keys and hands each epoch's frame keys to the frame worker, never to the page.
 * One login for the life of a worker; the page ends the worker with the login.
 */
export class KeysHost {
  readonly #createKeys: KeysFactory;
  readonly #post: (message: FromKeysWorker) => void;
  readonly #deliveries = new Map<number, { resolve(answer: never): void; reject(error: unknown): void }>();
  #keys: KeysPort | null = null;
  #next = 1;

  constructor(createKeys: KeysFactory, post: (message: FromKeysWorker) => void) {
    this.#createKeys = createKeys;
    this.#post = post;
  }

  handle(message: ToKeysWorker): void {
    switch (message.kind) {
      case 'create':
        void this.#create(message.request, message.frames);
        return;
      case 'call':
        // The page is our own code: the method is one of KeysMethod.
        (this.#keys?.[message.method] as ((argument: unknown) => void) | undefined)?.call(this.#keys, message.argument);
        return;
      case 'send':
        void this.#send(message.id, message.data);
        return;
      case 'delivered': {
        const delivery = this.#deliveries.get(message.id);
        this.#deliveries.delete(message.id);
        if (message.failed === null) delivery?.resolve(message.answer as never);
        else delivery?.reject(new RoomError(message.failed, 'The server did not take the message'));
      }
    }
  }

  async #create(
    request: Parameters<KeysFactory>[0] | Omit<Parameters<KeysFactory>[0], 'delivery'>,
    frames: FramesPort,
  ): Promise<void> {
    try {
      const keys = await this.#createKeys({ ...request, delivery: this.#delivery() });
      this.#keys = keys;
      keys.events.on('epoch', (change) => this.#handleEpoch(change, frames));
      keys.events.on('message', (...args) => this.#post({ kind: 'event', event: { name: 'message', args } }));
      keys.events.on('refused', (...args) => this.#post({ kind: 'event', event: { name: 'refused', args } }));
      keys.events.on('lost', (...args) => this.#post({ kind: 'event', event: { name: 'lost', args } }));
      this.#post({ kind: 'created', keyPackage: keys.keyPackage, proof: keys.proof });
    } catch (error) {
      this.#post({ kind: 'create-failed', code: codeOf(error) });
    }
  }

  #handleEpoch(change: EpochChange, frames: FramesPort): void {
    frames.postMessage(change.keys);
    const keys = { ...change.keys, baseKey: new Uint8Array(0) };
    this.#post({ kind: 'event', event: { name: 'epoch', args: [{ ...change, keys }] } });
  }

  async #send(id: number, data: Parameters<KeysPort['send']>[0]): Promise<void> {
    try {
      if (!this.#keys) throw new RoomError('call/not-in-call', 'There are no keys yet');
      await this.#keys.send(data);
      this.#post({ kind: 'sent', id, failed: null });
    } catch (error) {
      this.#post({ kind: 'sent', id, failed: codeOf(error) });
    }
  }

  #delivery(): KeysDelivery {
    const ask = <T>(method: DeliveryMethod, request: unknown): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        const id = this.#next++;
        this.#deliveries.set(id, { resolve, reject });
        this.#post({ kind: 'deliver', id, method, request });
      });
    return {
      commit: (request) => ask('commit', request),
      message: (request) => ask('message', request),
      refuse: (request) => ask('refuse', request),
    };
  }
}
