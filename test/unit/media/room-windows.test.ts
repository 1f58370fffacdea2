import assert from 'node:assert/strict';
import type { AmbientView } from '../../../src/call/media/ambient-picture.ts';
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

const view: AmbientView = {
  room: 'Monet',
  time: '14:05',
  date: 'Tuesday 3 March',
  status: { isFree: true, text: 'Free until 15:00' },
  next: null,
  join: null,
  pairing: null,
};

describe('displays between calls', () => {
  /** What runs of the pipelines: `black`, `windows`. */
  function bench(inSession: boolean) {
    const [clock, running, failing] = [new ManualClock(), [] as string[], { black: false }];
    const overlays: string[] = [];
    let pushes = 0;
    const windows = new GstRoomWindows({
      open: (launch) => {
        const name = launch.includes('name=ground') ? 'black' : 'windows';
        const end = (): void => void (running.includes(name) && running.splice(running.indexOf(name), 1));
        return {
          ...blank,
          play: () => void running.push(name),
          stop: end,
          setString: (_element, property, text) =>
            void (name === 'black' && property === 'overlay' && overlays.push(text)),
          push: () => void pushes++,
          failure: () => (failing.black && name === 'black' ? 'the display is busy' : null),
        };
      },
      clock,
      log: silentLogger,
      displays: [{ ...virtualDisplay(false), inSession }],
      decoders: 0,
      selfView: false,
    });
    return { windows, clock, running, failing, overlays, pushed: () => pushes };
  }

  it('are black when told so, until the call shows its windows', () => {
    const { windows, clock, running } = bench(false);
    windows.setBlack(true);
    windows.setBlack(true);
    assert.deepEqual(running, ['black']);
    windows.setBlack(false);
    assert.deepEqual(running, []);
    windows.setBlack(true);
    windows.start();
    assert.deepEqual(running, ['windows']);
    windows.setBlack(true);
    assert.deepEqual(running, ['windows']);
    windows.stop();
    assert.deepEqual([running, clock.pending], [[], 0]);
  });

  it('are tried again while another process holds them, and no longer when black is not wanted any more', () => {
    const { windows, clock, running, failing } = bench(false);
    failing.black = true;
    windows.setBlack(true);
    clock.advance(1_000);
    assert.deepEqual(running, []);
    failing.black = false;
    clock.advance(2_000);
    assert.deepEqual(running, ['black']);
    failing.black = true;
    clock.advance(1_000);
    windows.setBlack(false);
    assert.deepEqual([running, clock.pending], [[], 0]);
  });

  it('show the room when they are not black, and no session is covered unless that is wanted', () => {
    for (const inSession of [false, true]) {
      const { windows, running } = bench(inSession);
      const ambient = { view, overSession: false };
      windows.setAmbient(ambient);
      assert.deepEqual(running, inSession ? [] : ['black']);
      windows.setBlack(true);
      assert.deepEqual(running, inSession ? [] : ['black']);
      windows.setBlack(false);
      windows.setAmbient({ view, overSession: true });
      assert.deepEqual(running, ['black']);
      windows.start();
      windows.setAmbient(ambient);
      assert.deepEqual(running, ['windows']);
      windows.stop();
      assert.deepEqual(running, []);
    }
  });

  it('are drawn anew only when what they show has changed', () => {
    const { windows, clock, pushed, overlays } = bench(false);
    windows.setAmbient({ view, overSession: false });
    clock.advance(10_000);
    windows.setAmbient({ view: { ...view }, overSession: false });
    clock.advance(10_000);
    assert.equal(pushed(), 1);
    windows.setAmbient({ view: { ...view, time: '14:06' }, overSession: false });
    clock.advance(10_000);
    assert.equal(pushed(), 2);
    windows.setBlack(true);
    clock.advance(10_000);
    assert.equal(pushed(), 3);
    assert.deepEqual(
      overlays.map((text) => /14:0\d/.exec(text)?.[0] ?? text),
      ['14:05', '14:06', ''],
    );
  });

  it('are left alone where a session draws on them: the panel may be there', () => {
    const { windows, running } = bench(true);
    windows.setBlack(true);
    assert.deepEqual(running, []);
  });
});
