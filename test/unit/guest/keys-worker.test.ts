import assert from 'node:assert/strict';
import type { EpochChange, KeysDelivery, KeysEvents, KeysPort, KeysRequest } from '../../../src/call/keys/keys-port.ts';
import type { DataMessage } from '../../../src/crypto/data-message.ts';
import { RoomError } from '../../../src/lib/errors.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import { createWorkerKeysFactory } from '../../../server/guest/keys/keys-client.ts';
import { KeysHost } from '../../../server/guest/keys/keys-host.ts';
import type { FromKeysWorker, ToKeysWorker } from '../../../server/guest/keys/keys-messages.ts';

const fail = (error: unknown): never => {
  throw error;
};
const secret = new Uint8Array(32).fill(9);
const change: EpochChange = {
  keys: { epoch: 3, baseKey: new Uint8Array(32).fill(7), selfLeaf: 1, leaves: { a: 0, b: 1 } },
  code: '1',
  roster: [],
  added: ['b'],
  removed: [],
};

/** Keys that record what they are told and say what the test wants. */
class RecordingKeys implements KeysPort {
  readonly events = new TypedEmitter<KeysEvents>(fail);
  readonly keyPackage = 'package';
  readonly proof = 'proof';
  readonly heard: unknown[] = [];
  readonly sent: DataMessage[] = [];
  handleFound = (): void => void this.heard.push(['found']);
  handleJoinRequest = (request: unknown): void => void this.heard.push(['join', request]);
  handleCommit = (commit: unknown): void => void this.heard.push(['commit', commit]);
  handleWelcome = (welcome: unknown): void => void this.heard.push(['welcome', welcome]);
  handleMessage = (message: unknown): void => void this.heard.push(['message', message]);
  handlePeerLeft = (peer: string): void => void this.heard.push(['left', peer]);
  handleRefused = (reason: string): void => void this.heard.push(['refused', reason]);
  close = (): void => undefined;
  async send(data: DataMessage): Promise<void> {
    if (data.type === 'bye') throw new RoomError('crypto/no-group', 'no group');
    this.sent.push(data);
  }
}

/** The two ends joined by structured clones, as a worker joins them, without a thread. */
async function setUp(delivery: Partial<KeysDelivery> = {}): Promise<{
  keys: KeysPort;
  inner: RecordingKeys;
  request: KeysRequest;
  toPage: FromKeysWorker[];
  frames: unknown[];
  ended: () => boolean;
  close: () => void;
}> {
  const inner = new RecordingKeys();
  const toPage: FromKeysWorker[] = [];
  const frames: unknown[] = [];
  const ports: MessagePort[] = [];
  const requests: KeysRequest[] = [];
  let terminated = false;
  const worker = {
    onmessage: null as ((event: MessageEvent<FromKeysWorker>) => void) | null,
    onerror: null,
    postMessage: (message: unknown, transfer: Transferable[] = []) => {
      const copy = structuredClone(message, { transfer }) as ToKeysWorker;
      queueMicrotask(() => host.handle(copy));
    },
    terminate: () => void (terminated = true),
  };
  const host = new KeysHost(
    async (asked) => {
      requests.push(asked);
      return inner;
    },
    (message) => {
      toPage.push(message);
      const copy = structuredClone(message);
      queueMicrotask(() => worker.onmessage?.({ data: copy } as MessageEvent<FromKeysWorker>));
    },
  );
  const createKeys = createWorkerKeysFactory({
    startWorker: () => worker,
    attachFrames: (port) => {
      ports.push(port);
      port.onmessage = ({ data }) => void frames.push(data);
    },
    onListenerError: fail,
  });
  const none = (): Promise<never> => Promise.reject(new RoomError('call/refused-not-allowed', 'no'));
  const keys = await createKeys({
    meeting: 'm',
    peer: 'b',
    secret,
    anchor: null,
    delivery: { commit: none, message: none, refuse: none, ...delivery },
  });
  const [request] = requests;
  assert.ok(request);
  return {
    keys,
    inner,
    request,
    toPage,
    frames,
    ended: () => terminated,
    close: () => ports.forEach((port) => port.close()),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe('keys in a worker', () => {
  it('are asked and told in order, as if they were here', async () => {
    const { keys, inner, request, close } = await setUp();
    assert.deepEqual([keys.keyPackage, keys.proof, request.meeting, request.peer], ['package', 'proof', 'm', 'b']);
    assert.deepEqual(request.secret, secret);
    keys.handleFound();
    keys.handleJoinRequest({ peer: 'c', keyPackage: 'k', proof: 'p' });
    keys.handleCommit({ epoch: 1, commit: 'c' });
    keys.handlePeerLeft('c');
    await settled();
    assert.deepEqual(inner.heard, [
      ['found'],
      ['join', { peer: 'c', keyPackage: 'k', proof: 'p' }],
      ['commit', { epoch: 1, commit: 'c' }],
      ['left', 'c'],
    ]);
    close();
  });

  it('hand frame keys to the frame worker and never to the page', async () => {
    const { keys, inner, toPage, frames, close } = await setUp();
    const heard: EpochChange[] = [];
    keys.events.on('epoch', (each) => void heard.push(each));
    inner.events.emit('epoch', change);
    await settled();
    assert.deepEqual(frames, [change.keys]);
    assert.equal(heard[0]?.keys.baseKey.length, 0);
    assert.deepEqual(heard[0].keys.leaves, change.keys.leaves);
    const told = JSON.stringify(toPage, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value));
    assert.ok(!told.includes('7,7,7,7'));
    close();
  });

  it('pass on events, messages, and the server’s answers and refusals', async () => {
    const { keys, inner, request, close } = await setUp({
      commit: async ({ epoch }) => ({ accepted: false, epoch: epoch + 5 }),
    });
    const heard: unknown[] = [];
    keys.events.on('lost', (code) => void heard.push(code));
    keys.events.on('refused', (reason) => void heard.push(reason));
    keys.events.on('message', (peer, data) => void heard.push([peer, data.type]));
    inner.events.emit('message', 'a', { type: 'bye' });
    inner.events.emit('refused', 'link-secret');
    inner.events.emit('lost', 'call/keys-lost');
    await settled();
    assert.deepEqual(heard, [['a', 'bye'], 'link-secret', 'call/keys-lost']);
    const answer = await request.delivery.commit({ epoch: 1, commit: '', welcome: null, added: [], removed: [] });
    assert.deepEqual(answer, { accepted: false, epoch: 6 });
    await assert.rejects(request.delivery.message({ message: '' }), { code: 'call/refused-not-allowed' });
    close();
  });

  it('tell whether a message was sent, and end with the login', async () => {
    const { keys, ended, close } = await setUp();
    await keys.send({
      type: 'profile',
      name: 'n',
      kind: 'guest',
      media: { microphone: 'on', camera: 'on', sharing: false, hand: false },
    });
    await assert.rejects(keys.send({ type: 'bye' }), { code: 'crypto/no-group' });
    const waiting = keys.send({ type: 'bye' });
    keys.close();
    await assert.rejects(waiting, { code: 'call/not-in-call' });
    await assert.rejects(keys.send({ type: 'bye' }), { code: 'call/not-in-call' });
    assert.ok(ended());
    close();
  });
});
