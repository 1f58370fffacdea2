import assert from 'node:assert/strict';
import { consume, connected, openLeg, openRig, produce, until } from './rig.ts';
import type { Leg, Rig } from './rig.ts';
import { PacketSource, payloadOf } from './packets.ts';

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
      await until(() => sent.every((payload) => receiver.packets.some((packet) => payloadOf(packet).toString('hex') === payload)), 'all packets');
      assert.equal(receiver.packets[0]?.readUInt32BE(8), receiver.port.ssrc);
    });
  }
});
