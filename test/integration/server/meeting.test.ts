import assert from 'node:assert/strict';
import { signallingErrors } from '../../../src/call/signalling/messages.ts';
import type { ServerUnderTest } from '../../support/signalling-client.ts';
import {
  metric,
  newId,
  opusParameters,
  startTestServer,
  TestClient,
  vp9Parameters,
} from '../../support/signalling-client.ts';

const codeOf = (error: unknown): number => (error as { code: number }).code;

describe('a meeting on a real server', () => {
  let server: ServerUnderTest;
  let clients: TestClient[] = [];
  const connect = (meeting: string, peer?: string): TestClient => {
    const client = new TestClient(server, meeting, peer);
    clients.push(client);
    return client;
  };
  /** A founder and one more member of its group. */
  const pair = async (): Promise<{ meeting: string; alice: TestClient; bob: TestClient }> => {
    const meeting = await server.createMeeting();
    const [alice, bob] = [connect(meeting), connect(meeting)];
    await alice.join();
    await bob.join();
    await alice.request('mlsCommit', { epoch: 0, commit: 'Y28', welcome: 'd2U', added: [bob.peer], removed: [] });
    await bob.next('mlsWelcome');
    return { meeting, alice, bob };
  };

  before(async () => {
    server = await startTestServer({ graceMs: 150, demandHoldMs: 120, maxPeersPerMeeting: 3 });
  });
  after(() => server.close());
  afterEach(() => {
    for (const client of clients) client.close();
    clients = [];
  });

  it('greets, makes the first the founder and has the second added by it', async () => {
    const meeting = await server.createMeeting();
    const alice = connect(meeting);
    const first = await alice.join();
    assert.equal(alice.heard[0]?.name, 'hello');
    assert.equal(first.role, 'founder');
    assert.equal(first.token.length, 43);
    const protocols = first.sendTransport.iceCandidates.map((candidate) => candidate['protocol']);
    assert.deepEqual([...new Set(protocols)].sort(), ['tcp', 'udp']);
    const bob = connect(meeting);
    const second = await bob.join();
    assert.equal(second.role, 'joiner');
    assert.deepEqual(second.peers, [alice.peer]);
    assert.equal((await alice.next('mlsJoinRequest')).peer, bob.peer);
    const commit = { epoch: 0, commit: 'Y28', welcome: 'd2U', added: [bob.peer], removed: [] };
    assert.deepEqual(await alice.request('mlsCommit', commit), { accepted: true, epoch: 1 });
    assert.equal((await bob.next('mlsWelcome')).welcome, 'd2U');
    assert.deepEqual(await bob.request('mlsCommit', { ...commit, welcome: null, added: [] }), {
      accepted: false,
      epoch: 1,
    });
    await bob.request('mlsMessage', { message: 'aGk' });
    assert.equal((await alice.next('mlsMessage')).message, 'aGk');
  });

  it('refuses a meeting nobody made, a second of the same peer, and one too many', async () => {
    assert.equal(await connect(newId()).join().catch(codeOf), signallingErrors.meetingUnknown);
    const { meeting, alice } = await pair();
    assert.equal(await connect(meeting, alice.peer).join().catch(codeOf), signallingErrors.conflict);
    await connect(meeting).join();
    assert.equal(await connect(meeting).join().catch(codeOf), signallingErrors.full);
  });

  it('refuses another protocol version by name', async () => {
    const meeting = await server.createMeeting();
    const join = { protocol: 2, keyPackage: 'a', proof: 'b', rtpCapabilities: {}, replaces: null };
    assert.equal(await connect(meeting).refusal('join', join), signallingErrors.protocolVersion);
  });

  it('lets nobody do anything before joining', async () => {
    const client = connect(await server.createMeeting());
    assert.equal(await client.refusal('consume', { producers: ['x'] }), signallingErrors.notAllowed);
    assert.equal(await client.refusal('mlsMessage', { message: 'x' }), signallingErrors.notAllowed);
  });

  it('carries streams: announced, consumed, paused, closed', async () => {
    const { alice, bob } = await pair();
    const camera = await alice.produce('camera');
    const microphone = await alice.produce('microphone');
    assert.deepEqual(await bob.next('producerAdded'), {
      producer: camera,
      peer: alice.peer,
      source: 'camera',
      kind: 'video',
      paused: false,
    });
    const { consumers } = await bob.request('consume', { producers: [camera, microphone, 'gone'] });
    assert.deepEqual(
      consumers.map(({ kind, type }) => [kind, type]),
      [
        ['video', 'svc'],
        ['audio', 'simple'],
      ],
    );
    const again = await bob.request('consume', { producers: [camera] });
    assert.equal(again.consumers[0]?.consumer, consumers[0]?.consumer);
    await bob.request('resumeConsumers', { consumers: consumers.map(({ consumer }) => consumer) });
    await alice.request('pauseProducer', { producer: microphone });
    assert.deepEqual(await bob.next('producerPaused'), { producer: microphone });
    await alice.request('closeProducer', { producer: camera });
    assert.deepEqual(await bob.next('producerClosed'), { producer: camera });
    assert.deepEqual(await bob.next('consumerClosed'), { consumer: consumers[0]?.consumer });
    await alice.produce('camera');
  });

  it('takes only VP9 profile 0 and Opus, from the source they belong to, one each', async () => {
    const { alice } = await pair();
    const vp9 = vp9Parameters('camera');
    const h264 = { ...vp9, codecs: [{ mimeType: 'video/H264', payloadType: 101, clockRate: 90_000 }] };
    const profile2 = {
      ...vp9,
      codecs: [{ mimeType: 'video/VP9', payloadType: 101, clockRate: 90_000, parameters: { 'profile-id': 2 } }],
    };
    for (const rtpParameters of [h264, profile2, opusParameters('x'), {}, { ...vp9, encodings: [] }]) {
      const produce = { source: 'camera', kind: 'video', rtpParameters, paused: false };
      assert.equal(await alice.refusal('produce', produce), signallingErrors.malformed);
    }
    const wrongKind = { source: 'microphone', kind: 'video', rtpParameters: vp9, paused: false };
    assert.equal(await alice.refusal('produce', wrongKind), signallingErrors.malformed);
    await alice.produce('camera');
    const second = { source: 'camera', kind: 'video', rtpParameters: vp9Parameters('again'), paused: false };
    assert.equal(await alice.refusal('produce', second), signallingErrors.conflict);
  });

  it("keeps a peer from touching what is another's", async () => {
    const { alice, bob } = await pair();
    const camera = await alice.produce('camera');
    const { consumer } = await bob.consume(camera);
    assert.equal(await bob.refusal('closeProducer', { producer: camera }), signallingErrors.notAllowed);
    assert.equal(await alice.refusal('resumeConsumers', { consumers: [consumer] }), signallingErrors.notAllowed);
    assert.equal(await alice.refusal('consume', { producers: [camera] }), signallingErrors.notAllowed);
    const demands = [{ consumer, layers: null, priority: 1 }];
    assert.equal(await alice.refusal('setDemand', { demands }), signallingErrors.notAllowed);
    assert.equal(await alice.refusal('restartIce', { transport: 'x' }), signallingErrors.notAllowed);
    await bob.request('closeConsumers', { consumers: [consumer] });
    await bob.request('setDemand', { demands });
  });

  it('tells the sender what is wanted: up at once, down after the hold, null when nobody watches', async () => {
    const { alice, bob } = await pair();
    const camera = await alice.produce('camera');
    assert.deepEqual(await alice.next('demand'), { producer: camera, layers: null });
    const { consumer } = await bob.consume(camera);
    const want = (layers: { spatial: number; temporal: number } | null) =>
      bob.request('setDemand', { demands: [{ consumer, layers, priority: 9 }] });
    await alice.next('demand', ({ layers }) => layers?.spatial === 0 && layers.temporal === 2);
    await want({ spatial: 1, temporal: 2 });
    assert.equal(alice.count('demand'), 2, 'before it is resumed a consumer prepares the lowest layer');
    await bob.request('resumeConsumers', { consumers: [consumer] });
    await alice.next('demand', ({ layers }) => layers?.spatial === 1);
    await want({ spatial: 2, temporal: 1 });
    await alice.next('demand', ({ layers }) => layers?.spatial === 2 && layers.temporal === 2);
    await want({ spatial: 1, temporal: 0 });
    await alice.next('demand', ({ layers }) => layers?.spatial === 1 && layers.temporal === 0);
    await want(null);
    const atMs = performance.now();
    await alice.next('demand', ({ layers }) => layers === null, false);
    assert.ok(performance.now() - atMs > 60, 'held before it was taken back');
    bob.close();
  });

  it('takes the limit of a sender for its own video alone, and goes on telling it what is wanted', async () => {
    const { alice, bob } = await pair();
    const camera = await alice.produce('camera');
    const { consumer } = await bob.consume(camera);
    await bob.request('resumeConsumers', { consumers: [consumer] });
    const demands = [{ consumer, layers: { spatial: 2, temporal: 2 }, priority: 1 }];
    await bob.request('setDemand', { demands });
    await alice.next('demand', ({ layers }) => layers?.spatial === 2);
    const layers = { spatial: 0, temporal: 2 };
    assert.equal(await bob.refusal('limitLayers', { producer: camera, layers }), signallingErrors.notAllowed);
    for (const wrong of [{ spatial: 3, temporal: 0 }, 'none'])
      assert.equal(await alice.refusal('limitLayers', { producer: camera, layers: wrong }), signallingErrors.malformed);
    const told = alice.count('demand');
    await alice.request('limitLayers', { producer: camera, layers });
    await bob.request('setDemand', { demands });
    await alice.request('limitLayers', { producer: camera, layers: null });
    assert.equal(alice.count('demand'), told);
    bob.close();
  });

  it('refuses demands out of range', async () => {
    const { alice, bob } = await pair();
    const { consumer } = await bob.consume(await alice.produce('camera'));
    for (const layers of [
      { spatial: 3, temporal: 0 },
      { spatial: -1, temporal: 0 },
      { spatial: 0.5, temporal: 0 },
      7,
    ]) {
      const demands = [{ consumer, layers, priority: 1 }];
      assert.equal(await bob.refusal('setDemand', { demands }), signallingErrors.malformed);
    }
    const demands = [{ consumer, layers: null, priority: 256 }];
    assert.equal(await bob.refusal('setDemand', { demands }), signallingErrors.malformed);
  });

  it('drops an earlier login for one that proves to be the same client, and only for that', async () => {
    const { meeting, alice, bob } = await pair();
    const stranger = connect(meeting);
    const replaces = { peer: bob.peer, token: Buffer.alloc(32).toString('base64url') };
    assert.equal(await stranger.join(replaces).catch(codeOf), signallingErrors.notAllowed);
    const carol = connect(meeting);
    const { token } = await carol.join();
    const back = connect(meeting);
    const answer = await back.join({ peer: carol.peer, token });
    assert.deepEqual(await carol.next('closing'), { reason: 'replaced', retry: false });
    assert.deepEqual(await alice.next('peerLeft'), { peer: carol.peer, reason: 'replaced' });
    assert.deepEqual(answer.peers.toSorted(), [alice.peer, bob.peer].toSorted());
  });

  it('gives a lost connection its grace time, and a leaver none', async () => {
    const { alice, bob, meeting } = await pair();
    bob.cut();
    const atMs = performance.now();
    assert.deepEqual(await alice.next('peerLeft'), { peer: bob.peer, reason: 'lost' });
    assert.ok(performance.now() - atMs > 100);
    const carol = connect(meeting);
    await carol.join();
    await carol.request('leave', {});
    await alice.next('peerLeft', ({ peer, reason }) => peer === carol.peer && reason === 'left');
    await carol.closed;
  });

  it('has the longest waiting found a new group when the last member goes', async () => {
    const meeting = await server.createMeeting();
    const [alice, bob, carol] = [connect(meeting), connect(meeting), connect(meeting)];
    await alice.join();
    await bob.join();
    await carol.join();
    await alice.request('leave', {});
    await bob.next('mlsFound');
    assert.equal((await bob.next('mlsJoinRequest')).peer, carol.peer);
    assert.equal(carol.count('mlsFound'), 0);
  });

  it('counts what it does, without naming anybody', async () => {
    const { meeting, alice, bob } = await pair();
    await bob.consume(await alice.produce('camera'));
    const scrape = await server.metrics();
    assert.ok(metric(scrape, 'incamera_peers') >= 2);
    assert.ok(metric(scrape, 'incamera_producers') >= 1);
    assert.ok(metric(scrape, 'incamera_consumers') >= 1);
    assert.equal(metric(scrape, 'incamera_workers'), 1);
    assert.ok(metric(scrape, 'incamera_mls_commits_total{outcome="accepted"}') >= 1);
    for (const name of [meeting, alice.peer, bob.peer]) {
      assert.ok(!scrape.includes(name));
      assert.ok(!server.lines.join('\n').includes(name));
    }
  });
});
