import assert from 'node:assert/strict';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { GstRoomWindows } from '../../../src/call/media/room-windows.ts';
import type { ShownPerson } from '../../../src/call/media/video-parts.ts';
import { virtualDisplay } from '../../../src/devices/virtual.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';

/** Displays and decoders without a picture: what is looked at is who has a window. */
const blank: MediaGst = {
  play: () => undefined,
  stop: () => undefined,
  setNumber: () => undefined,
  setBoolean: () => undefined,
  setString: () => undefined,
  getNumber: () => 0,
  push: () => undefined,
  pull: () => undefined,
  failure: () => null,
};
const person = (peer: string, self = false): ShownPerson => ({
  peer,
  name: peer,
  verified: true,
  speaking: false,
  muted: false,
  cameraOn: true,
  self,
});

describe('windows of the room display', () => {
  let windows: GstRoomWindows;
  const open = (consumer: string, peer: string, source: 'camera' | 'screen'): void =>
    void windows.open({ consumer, peer, source }, { onFirstPicture: () => undefined, onDecoderStuck: () => undefined });
  const seen = (): string[] => windows.tiles().map(({ consumer }) => consumer);

  beforeEach(() => {
    windows = new GstRoomWindows({
      open: () => blank,
      clock: new ManualClock(),
      log: silentLogger,
      displays: [virtualDisplay(false)],
      decoders: 4,
      selfView: false,
    });
    windows.start();
  });
  afterEach(() => windows.stop());

  it('belong to people of the group alone, however many others the server announces', () => {
    windows.setPeople([person('me', true), person('ann')]);
    open('ann-camera', 'ann', 'camera');
    const before = windows.tiles();
    assert.deepEqual(seen(), ['ann-camera']);
    open('stranger-screen', 'stranger', 'screen');
    for (let i = 0; i < 40; i++) open(`stranger-${i}`, `stranger-${i}`, i % 2 === 0 ? 'screen' : 'camera');
    open('our-own-screen', 'me', 'screen');
    assert.deepEqual(windows.tiles(), before);
    assert.equal(windows.layout.pages, 1);
  });

  it('opens with the group: a video announced earlier is seen when its sender is in it, and no longer when they are not', () => {
    open('ben-screen', 'ben', 'screen');
    assert.deepEqual(seen(), []);
    windows.setPeople([person('me', true), person('ben')]);
    assert.deepEqual(seen(), ['ben-screen']);
    windows.setPeople([person('me', true)]);
    assert.deepEqual(seen(), []);
  });
});
