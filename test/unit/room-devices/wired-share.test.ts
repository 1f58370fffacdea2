import assert from 'node:assert/strict';
import { v4l2Camera } from '../../../src/devices/v4l2/v4l2-camera.ts';
import { SignalWatch } from '../../../src/devices/v4l2/signal-watch.ts';
import { signalOf } from '../../../src/devices/v4l2/signal.ts';
import { VirtualV4l2Camera } from '../../../src/devices/virtual/virtual-v4l2-camera.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import type { RoomState } from '../../../src/kiosk/room-state.ts';
import { WiredShare } from '../../../src/room-devices/wired-share.ts';
import * as samples from '../../fixtures/v4l2/samples.ts';
import { pass } from '../../support/manual-time.ts';

const NO_SIGNAL = 'Link has been severed';
const grabber = v4l2Camera('/dev/v4l/by-id/grabber-video-index0', 'Grabber', 'usb3', null);

describe('a laptop on the cable of the room', () => {
  let clock: ManualClock;
  let cable: VirtualV4l2Camera;
  let call: { phase: 'idle' | 'in-call'; sharing: boolean };
  let tell: () => void;
  let asked: boolean[];
  let share: WiredShare;

  beforeEach(() => {
    clock = new ManualClock();
    cable = new VirtualV4l2Camera(clock, {
      controls: '',
      formats: '',
      timings: samples.dvTimings,
      answerMs: 10,
      latencyMs: 0,
    });
    cable.signalFailure = NO_SIGNAL;
    call = { phase: 'idle', sharing: false };
    asked = [];
    share = new WiredShare({
      room: {
        state: () => ({ call }) as RoomState,
        onState: (listener) => {
          tell = () => listener({ call } as RoomState);
          return () => (tell = () => undefined);
        },
        setSharing: async (sharing) => {
          asked.push(sharing);
          call = { ...call, sharing };
          tell();
          return sharing;
        },
      },
      watch: ({ path }) =>
        new SignalWatch({ read: () => signalOf(path, cable.run), clock, logger: silentLogger, times: null }),
      logger: silentLogger,
    });
    share.update(grabber);
  });
  afterEach(() => {
    share.close();
    assert.equal(clock.pending, 0);
  });

  const enter = (phase: 'idle' | 'in-call'): void => {
    call = { phase, sharing: false };
    tell();
  };
  const plug = async (there: boolean): Promise<void> => {
    cable.signalFailure = there ? null : NO_SIGNAL;
    await pass(clock, 5_000, 100);
  };

  it('is shared while it is plugged in', async () => {
    enter('in-call');
    await plug(true);
    assert.deepEqual(asked, [true]);
    await plug(false);
    assert.deepEqual(asked, [true, false]);
  });

  it('waits for the call', async () => {
    await plug(true);
    assert.deepEqual(asked, []);
    enter('in-call');
    assert.deepEqual(asked, [true]);
  });

  it('is not shared again by itself when somebody ended that, until it is plugged in anew or the next call', async () => {
    enter('in-call');
    await plug(true);
    call = { ...call, sharing: false };
    tell();
    await pass(clock, 5_000, 100);
    assert.deepEqual(asked, [true]);
    await plug(false);
    await plug(true);
    assert.deepEqual(asked, [true, true]);
    enter('idle');
    enter('in-call');
    assert.deepEqual(asked, [true, true, true]);
  });

  it('is no more watched when the grabber is gone', async () => {
    enter('in-call');
    share.update(null);
    await plug(true);
    assert.deepEqual(asked, []);
  });
});
