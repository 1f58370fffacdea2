import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { discoverDevices, systemRoots } from '../../../src/devices/discover.ts';
import { cameraControlContract } from '../../contract/camera-control.ts';
import { eventually } from '../../support/eventually.ts';
import { cameraAt, realTime } from '../../support/hardware.ts';

const ID = 'v4l2:usb-Incamera_Room_PTZ_camera_1';
const NODE = '/dev/v4l/by-id/usb-Incamera_Room_PTZ_camera_1-video-index0';
const WAIT_MS = 30_000;

const v4l2Ctl = (...args: string[]): string => execFileSync('v4l2-ctl', ['-d', NODE, ...args], { encoding: 'utf8' });
const valueOf = (control: string): number => Number(v4l2Ctl('--get-ctrl', control).split(':')[1]);

describe('a camera on USB with motors (usb_f_uvc over dummy_hcd, uvcvideo)', () => {
  before(async () => {
    execFileSync('systemctl', ['start', 'room-ptz']);
    await eventually('the camera', WAIT_MS, async () => {
      return (await discoverDevices(systemRoots({}))).cameras.some(({ id }) => id === ID);
    });
  });

  after(() => void execFileSync('systemctl', ['stop', 'room-ptz']));

  it('is found alone: the node that the gadget itself is fed by gives no pictures', async () => {
    const nodes = execFileSync('sh', ['-c', 'ls /dev/v4l/by-path'], { encoding: 'utf8' });
    assert.match(nodes, /dummy_udc/);
    const { cameras } = await discoverDevices(systemRoots({}));
    assert.deepEqual(
      cameras.filter(({ id }) => id.includes('dummy_udc')),
      [],
    );
  });

  it('has the controls of a conference camera', () => {
    const listed = v4l2Ctl('--list-ctrls');
    const controls = ['pan_absolute', 'tilt_absolute', 'zoom_absolute', 'pan_speed', 'tilt_speed', 'zoom_continuous'];
    const modes = ['auto_exposure', 'focus_automatic_continuous', 'white_balance_automatic', 'power_line_frequency'];
    for (const control of [...controls, ...modes]) assert.match(listed, new RegExp(`^ *${control} `, 'm'));
  });

  it('goes where it is told, in its time', async () => {
    v4l2Ctl('--set-ctrl', 'pan_absolute=360000,tilt_absolute=-36000');
    await eventually('pan', WAIT_MS, () => valueOf('pan_absolute') === 360_000);
    await eventually('tilt', WAIT_MS, () => valueOf('tilt_absolute') === -36_000);
  });

  it('moves while it is driven and stands when it is stopped', async () => {
    const from = valueOf('pan_absolute');
    v4l2Ctl('--set-ctrl', 'pan_speed=-5');
    await eventually('a movement', WAIT_MS, () => valueOf('pan_absolute') < from);
    v4l2Ctl('--set-ctrl', 'pan_speed=0');
    const stopped = valueOf('pan_absolute');
    assert.equal(valueOf('pan_absolute'), stopped);
  });

  cameraControlContract('a camera on USB by its own controls (uvcvideo)', false, async () => {
    const camera = await cameraAt(`v4l2://${NODE}`);
    return { camera, ...realTime, cut: null, close: () => camera.close() };
  });
});
