import assert from 'node:assert/strict';
import { stubKiosk } from '../../support/stub-kiosk.ts';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine } from '../../../src/config/command-line.ts';
import { readEnvironment } from '../../../src/config/paths.ts';
import type { DeviceReport } from '../../../src/devices/device-report.ts';
import { runDoctor } from '../../../src/doctor.ts';
import { createKioskApp, listenKiosk } from '../../../src/kiosk/kiosk-server.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { equippedRoom } from '../../support/equipped-room.ts';
import { pass, passUntil } from '../../support/manual-time.ts';
import { stubRoom } from '../../support/stub-room.ts';

describe('incamera doctor', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'doctor-'));
    await mkdir(join(directory, 'dev/v4l/by-id'), { recursive: true });
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function doctor(...args: string[]): Promise<{ code: number; text: string }> {
    let text = '';
    const code = await runDoctor({
      environment: readEnvironment({ INCAMERA_STATE_DIR: directory, INCAMERA_CACHE_DIR: directory }, 0),
      commandLine: parseCommandLine(args.filter((arg) => arg !== '--json')),
      json: args.includes('--json'),
      roots: {
        dev: join(directory, 'dev'),
        proc: join(directory, 'proc'),
        sys: join(directory, 'sys'),
        run: join(directory, 'run'),
        waylandDisplay: null,
        x11Display: null,
      },
      clock: new ManualClock(Date.UTC(2026, 10, 26)),
      write: (part) => (text += part),
    });
    return { code, text };
  }
  // Port 9 is "discard": no room is there.
  const NOBODY = '--panel-listen=127.0.0.1:9';

  it('without a room: what is plugged in, used or not, what is configured, and what is missing', async () => {
    for (const [name, node] of [
      ['usb-A-video-index0', 'video0'],
      ['usb-B-video-index0', 'video2'],
    ] as const)
      await symlink(`../../${node}`, join(directory, 'dev/v4l/by-id', name));
    const port = join(directory, 'port');
    await writeFile(port, '');
    const flags = [
      ...[NOBODY, '--devices-microphone=none', '--devices-speaker=none', '--devices-display=none'],
      ...['--display-control-kind=mdc', `--display-control-address=serial:${port}`],
      ...['--camera-control-kind=visca', '--camera-control-address=serial:/dev/serial/by-id/usb-none'],
    ];
    const { code, text } = await doctor(...flags);
    assert.equal(code, 1);
    assert.match(text, /^No room is running here\./);
    assert.match(text, /camera:v4l2:usb-A\n/);
    assert.match(text, /camera:v4l2:usb-B\n {2}now: used false/);
    assert.match(text, /Display control \(display-control\): connected/);
    assert.match(
      text,
      /1 problem:\n- The port that the settings name is not there\. \(device\/node-missing, since 2026-11-26 00:00 UTC\)\n {2}Plug its adapter in/,
    );
    const report = JSON.parse((await doctor('--json', ...flags)).text) as DeviceReport;
    assert.deepEqual([report.source, report.problems.map(({ code }) => code)], ['machine', ['device/node-missing']]);
  });

  it('says that all is well with 0', async () => {
    const { code, text } = await doctor(
      NOBODY,
      '--devices=virtual',
      '--virtual-gpio=board',
      '--virtual-display-control=lg',
    );
    assert.equal(code, 0);
    assert.match(text, /No problems\.\n$/);
    assert.match(text, /Display control \(display-control, virtual\)/);
  });

  it('names what the configuration wishes and the machine lacks', async () => {
    const { code, text } = await doctor(NOBODY, '--gpio-driver=libgpiod', '--speakerphone-mute-sync=true');
    assert.equal(code, 1);
    for (const problem of ['camera-missing', 'microphone-missing', 'node-missing', 'speakerphone-missing'])
      assert.match(text, new RegExp(`\\(device/${problem}, since`));
  });

  it('asks the running room: devices with what they can do and their state, problems of room and call', async () => {
    const bench = equippedRoom();
    bench.devices.start();
    await pass(bench.clock, 8_000, 100);
    bench.camera.cable.unplug();
    await pass(bench.clock, 30_000, 200);
    const actions = stubRoom();
    const problem = { code: 'call/media-lost', message: 'Interrupted.', action: '', since: 0 };
    actions.set({ problems: [problem] }, { roomDevices: bench.registry.snapshot, problems: bench.registry.problems });
    const app = createKioskApp({ ...stubKiosk(actions), log: silentLogger, panelDir: '/nonexistent' }, 'room');
    const { server, port } = await listenKiosk(app, '127.0.0.1', 0);
    try {
      const { code, text } = await doctor(`--panel-listen=127.0.0.1:${port}`);
      assert.equal(code, 1);
      assert.match(text, /^As the running room says:/);
      assert.match(
        text,
        /Camera control \(camera-control, virtual\): not connected\n {2}visca:[^\n]+\n {2}can: power, move/,
      );
      assert.match(text, /pan -170 to 170 degrees; tilt -30 to 90 degrees; zoom 0 to 16384 steps; presets 0 to 254/);
      assert.match(text, /inputs: hdmi-1/);
      assert.match(text, /now: power on, wanted on/);
      assert.match(text, /2 problems:\n- The camera cannot be moved[^]*- Interrupted\. \(call\/media-lost/);
      const report = JSON.parse((await doctor('--json', `--panel-listen=127.0.0.1:${port}`)).text) as DeviceReport;
      assert.deepEqual(report.devices, JSON.parse(JSON.stringify(bench.registry.snapshot)));
    } finally {
      server.closeAllConnections();
      server.close();
      await passUntil(bench.clock, bench.devices.close());
    }
  });

  it('takes another program at that address for no room', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) => response.end('{"roomDevices":"none"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    try {
      const { text } = await doctor(`--panel-listen=127.0.0.1:${port}`, '--devices=virtual');
      assert.match(text, /^No room is running here/);
    } finally {
      server.close();
    }
  });

  it('refuses a configuration that cannot be used', async () => {
    await assert.rejects(doctor('--camera-control-kind=visca'), { code: 'config/incomplete' });
  });
});
