import assert from 'node:assert/strict';
import type { SenderDecision } from '../../../src/call/demand/sender-ladder.ts';
import { EncodeTime } from '../../../src/call/media/encode-time.ts';
import { SenderControl } from '../../../src/call/media/sender-control.ts';
import type { Layers } from '../../../src/call/signalling/messages.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

const all: Layers = { spatial: 2, temporal: 2 };

class FakeVideo {
  demand: Layers | null;
  encodeMs: number | null = 8;
  last: SenderDecision | null = null;

  constructor(demand: Layers | null) {
    this.demand = demand;
  }

  encode(decision: SenderDecision): void {
    this.last = decision;
  }
}

describe('the control of what is encoded', () => {
  let clock: ManualClock;
  let machine: { load: number | null; throttled: boolean };
  let uplinkBps: number;
  let control: SenderControl;
  beforeEach(() => {
    clock = new ManualClock();
    machine = { load: 0.3, throttled: false };
    uplinkBps = 3_000_000;
    control = new SenderControl({
      clock,
      uplinkBps: () => uplinkBps,
      load: { read: async () => machine },
    });
  });

  /** Lets the load that was asked for arrive. */
  async function pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 500) {
      clock.advance(500);
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  it('follows demand at once, up and down, and encodes nothing for nobody', () => {
    const camera = new FakeVideo(null);
    control.add('camera', camera);
    assert.equal(camera.last?.maxSpatial, -1);
    camera.demand = { spatial: 0, temporal: 2 };
    control.update();
    assert.deepEqual([camera.last.maxSpatial, camera.last.reason], [0, 'window']);
    camera.demand = all;
    control.update();
    assert.deepEqual([camera.last.maxSpatial, camera.last.reason], [2, null]);
  });

  it('holds camera and screen together to one uplink, the screen first', () => {
    const camera = new FakeVideo(all);
    const screen = new FakeVideo(all);
    control.add('camera', camera);
    control.add('screen', screen);
    uplinkBps = 2_600_000;
    control.update();
    assert.ok(camera.last && screen.last);
    assert.ok(camera.last.bitrateKbps + screen.last.bitrateKbps <= 2_600);
    assert.ok(screen.last.bitrateKbps > 5 * camera.last.bitrateKbps);
    assert.equal(screen.last.maxSpatial, 2);
    assert.equal(camera.last.reason, 'network');
    control.remove('screen');
    clock.advance(3_000);
    assert.deepEqual([camera.last.maxSpatial, camera.last.bitrateKbps], [2, 1_500]);
  });

  it('sheds within three seconds of the machine being busy, and again of it being hot', async () => {
    const camera = new FakeVideo(all);
    control.add('camera', camera);
    await pass(2_000);
    machine = { load: 0.99, throttled: false };
    await pass(3_000);
    assert.equal(camera.last?.reason, null, 'what is encoded in time is left alone');
    camera.encodeMs = 35;
    await pass(3_000);
    assert.equal(camera.last?.reason, 'cpu');
    assert.ok(camera.last.maxSpatial < 2 || camera.last.maxTemporal < 2);
    machine = { load: 0.3, throttled: false };
    camera.encodeMs = 8;
    await pass(40_000);
    assert.deepEqual([camera.last.maxSpatial, camera.last.reason], [2, null]);
    camera.encodeMs = 24;
    machine = { load: 0.3, throttled: true };
    await pass(3_000);
    assert.equal(camera.last.reason, 'cpu');
  });

  it('leaves no timer when closed, and decides no more', () => {
    const camera = new FakeVideo(all);
    control.add('camera', camera);
    control.close();
    camera.last = null;
    control.update();
    assert.equal(camera.last, null);
    assert.equal(clock.pending, 0);
  });
});

describe('the time to encode a picture', () => {
  it('follows within two seconds, and forgets when layers change', () => {
    const time = new EncodeTime();
    assert.equal(time.averageMs, null);
    for (let i = 0; i < 30; i++) time.note(10, i * 33);
    assert.equal(Math.round(time.averageMs ?? 0), 10);
    for (let i = 30; i < 90; i++) time.note(40, i * 33);
    assert.ok((time.averageMs ?? 0) > 35, String(time.averageMs));
    time.reset();
    assert.equal(time.averageMs, null);
  });
});
