import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DeviceRoots, discoverDevices } from '../../../src/devices/discover.ts';

describe('device discovery', () => {
  let root = '';
  let roots: DeviceRoots;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devices-'));
    roots = {
      dev: join(root, 'dev'),
      proc: join(root, 'proc'),
      sys: join(root, 'sys'),
      run: join(root, 'run'),
      waylandDisplay: null,
      x11Display: null,
    };
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const link = async (path: string, target: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink(target, join(root, path));
  };

  it('finds nothing on a machine without any of the directories', async () => {
    assert.deepEqual(await discoverDevices(roots), {
      cameras: [],
      microphones: [],
      speakers: [],
      displays: [],
      serialPorts: [],
    });
  });

  it('names a camera by its id, one without an id by its path, and leaves out metadata and codecs', async () => {
    await link('dev/v4l/by-id/usb-046d_C920_ABC-video-index0', '../../video2');
    await link('dev/v4l/by-id/usb-046d_C920_ABC-video-index1', '../../video3');
    await link('dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0', '../../video2');
    await link('dev/v4l/by-path/pci-0000:00:14.0-usb-0:2:1.0-video-index0', '../../video4');
    await link('dev/v4l/by-path/platform-bcm2835-codec-video-index0', '../../video10');
    await write('sys/class/video4linux/video2/name', 'HD Pro Webcam C920\n');
    await write('sys/class/video4linux/video4/name', 'Grabber\n');
    await write('sys/class/video4linux/video10/name', 'bcm2835-codec-decode\n');
    const { cameras } = await discoverDevices(roots);
    assert.deepEqual(
      cameras.map((camera) => [camera.id, camera.name]),
      [
        ['v4l2:pci-0000:00:14.0-usb-0:2:1.0', 'Grabber'],
        ['v4l2:usb-046d_C920_ABC', 'HD Pro Webcam C920'],
      ],
    );
    const source = cameras[1]?.source({ width: 1280, height: 720, framesPerSecond: 30 }) ?? '';
    assert.match(source, /v4l2src device=".*usb-046d_C920_ABC-video-index0" ! .*image\/jpeg,width=1280,height=720/);
  });

  it('leaves out nodes that udev found to give no pictures, and those that it is not finished with', async () => {
    const plug = async (node: number, name: string, record: string | null): Promise<void> => {
      await link(`dev/v4l/by-path/${name}-video-index0`, `../../video${node}`);
      await write(`sys/class/video4linux/video${node}/name`, `${name}\n`);
      await write(`sys/class/video4linux/video${node}/dev`, `81:${node}\n`);
      if (record !== null) await write(`run/udev/data/c81:${node}`, record);
    };
    const ids = async (): Promise<string[]> => (await discoverDevices(roots)).cameras.map(({ id }) => id);
    await plug(0, 'camera', 'I:12345\nE:ID_V4L_VERSION=2\nE:ID_V4L_CAPABILITIES=:capture:\nG:uaccess\n');
    await plug(1, 'platform-dummy_udc.0', 'I:12346\nE:ID_V4L_CAPABILITIES=:video_output:\n');
    await plug(2, 'codec', 'E:ID_V4L_CAPABILITIES=:\n');
    await plug(3, 'grabber', 'E:ID_V4L_CAPABILITIES=:capture:audio:\n');
    await plug(4, 'unasked', 'I:12347\nE:ID_PATH=unasked\n');
    await plug(5, 'just-plugged-in', null);
    assert.deepEqual(await ids(), ['v4l2:camera', 'v4l2:grabber', 'v4l2:unasked']);
    await rm(join(root, 'run'), { recursive: true });
    assert.equal((await ids()).length, 6, 'without udev nothing is known of them');
  });

  it('names sound devices by card id, whatever the card number', async () => {
    await write(
      'proc/asound/cards',
      ' 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH at 0xa1 irq 139\n' +
        ' 3 [Jabra          ]: USB-Audio - Jabra SPEAK 510 USB\n                      Jabra at usb-1\n',
    );
    await write(
      'proc/asound/pcm',
      '00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1\n00-03: HDMI 0 : HDMI 0 : playback 1\n' +
        '03-00: USB Audio : USB Audio : playback 1 : capture 1\n07-00: Ghost : Ghost : playback 1\n',
    );
    const { microphones, speakers } = await discoverDevices(roots);
    assert.deepEqual(
      microphones.map((m) => m.id),
      ['alsa:Jabra:0', 'alsa:PCH:0'],
    );
    assert.deepEqual(
      speakers.map((s) => s.id),
      ['alsa:Jabra:0', 'alsa:PCH:0', 'alsa:PCH:3'],
    );
    assert.match(microphones[0]?.source ?? '', /alsasrc device="plughw:CARD=Jabra,DEV=0"/);
  });

  it('takes the session before the connectors, and connected connectors only', async () => {
    await write('sys/class/drm/card1-HDMI-A-1/status', 'connected\n');
    await write('sys/class/drm/card1-HDMI-A-1/modes', '3840x2160\n1920x1080\n');
    await write('sys/class/drm/card1-HDMI-A-1/connector_id', '33\n');
    await write('sys/class/drm/card1-HDMI-A-2/status', 'disconnected\n');
    const [display, ...rest] = (await discoverDevices(roots)).displays;
    assert.equal(rest.length, 0);
    assert.deepEqual([display?.id, display?.width, display?.height], ['drm:HDMI-A-1', 3840, 2160]);
    assert.equal(display?.sink, 'kmssink connector-id=33 sync=true');
    const inSession = await discoverDevices({ ...roots, x11Display: ':0' });
    assert.deepEqual(
      inSession.displays.map((d) => [d.id, d.width]),
      [['x11', 3840]],
    );
  });
});
