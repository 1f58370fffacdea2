import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import type { types } from 'mediasoup-client';
import { connectEarly } from '../../../../src/call/transport/native-handler.ts';
import { consume, connected, openLeg, openRig, produce, until } from './rig.ts';
import type { Leg, Rig } from './rig.ts';
import { PacketSource, payloadOf, rtcpTypes } from './packets.ts';

/** The figures of one stream or transport, whose types the DOM leaves open. */
async function firstStats(of: { getStats(): Promise<RTCStatsReport> }): Promise<Record<string, unknown>> {
  return ([...(await of.getStats()).values()] as Record<string, unknown>[])[0] ?? {};
}

describe('native transport through a real worker', () => {
  let rig: Rig;
  let up: Leg;
  let down: Leg;

  before(async () => {
    rig = await openRig();
  });
  beforeEach(async () => {
    up = await openLeg(rig.router, 'send');
    down = await openLeg(rig.router, 'recv');
  });
  afterEach(() => {
    up.close();
    down.close();
  });
  after(() => rig.close());

  for (const kind of ['audio', 'video'] as const) {
    it(`${kind}: opaque payloads arrive unchanged`, async () => {
      const sender = await produce(up, kind);
      const receiver = await consume(down, sender.server.id);
      await Promise.all([connected(up.client), connected(down.client)]);
      const source = new PacketSource(sender.port);
      await until(() => source.send() && receiver.packets.length > 0, 'first packet');
      for (let i = 0; i < 20; i++) source.send(100 + i * 50);
      const sent = [...source.sent.values()].slice(-20).map((packet) => payloadOf(packet).toString('hex'));
      await until(
        () => sent.every((payload) => receiver.packets.some((packet) => payloadOf(packet).toString('hex') === payload)),
        'all packets',
      );
      assert.equal(receiver.packets[0]?.readUInt32BE(8), receiver.port.ssrc);
    });
  }

  it('a lossy downlink: mediasoup retransmits what is asked for, on the RTX stream', async () => {
    const sender = await produce(up, 'video');
    const receiver = await consume(down, sender.server.id);
    const source = new PacketSource(sender.port);
    await until(() => source.send() && receiver.packets.length > 0, 'first packet');
    const first = receiver.packets[0]?.readUInt16BE(2) ?? 0;
    const nack = Buffer.from([0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, first >> 8, first & 0xff, 0, 0]);
    nack.writeUInt32BE(receiver.port.ssrc, 8);
    assert.ok(receiver.port.sendRtcp(nack));
    await until(
      () => receiver.packets.some((packet) => packet.readUInt32BE(8) === receiver.port.rtxSsrc),
      'retransmission',
    );
    const rtx = receiver.packets.find((packet) => packet.readUInt32BE(8) === receiver.port.rtxSsrc);
    const original = receiver.packets[0];
    assert.ok(rtx && original);
    assert.equal(rtx.readUInt8(1) & 0x7f, receiver.port.rtxPayloadType);
    assert.equal(payloadOf(rtx).readUInt16BE(0), first);
    assert.ok(payloadOf(rtx).subarray(2).equals(payloadOf(original)));
  });

  it('a lossy uplink: mediasoup asks for the missing packet, and takes it on the RTX stream', async () => {
    const sender = await produce(up, 'video');
    const receiver = await consume(down, sender.server.id);
    const source = new PacketSource(sender.port);
    await until(() => source.send() && receiver.packets.length > 0, 'first packet');
    const asked: Buffer[] = [];
    sender.port.onRtcp((packet) => void (rtcpTypes(packet).includes('205/1') && asked.push(packet)));
    const lost = source.make(300);
    source.send();
    source.send();
    await until(() => asked.length > 0, 'NACK');
    const rtx = Buffer.concat([lost.subarray(0, 20), lost.subarray(2, 4), lost.subarray(20)]);
    rtx[1] = 0x80 | (sender.port.rtxPayloadType ?? 0);
    rtx.writeUInt32BE(sender.port.rtxSsrc ?? 0, 8);
    assert.ok(sender.port.send(rtx));
    await until(() => receiver.packets.some((packet) => payloadOf(packet).equals(payloadOf(lost))), 'the lost packet');
  });

  it('a viewer who comes, resumes or asks: key pictures are requested from the sender', async () => {
    const sender = await produce(up, 'video');
    await connected(up.client);
    const source = new PacketSource(sender.port);
    await until(() => source.send() && source.sent.size > 3, 'open');
    let requests = 0;
    sender.port.onRtcp((packet) => void (rtcpTypes(packet).includes('206/1') && requests++));
    const receiver = await consume(down, sender.server.id);
    await until(() => source.send() && requests > 0, 'request on joining');
    await receiver.server.pause();
    const before = requests;
    await receiver.server.resume();
    await until(() => source.send() && requests > before, 'request on resuming', 3_000);
  });

  it('uplink: the estimate is made in the server and comes back as REMB', async () => {
    const sender = await produce(up, 'video');
    await connected(up.client);
    assert.deepEqual(
      sender.client.rtpParameters.codecs[0]?.rtcpFeedback?.map((fb) => fb.type).includes('transport-cc'),
      false,
    );
    assert.equal(sender.port.extensions.transportCc, null);
    assert.notEqual(sender.port.extensions.absSendTime, null);
    const types = new Set<string>();
    sender.port.onRtcp((packet) => rtcpTypes(packet).forEach((type) => types.add(type)));
    const source = new PacketSource(sender.port);
    await until(
      () => source.send(1_000) && types.has('206/15') && types.has('201/1'),
      'REMB and receiver report',
      5_000,
    );
    assert.ok(!types.has('205/15'));
  });

  it('downlink: feedback reaches the server and its estimate grows beyond where it began', async () => {
    const initial = 600_000;
    const narrow = await openLeg(rig.router, 'recv', { initialBitrate: initial });
    try {
      await narrow.server.enableTraceEvent(['bwe', 'probation']);
      let estimate = 0;
      let probes = 0;
      narrow.server.on('trace', (trace) => {
        if (trace.type === 'probation') probes++;
        else estimate = (trace.info as { availableBitrate?: number }).availableBitrate ?? 0;
      });
      const sender = await produce(up, 'video');
      await consume(narrow, sender.server.id);
      await Promise.all([connected(up.client), connected(narrow.client)]);
      const source = new PacketSource(sender.port);
      // 100 packets of 1,100 bytes every 250 ms: 3.5 Mbit/s, far above the first estimate.
      const timer = setInterval(() => Array.from({ length: 4 }, () => source.send(1_100)), 10);
      try {
        await until(
          async () =>
            (await narrow.server.getStats())[0]?.availableOutgoingBitrate !== undefined && estimate > initial * 2,
          'growth',
          10_000,
        );
      } finally {
        clearInterval(timer);
      }
      assert.ok(probes > 0);
      assert.ok(((await narrow.server.getStats())[0]?.availableOutgoingBitrate ?? 0) > initial);
    } finally {
      narrow.close();
    }
  });

  it('ten viewers come and go in any order while the others receive without a gap', async () => {
    const sender = await produce(up, 'video');
    await connected(up.client);
    const source = new PacketSource(sender.port);
    const timer = setInterval(() => source.send(), 4);
    try {
      const steady = await consume(down, sender.server.id);
      await until(() => steady.packets.length > 0, 'media');
      let passing: Awaited<ReturnType<typeof consume>>[] = [];
      for (let round = 0; round < 3; round++) {
        passing = [
          ...passing,
          ...(await Promise.all(Array.from({ length: 10 }, () => consume(down, sender.server.id)))),
        ];
        await until(() => passing.every((receiver) => receiver.packets.length > 5), 'media for all');
        while (passing.length > 2) {
          const [gone] = passing.splice((round * 7 + passing.length * 3) % passing.length, 1);
          gone?.client.close();
          gone?.server.close();
        }
      }
      await until(() => steady.packets.length > 50, 'media for the one who stayed');
      const sequences = steady.packets
        .filter((packet) => packet.readUInt32BE(8) === steady.port.ssrc)
        .map((packet) => packet.readUInt16BE(2));
      assert.ok(sequences.length > 40);
      sequences.slice(1).forEach((sequence, i) => assert.equal(sequence, ((sequences[i] ?? 0) + 1) & 0xffff));
    } finally {
      clearInterval(timer);
    }
  });

  it('a full meeting: 25 videos and 25 sounds on one transport', async () => {
    const senders = [];
    for (let i = 0; i < 25; i++) senders.push(await produce(up, 'video'), await produce(up, 'audio'));
    const receivers = await Promise.all(senders.map((sender) => consume(down, sender.server.id)));
    const sources = senders.map((sender) => new PacketSource(sender.port));
    await until(
      () => sources.every((source) => source.send(50)) && receivers.every((receiver) => receiver.packets.length > 0),
      'all streams',
      5_000,
    );
    receivers.forEach((receiver) =>
      assert.ok(
        receiver.packets.every((packet) =>
          [receiver.port.ssrc, receiver.port.rtxSsrc].includes(packet.readUInt32BE(8)),
        ),
      ),
    );
  });

  it('pause, resume and close of a sender', async () => {
    const sender = await produce(up, 'video');
    await connected(up.client);
    const source = new PacketSource(sender.port);
    await until(() => source.send(), 'open');
    let closed = 0;
    sender.port.onClose(() => closed++);
    const handler = up.client.handler;
    await handler.pauseSending(sender.client.localId ?? '');
    assert.equal(source.send(), false);
    await handler.resumeSending(sender.client.localId ?? '');
    assert.equal(source.send(), true);
    sender.client.close();
    await until(() => !sender.port.open, 'closed');
    assert.equal(source.send(), false);
    assert.equal(closed, 1);
  });

  it('figures: packets and bytes of the transport and of each stream', async () => {
    const sender = await produce(up, 'audio');
    const receiver = await consume(down, sender.server.id);
    const source = new PacketSource(sender.port);
    await until(() => source.send() && receiver.packets.length > 5, 'media');
    const transport = await firstStats(up.client);
    assert.equal(
      transport['packetsSent'],
      source.sent.size === 0 ? 0 : (await firstStats(sender.client))['packetsSent'],
    );
    assert.equal(transport['state'], 'connected');
    const inbound = await firstStats(receiver.client);
    assert.equal(inbound['packetsReceived'], receiver.packets.length);
    assert.equal(
      inbound['bytesReceived'],
      receiver.packets.reduce((sum, packet) => sum + packet.length, 0),
    );
  });

  it('UDP blocked: media goes over TCP', async () => {
    const tcpUp = await openLeg(rig.router, 'send', { protocol: 'tcp' });
    const tcpDown = await openLeg(rig.router, 'recv', { protocol: 'tcp' });
    try {
      const sender = await produce(tcpUp, 'video');
      const receiver = await consume(tcpDown, sender.server.id);
      const source = new PacketSource(sender.port);
      await until(() => source.send(1_000) || receiver.packets.length > 0, 'connection');
      await until(() => source.send(1_000) && receiver.packets.length > 3, 'media');
      assert.equal((await tcpUp.server.getStats())[0]?.iceSelectedTuple?.protocol, 'tcp');
    } finally {
      tcpUp.close();
      tcpDown.close();
    }
  });

  it('UDP swallowed on the way: TCP takes over after a second, on every interface', async () => {
    const hole = createSocket('udp4');
    await new Promise<void>((resolve) => hole.bind(0, '127.0.0.1', resolve));
    const swallow = (candidates: types.IceCandidate[]): types.IceCandidate[] => [
      ...candidates,
      {
        foundation: 'udpcandidate',
        priority: 2_000_000_000,
        ip: '127.0.0.1',
        address: '127.0.0.1',
        protocol: 'udp',
        port: hole.address().port,
        type: 'host',
      },
    ];
    const leg = await openLeg(rig.router, 'send', { protocol: 'tcp', mapCandidates: swallow, bindAddress: null });
    try {
      const sender = await produce(leg, 'video');
      const source = new PacketSource(sender.port);
      await until(() => source.send(), 'connection', 6_000);
      await until(async () => source.send() && ((await sender.server.getStats())[0]?.packetCount ?? 0) > 5, 'media');
      const transport = await firstStats(leg.client);
      assert.equal(transport['protocol'], 'tcp');
    } finally {
      leg.close();
      hole.close();
    }
  });

  it('ICE restarted by the server: media goes on; a second restart is refused', async () => {
    const sender = await produce(up, 'video');
    const receiver = await consume(down, sender.server.id);
    const source = new PacketSource(sender.port);
    await until(() => source.send() && receiver.packets.length > 0, 'media');
    await up.client.restartIce({ iceParameters: await up.server.restartIce() });
    const before = receiver.packets.length;
    await until(() => source.send() && receiver.packets.length > before + 5, 'media afterwards');
    const again = await up.server.restartIce();
    await assert.rejects(up.client.restartIce({ iceParameters: again }), /call\/ice-restart-unsupported/);
  });

  it('ICE restarted before the transport is used: the new parameters are used', async () => {
    await up.client.restartIce({ iceParameters: await up.server.restartIce() });
    await up.client.restartIce({ iceParameters: await up.server.restartIce() });
    await produce(up, 'audio');
    await connected(up.client);
  });

  it('connected early: no stream is needed, and the first one does not wait', async () => {
    await connectEarly(up.client);
    await connected(up.client);
    const sender = await produce(up, 'audio');
    assert.ok(new PacketSource(sender.port).send());
  });

  it('the server refuses to connect: the stream fails, and may be tried again', async () => {
    up.client.removeAllListeners('connect');
    let refuse = true;
    up.client.on('connect', ({ dtlsParameters }, done, failed) => {
      if (refuse) failed(new Error('refused'));
      else void up.server.connect({ dtlsParameters: dtlsParameters }).then(done, failed);
    });
    await assert.rejects(produce(up, 'audio'), /refused/);
    refuse = false;
    await produce(up, 'audio');
    await connected(up.client);
  });

  it('closed while the server has not answered: the stream fails', async () => {
    up.client.removeAllListeners('connect');
    up.client.on('connect', () => undefined);
    const failed = assert.rejects(connectEarly(up.client), /call\/transport-closed/);
    const stream = assert.rejects(produce(up, 'audio'));
    await new Promise((resolve) => setImmediate(resolve));
    up.client.close();
    await Promise.all([failed, stream]);
  });

  it('the server closes the transport: the client is told, sending is refused, nothing throws', async () => {
    const sender = await produce(up, 'video');
    await connected(up.client);
    const states: string[] = [];
    up.client.on('connectionstatechange', (state) => states.push(state));
    up.server.close();
    const source = new PacketSource(sender.port);
    await until(() => states.includes('closed'), 'closed');
    assert.equal(source.send(), false);
  });

  it('ten joins and leaves, in the middle of media: no descriptor stays open', async () => {
    const cycle = async (): Promise<void> => {
      const legs = [await openLeg(rig.router, 'send'), await openLeg(rig.router, 'recv')] as const;
      const sender = await produce(legs[0], 'video');
      const receiver = await consume(legs[1], sender.server.id);
      const source = new PacketSource(sender.port);
      await until(() => source.send(1_000) && receiver.packets.length > 3, 'media');
      for (let i = 0; i < 50; i++) source.send(1_000);
      for (const leg of legs) leg.close();
      for (const leg of legs) leg.client.close();
    };
    await cycle();
    const settled = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return readdirSync('/proc/self/fd').length;
    };
    const before = await settled();
    for (let i = 0; i < 10; i++) await cycle();
    assert.equal(await settled(), before);
  });

  it('the worker had nothing to complain of', () => assert.deepEqual(rig.complaints, []));
});
