import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRtcp, PacketRouter } from '../../../../src/call/transport/packet-router.ts';
import type { StreamIdentity } from '../../../../src/call/transport/stream-ports.ts';
import { NativeReceivePort, NativeSendPort } from '../../../../src/call/transport/stream-ports.ts';

function identity(ssrc: number, rtxSsrc: number | null = null): StreamIdentity {
  const extensions = { mid: 1, absSendTime: 4, transportCc: 5 };
  return {
    mid: String(ssrc),
    kind: 'video',
    ssrc,
    payloadType: 98,
    clockRate: 90_000,
    rtxSsrc,
    rtxPayloadType: 99,
    cname: 'c',
    extensions,
  };
}

function rtp(ssrc: number, extension = ''): Buffer {
  const header = Buffer.from('8062000100000000000000ff', 'hex');
  header.writeUInt32BE(ssrc, 8);
  if (extension === '') return Buffer.concat([header, Buffer.from('payload')]);
  header[0] = 0x90;
  return Buffer.concat([header, Buffer.from(extension, 'hex'), Buffer.from('payload')]);
}

function rtcp(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

describe('which stream a packet belongs to', () => {
  it('RTP by SSRC, retransmissions too; nobody else is asked', () => {
    const router = new PacketRouter<StreamIdentity>();
    const [a, b] = [identity(1, 2), identity(3)];
    assert.ok(router.add(a, a) && router.add(b, b));
    assert.deepEqual(
      [1, 2, 3, 4].map((ssrc) => router.routeRtp(rtp(ssrc))?.port ?? null),
      [a, a, b, null],
    );
    assert.deepEqual(router.dropped, { malformed: 0, unknown: 1 });
    router.remove(a);
    assert.equal(router.routeRtp(rtp(2))?.port, null);
    assert.equal(router.routeRtp(rtp(3))?.port, b);
  });

  it('an SSRC in use is refused, and what stood before stays', () => {
    const router = new PacketRouter<StreamIdentity>();
    const [a, b] = [identity(1, 2), identity(2)];
    router.add(a, a);
    assert.ok(!router.add(b, b));
    assert.equal(router.routeRtp(rtp(2))?.port, a);
  });

  it('transport-wide sequence numbers are read of unknown streams too', () => {
    const router = new PacketRouter<StreamIdentity>();
    const a = identity(1);
    assert.equal(router.routeRtp(rtp(9, 'bede0001 51123400'.replace(' ', '')))?.transportSequence, null);
    router.add(a, a);
    assert.equal(router.routeRtp(rtp(9, 'bede000151123400'))?.transportSequence, 0x1234);
    assert.equal(router.routeRtp(rtp(9, 'bede000150120000'))?.transportSequence, null);
    assert.equal(router.routeRtp(rtp(9))?.transportSequence, null);
  });

  it('RTCP reaches every stream it speaks of, once', () => {
    const router = new PacketRouter<StreamIdentity>();
    const [a, b] = [identity(1, 2), identity(3)];
    router.add(a, a);
    router.add(b, b);
    const of = (hex: string): number[] => [...router.routeRtcp(rtcp(hex))].map((port) => port.ssrc);
    assert.deepEqual(of('81ce0002 00000000 00000001'), [1]);
    assert.deepEqual(of('81cd0003 00000000 00000002 00050000'), [1]);
    assert.deepEqual(of('8fce0006 00000000 00000000 52454d42 02000010 00000001 00000003'), [1, 3]);
    assert.deepEqual(of('8fce0004 00000000 00000000 52454d42 00000010'), [1, 3]);
    assert.deepEqual(of('81cb0001 00000003'), [3]);
    assert.deepEqual(of('81ce0002 00000000 00000001 81ce0002 00000000 00000001'), [1]);
    assert.deepEqual(of('81ce0002 00000000 00000009'), []);
  });

  it('noise is counted and harms nothing', () => {
    const router = new PacketRouter<StreamIdentity>();
    const a = identity(1, 2);
    router.add(a, a);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const packet = Buffer.from(bytes);
        if (isRtcp(packet)) router.routeRtcp(packet);
        else router.routeRtp(packet);
      }),
    );
    assert.equal(router.routeRtp(Buffer.alloc(5)), null);
    assert.ok(router.dropped.malformed > 0);
  });
});

describe('ports', () => {
  const nothing = (): void => undefined;

  it('a send port takes packets of its own SSRCs only, and none paused or closed', () => {
    const sent: Buffer[] = [];
    const port = new NativeSendPort(identity(1, 2), (packet) => sent.push(packet) > 0, nothing);
    assert.deepEqual(
      [1, 2, 3].map((ssrc) => port.send(rtp(ssrc))),
      [true, true, false],
    );
    assert.equal(port.send(Buffer.alloc(4)), false);
    port.setPaused(true);
    assert.equal(port.send(rtp(1)), false);
    port.setPaused(false);
    assert.deepEqual(port.counters, { packets: 2, bytes: 38, rtxPackets: 1 });
    port.close();
    assert.deepEqual([port.open, port.send(rtp(1)), port.sendRtcp(rtp(1)), sent.length], [false, false, false, 2]);
  });

  it('what is refused by the link is not counted', () => {
    const port = new NativeSendPort(identity(1), () => false, nothing);
    assert.equal(port.send(rtp(1)), false);
    assert.equal(port.counters.packets, 0);
  });

  it('a listener that throws disturbs nobody; closing is told once', () => {
    const errors: unknown[] = [];
    const port = new NativeReceivePort(
      identity(1),
      () => true,
      (error) => errors.push(error),
    );
    const heard: string[] = [];
    port.onRtp(() => {
      throw new Error('listener');
    });
    const off = port.onRtp((_, arrivalMs) => heard.push(`rtp ${arrivalMs}`));
    port.onClose(() => heard.push('close'));
    port.handleRtp(rtp(1), 1, 5);
    off();
    port.handleRtp(rtp(1), 1, 6);
    port.close();
    port.close();
    port.handleRtp(rtp(1), 1, 7);
    assert.deepEqual(heard, ['rtp 5', 'close']);
    assert.equal(errors.length, 2);
  });
});
