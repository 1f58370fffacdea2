import assert from 'node:assert/strict';
import type { types } from 'mediasoup-client';
import { IncomingStreams } from '../../../src/call/incoming-streams.ts';
import type { IncomingStreamsDeps } from '../../../src/call/incoming-streams.ts';
import type { ProducerInfo } from '../../../src/call/signalling/messages.ts';
import type { SignallingEvents } from '../../../src/call/signalling/signalling-client.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import { silentLogger } from '../../../src/lib/log.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Server, transport and engine as far as a received stream needs them; `hold` keeps streams in preparation. */
class Surroundings {
  readonly events = new TypedEmitter<SignallingEvents>((error) => {
    throw error;
  });
  /** Streams that the engine holds. */
  readonly received = new Set<string>();
  readonly open = new Set<string>();
  readonly resumed: string[] = [];
  #held: (() => void)[] | null = null;

  hold(): void {
    this.#held = [];
  }
  release(): void {
    for (const go of this.#held ?? []) go();
    this.#held = null;
  }

  announce(producer: string, peer = `peer-${producer}`): ProducerInfo {
    const info = { producer, peer, source: 'camera', kind: 'video', paused: false } as const;
    this.events.emit('producerAdded', info);
    return info;
  }

  streams(producers: readonly ProducerInfo[] = []): IncomingStreams {
    const deps = {
      engine: {
        receive: ({ consumer }: { consumer: string }) => {
          this.received.add(consumer);
          return { onRtpReceiver: () => undefined };
        },
        stopReceiving: (consumer: string) => void this.received.delete(consumer),
        started: () => undefined,
      },
      signalling: { events: this.events, request: (name: string, data: never) => this.#answer(name, data) },
      transport: { consume: ({ id }: { id: string }) => this.#consume(id) },
      rtpCapabilities: {},
      self: 'me',
      log: silentLogger,
    };
    return new IncomingStreams(deps as unknown as IncomingStreamsDeps, producers);
  }

  async #answer(name: string, data: { producers: string[]; consumers: string[] }): Promise<unknown> {
    if (name === 'resumeConsumers') this.resumed.push(...data.consumers);
    if (name !== 'consume') return {};
    return {
      consumers: data.producers.map((producer) => ({ consumer: `c-${producer}`, producer, rtpParameters: {} })),
    };
  }

  async #consume(id: string): Promise<Partial<types.Consumer>> {
    const held = this.#held;
    if (held) await new Promise<void>((resolve) => held.push(resolve));
    this.open.add(id);
    return { close: () => void this.open.delete(id), rtpParameters: {} as types.RtpParameters };
  }
}

describe('incoming streams', () => {
  let around: Surroundings;
  beforeEach(() => {
    around = new Surroundings();
  });

  for (const [end, tell] of [
    ['its producer closes', () => around.events.emit('producerClosed', { producer: 'p' })],
    ['its sender leaves', () => around.events.emit('peerLeft', { peer: 'peer-p', reason: 'left' })],
    ['the server ends the consumer', () => around.events.emit('consumerClosed', { consumer: 'c-p' })],
  ] as const)
    it(`ended-while-prepared: nothing is left of a stream when ${end}`, async () => {
      const streams = around.streams();
      around.hold();
      around.announce('p');
      await settle();
      assert.deepEqual([...around.received], ['c-p']);
      tell();
      around.release();
      await settle();
      assert.deepEqual([[...around.received], [...around.open], streams.list], [[], [], []]);
    });

  it('closed-while-preparing: nothing is left either', async () => {
    const streams = around.streams();
    around.hold();
    around.announce('p');
    await settle();
    streams.close();
    around.release();
    await settle();
    assert.deepEqual([[...around.received], [...around.open]], [[], []]);
  });
});
