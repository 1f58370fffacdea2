import assert from 'node:assert/strict';
import type { types } from 'mediasoup-client';
import { IncomingStreams } from '../../../src/call/incoming-streams.ts';
import type { IncomingStreamsDeps } from '../../../src/call/incoming-streams.ts';
import type { ProducerInfo } from '../../../src/call/signalling/messages.ts';
import type { SignallingEvents } from '../../../src/call/signalling/signalling-client.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { RoomError } from '../../../src/lib/errors.ts';
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
  readonly demanded: number[] = [];
  readonly clock = new ManualClock();
  /** Requests that the server refuses. */
  readonly refused = new Set<string>();
  /** The server leaves every stream out of its answers. */
  withheld = false;
  requests = 0;
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
      clock: this.clock,
      log: silentLogger,
    };
    return new IncomingStreams(deps as unknown as IncomingStreamsDeps, producers);
  }

  async #answer(
    name: string,
    data: { producers: string[]; consumers: string[]; demands: unknown[] },
  ): Promise<unknown> {
    this.requests++;
    if (this.refused.has(name)) throw new RoomError('call/refused-too-many', 'too many requests');
    if (name === 'setDemand') this.demanded.push(data.demands.length);
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

  for (const name of ['consume', 'setDemand', 'resumeConsumers'])
    it(`refused-once: what the server refuses at ${name} is asked for again, and flows then`, async () => {
      const streams = around.streams();
      around.refused.add(name);
      await streams.setDemand([{ consumer: 'c-p', layers: { spatial: 0, temporal: 2 }, priority: 1 }]);
      streams.setMembers(['peer-p']);
      around.announce('p');
      await settle();
      assert.deepEqual(around.resumed, []);
      around.refused.clear();
      around.clock.advance(500);
      await settle();
      assert.deepEqual(around.resumed, ['c-p']);
      streams.sync();
      await settle();
      assert.deepEqual(around.resumed, ['c-p'], 'once');
    });

  it('refused-for-ever: asks less and less often, then only when something changes', async () => {
    const streams = around.streams();
    around.refused.add('resumeConsumers');
    streams.setMembers(['peer-p', 'peer-q']);
    around.announce('p');
    await settle();
    for (let second = 0; second < 600; second++) {
      around.clock.advance(1_000);
      await settle();
    }
    assert.ok(around.requests < 12, `${around.requests} requests in ten minutes`);
    assert.equal(around.clock.pending, 0);
    around.refused.clear();
    around.announce('q');
    await settle();
    assert.deepEqual(around.resumed.toSorted(), ['c-p', 'c-q']);
    streams.close();
  });

  it('withheld-then-announced-anew: what the server left out is not asked for until it is announced again', async () => {
    const streams = around.streams();
    around.withheld = true;
    around.announce('p');
    await settle();
    around.withheld = false;
    streams.sync();
    await settle();
    assert.equal(around.requests, 1);
    around.events.emit('producerClosed', { producer: 'p' });
    around.announce('p');
    await settle();
    assert.deepEqual(
      streams.list.map(({ producer }) => producer),
      ['p'],
    );
  });

  it('tells the server of every window in requests of the size it takes', async () => {
    const streams = around.streams();
    const producers = Array.from({ length: 300 }, (_, n) => `p${n}`);
    for (const producer of producers) around.announce(producer);
    await settle();
    const demands = producers.map((producer) => ({ consumer: `c-${producer}`, layers: null, priority: 1 }));
    await streams.setDemand(demands);
    assert.deepEqual(around.demanded, [256, 44]);
    streams.setMembers(producers.map((producer) => `peer-${producer}`));
    await settle();
    assert.equal(around.resumed.length, 300);
    assert.ok(around.demanded.every((count) => count <= 256));
  });
});
