import assert from 'node:assert/strict';
import { once } from 'node:events';
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { limits, requests, signallingErrors } from '../../../src/call/signalling/messages.ts';
import { eventually } from '../../support/eventually.ts';
import { opusParameters, vp9Parameters } from '../../support/signalling-client.ts';
import { metric, newId, openSocket, startTestServer, TestClient } from '../../support/signalling-client.ts';
import type { ServerUnderTest } from '../../support/signalling-client.ts';

/** 0 for an answer, the numeric code of a refusal. */
const codeOf = (answer: Promise<unknown>): Promise<number> =>
  answer.then(
    () => 0,
    (error: unknown) => (error as { code: number }).code,
  );

describe('a hostile peer at a real server', () => {
  let server: ServerUnderTest;
  let meeting: string;
  before(async () => {
    server = await startTestServer({ graceMs: 0, joinDeadlineMs: 400, maxConnectionsPerAddress: 8, heartbeatMs: 500 });
    meeting = await server.createMeeting();
  });
  after(() => server.close());

  /** The server is whole: a newcomer can still join, produce and leave. */
  const assertAlive = async (): Promise<void> => {
    const client = new TestClient(server, await server.createMeeting());
    await client.join();
    await client.produce('camera');
    await client.request('leave', {});
    await client.closed;
    assert.equal(metric(await server.metrics(), 'incamera_worker_deaths_total'), 0);
  };
  const open = async (): Promise<WebSocket> => {
    const socket = openSocket(server, meeting, newId());
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return socket;
  };
  const gone = async (socket: WebSocket): Promise<void> => {
    if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
  };

  it('sends frames that are no requests: counted, and dropped when it does not stop', async () => {
    const socket = await open();
    const frames = [
      'null',
      '[]',
      '1',
      '"x"',
      '{',
      '',
      '{"request":true}',
      '{"response":true,"id":1}',
      '{"notification":true,"method":"x"}',
    ];
    for (let i = 0; i < 60; i++) socket.send(frames[i % frames.length] ?? '');
    await gone(socket);
    assert.ok(metric(await server.metrics(), 'incamera_messages_rejected_total{reason="malformed"}') >= 30);
    await assertAlive();
  });

  it('sends bytes of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 500 })), { maxLength: 80 }),
        async (frames) => {
          const socket = await open();
          for (const frame of frames) socket.send(frame);
          socket.close();
          await gone(socket);
        },
      ),
      { numRuns: 15 },
    );
    await assertAlive();
  });

  it('sends a frame larger than any message', async () => {
    const socket = await open();
    socket.send('x'.repeat(limits.messageBytes + 1));
    await gone(socket);
    assert.ok(metric(await server.metrics(), 'incamera_messages_rejected_total{reason="oversized"}') >= 1);
    await assertAlive();
  });

  it('sends JSON nested deeper than any stack', async () => {
    const socket = await open();
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    socket.send(`{"request":true,"id":1,"method":"join","data":${deep}}`);
    socket.send(
      `{"request":true,"id":2,"method":"produce","data":{"source":"camera","kind":"video","paused":false,"rtpParameters":${deep}}}`,
    );
    socket.close();
    await gone(socket);
    await assertAlive();
  });

  it('sends requests of every name with data of any shape: each is answered with a code', async function () {
    this.timeout(20_000);
    const names = fc.constantFrom(
      ...Object.keys(requests).filter((name) => name !== 'leave'),
      '__proto__',
      'constructor',
      'x',
    );
    const data = fc.dictionary(
      fc.constantFrom('producers', 'consumers', 'demands', 'epoch', 'peer', 'added', 'transport', 'rtpParameters'),
      fc.jsonValue(),
    );
    const known = new Set<number>(Object.values(signallingErrors));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, data), { maxLength: 25 }), async (asked) => {
        const client = new TestClient(server, meeting);
        await client.join();
        for (const [name, body] of asked) {
          const answer = await codeOf(client.request(name as 'leave', body));
          assert.ok(answer === 0 || known.has(answer), `${name}: ${answer}`);
          assert.notEqual(answer, signallingErrors.internal, `${name} is the client's fault`);
        }
        client.close();
        await client.closed;
      }),
      { numRuns: 12 },
    );
    await assertAlive();
  });

  it('sends RTP parameters with any field replaced: the media worker lives', async function () {
    this.timeout(20_000);
    const junk = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.string({ maxLength: 600 }),
      fc.integer(),
      fc.constant('a'.repeat(300)),
    );
    const field = fc.constantFrom('mid', 'codecs', 'headerExtensions', 'encodings', 'rtcp');
    const inCodec = ['mimeType', 'payloadType', 'clockRate', 'channels', 'parameters', 'rtcpFeedback'];
    const inner = fc.constantFrom(...inCodec, 'ssrc', 'rtx', 'scalabilityMode', 'id', 'uri', 'cname');
    const change = fc.tuple(fc.boolean(), field, inner, junk, fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 8, maxLength: 12 }), async (changes) => {
        const client = new TestClient(server, meeting);
        await client.join();
        for (const [isVideo, name, part, value, whole] of changes) {
          const rtpParameters = isVideo ? vp9Parameters('v') : opusParameters('a');
          const target = rtpParameters[name];
          const at: unknown = Array.isArray(target) ? target[0] : target;
          if (whole) rtpParameters[name] = value;
          else if (typeof at === 'object' && at !== null) Object.assign(at, { [part]: value });
          const [source, kind] = isVideo ? (['camera', 'video'] as const) : (['microphone', 'audio'] as const);
          const produced = client.request('produce', { source, kind, rtpParameters, paused: false });
          const answer = await codeOf(produced);
          assert.ok(answer === 0 || answer === signallingErrors.malformed, `${answer}`);
          if (answer === 0) await client.request('closeProducer', await produced);
        }
        client.close();
        await client.closed;
      }),
      { numRuns: 40 },
    );
    await assertAlive();
  });

  it('sends thousands of demands a second: refused, then disconnected, and memory stays', async function () {
    this.timeout(20_000);
    const client = new TestClient(server, meeting);
    await client.join();
    const before = process.memoryUsage().rss;
    const text = JSON.stringify({
      request: true,
      id: 1,
      method: 'setDemand',
      data: { demands: [{ consumer: 'x', layers: null, priority: 1 }] },
    });
    for (let i = 0; i < 20_000 && client.socket.readyState === client.socket.OPEN; i++) {
      client.socket.send(text);
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await client.closed;
    assert.ok(client.heard.some(({ name }) => name === 'closing'));
    assert.ok(process.memoryUsage().rss - before < 150_000_000);
    await assertAlive();
  });

  it('demands what is not its own, what does not exist, and its own over and over: counted, and only the last wish counts', async function () {
    this.timeout(20_000);
    const room = await server.createMeeting();
    const [sender, viewer, hostile] = [0, 1, 2].map(() => new TestClient(server, room)) as [
      TestClient,
      TestClient,
      TestClient,
    ];
    for (const client of [sender, viewer, hostile]) await client.join();
    const camera = await sender.produce('camera');
    const { consumer } = await viewer.consume(camera);
    await viewer.request('resumeConsumers', { consumers: [consumer] });
    await viewer.request('setDemand', { demands: [{ consumer, layers: { spatial: 1, temporal: 2 }, priority: 1 }] });
    await sender.next('demand', ({ layers }) => layers?.spatial === 1);
    const rejected = async (reason: string): Promise<number> =>
      metric(await server.metrics(), `incamera_messages_rejected_total{reason="${reason}"}`) || 0;
    const before = { malformed: await rejected('malformed'), rate: await rejected('rate') };
    const told = sender.count('demand');
    const demand = (of: string, layers: unknown, priority: unknown = 1): Promise<number> =>
      hostile.refusal('setDemand', { demands: [{ consumer: of, layers, priority }] });
    assert.equal(await demand(consumer, { spatial: 2, temporal: 2 }), signallingErrors.notAllowed);
    assert.equal(await demand(consumer, null), signallingErrors.notAllowed);
    assert.equal(await demand(camera, null), signallingErrors.notAllowed);
    for (const layers of [{ spatial: 3, temporal: 0 }, { spatial: -1, temporal: 0 }, { spatial: 1e9 }, 'all'])
      assert.equal(await demand(consumer, layers), signallingErrors.malformed);
    for (const priority of [0, 256, 1.5, null])
      assert.equal(await demand(consumer, null, priority), signallingErrors.malformed);
    assert.ok((await rejected('malformed')) >= before.malformed + 8);
    assert.equal(sender.count('demand'), told, 'the sender heard of none of it');
    const own = await hostile.consume(camera);
    await hostile.request('resumeConsumers', { consumers: [own.consumer] });
    for (let i = 0; i < 3_000 && hostile.socket.readyState === hostile.socket.OPEN; i++)
      hostile.socket.send(
        JSON.stringify({
          request: true,
          id: 1_000 + i,
          method: 'setDemand',
          data: {
            demands: [{ consumer: own.consumer, layers: i % 2 ? null : { spatial: 2, temporal: 2 }, priority: 1 }],
          },
        }),
      );
    await hostile.closed;
    assert.ok((await rejected('rate')) > before.rate);
    // A layer is taken back after the hold alone, so that no flood makes the sender flutter.
    assert.ok(sender.count('demand') - told <= 6, `${sender.count('demand') - told} notices`);
    await eventually("the other viewer's wish to stand", 5_000, () => {
      const last = sender.heard.findLast(({ name }) => name === 'demand')?.data;
      return (last as { layers: { spatial: number } | null }).layers?.spatial === 1;
    });
    sender.close();
    viewer.close();
    await assertAlive();
  });

  it('does not join in time', async () => {
    const client = new TestClient(server, meeting);
    assert.equal((await client.next('closing')).reason, 'protocol');
    await client.closed;
  });

  it('opens connections without end from one address', async () => {
    const sockets = Array.from({ length: 12 }, () => openSocket(server, meeting, newId()));
    const outcomes = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) => socket.on('open', () => resolve('open')).on('error', () => resolve('refused'))),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'refused').length, 4);
    for (const socket of sockets) socket.terminate();
    while (metric(await server.metrics(), 'incamera_signalling_connections') > 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('does not answer any more, its connection standing open', async () => {
    const room = await server.createMeeting();
    const [founder, silent] = [new TestClient(server, room), new TestClient(server, room)];
    await founder.join();
    await silent.join();
    silent.socket.pause();
    assert.deepEqual(await founder.next('peerLeft'), { peer: silent.peer, reason: 'lost' });
    silent.socket.terminate();
    founder.close();
  });

  it('asks under a foreign name, from a foreign page, without the subprotocol, or for nothing', async () => {
    const status = async (headers: Record<string, string>, id = newId()): Promise<string> => {
      const socket = openSocket(server, meeting, id, headers);
      const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [Error];
      return error.message;
    };
    assert.match(await status({ host: 'evil.example' }), /421/);
    assert.match(await status({ origin: 'https://evil.example' }), /403/);
    assert.match(await status({ origin: 'null' }), /403/);
    assert.match(await status({}, 'short'), /400/);
    const own = openSocket(server, meeting, newId(), { origin: server.origin });
    await once(own, 'open');
    own.terminate();
  });
});
