import assert from 'node:assert/strict';
import { configDocument } from '../../../src/config/documents.ts';
import { controlWishes } from '../../../src/config/control-wishes.ts';
import { parseDeviceAddress } from '../../../src/config/device-address.ts';
import { parseWeekRange } from '../../../src/config/power-range.ts';
import { rowOf } from '../../../src/config/settings.ts';
import { validateConfig } from '../../../src/config/validate.ts';
import { displayTables } from '../../../src/devices/display-control/table/display-table.ts';
import { viscaModels } from '../../../src/devices/visca/models.ts';

const wishes = (values: Record<string, unknown>): ReturnType<typeof controlWishes> =>
  controlWishes(validateConfig(values, '/s'), 'Europe/Paris');
const PORT = 'serial:/dev/serial/by-id/usb-FTDI_1-if00-port0';

describe('what the configuration wishes of control devices', () => {
  it('is nothing at all by default, real or virtual', () => {
    for (const devices of ['auto', 'virtual']) {
      const { plan, ...rest } = wishes({ devices });
      assert.deepEqual(rest, { display: null, camera: null, gpio: null, surface: null, speakerphone: null });
      assert.equal(plan.timeZone, 'Europe/Paris');
    }
  });

  it('takes addresses, numbers and speeds apart', () => {
    const { display, camera, surface } = wishes({
      'displayControl.kind': 'mdc',
      'displayControl.address': PORT,
      'displayControl.id': '7',
      'displayControl.baudRate': '19200',
      'cameraControl.kind': 'visca',
      'cameraControl.address': 'udp:[::1]:52381',
      'surface.address': 'tcp:controller.example:4999',
    });
    const path = '/dev/serial/by-id/usb-FTDI_1-if00-port0';
    assert.deepEqual(display, {
      kind: 'mdc',
      wiring: { kind: 'serial', path, baudRate: 19_200 },
      displayId: 7,
      pin: null,
    });
    const wiring = { kind: 'udp', host: '::1', port: 52_381, localPort: null };
    assert.deepEqual(camera, { kind: 'visca', wiring, header: true, address: 1, model: 'generic' });
    assert.deepEqual(surface, { kind: 'tcp', host: 'controller.example', port: 4_999 });
  });

  it('knows lines by name and by offset, and CEC by driver and adapter', () => {
    const { gpio, display } = wishes({
      'gpio.driver': 'libgpiod',
      'gpio.chip': 'pinctrl-bcm2711',
      'gpio.button.mute': 'GPIO17',
      'gpio.light.inCall': '27',
      'displayControl.kind': 'cec',
      'displayControl.address': 'cec:vc4_hdmi:vc4-hdmi-0',
    });
    assert.deepEqual(
      [gpio?.chip, gpio?.buttons.mute, gpio?.buttons.join, gpio?.lights.inCall],
      ['pinctrl-bcm2711', 'GPIO17', null, 27],
    );
    assert.deepEqual(display, { kind: 'cec', selection: { driver: 'vc4_hdmi', adapter: 'vc4-hdmi-0' } });
  });

  it('refuses a kind without the address it needs, naming the key', () => {
    for (const values of [
      { 'displayControl.kind': 'mdc' },
      { 'displayControl.kind': 'pjlink', 'displayControl.address': PORT },
      { 'displayControl.kind': 'cec', 'displayControl.address': 'tcp:a:1' },
      { 'cameraControl.kind': 'visca' },
    ])
      assert.throws(() => wishes(values), { code: 'config/incomplete', message: /Control\.address must begin with/ });
  });

  it('never mixes virtual with real ones', () => {
    const real = { 'displayControl.kind': 'mdc', 'displayControl.address': PORT, 'speakerphone.muteSync': true };
    const imagined = { 'virtual.displayControl': 'lg', 'virtual.speakerphone': 'toggling', 'virtual.gpio': 'board' };
    const virtual = wishes({ devices: 'virtual', ...real, ...imagined });
    assert.deepEqual(virtual.display, { kind: 'virtual', protocol: 'lg' });
    assert.equal(virtual.speakerphone, 'toggling');
    const auto = wishes({ ...real, ...imagined });
    assert.deepEqual([auto.display?.kind, auto.gpio, auto.speakerphone], ['mdc', null, 'hidraw']);
  });

  it('an empty plan is always on; days and hours are read, also round the week and past midnight', () => {
    assert.deepEqual(wishes({}).plan.ranges, [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 0 }]);
    assert.deepEqual(parseWeekRange('Mon-Fri 08:00-18:30'), { days: [1, 2, 3, 4, 5], from: 480, to: 1_110 });
    assert.deepEqual(parseWeekRange('Sat-Mon,Wed 22:00-02:00'), { days: [1, 3, 6, 7], from: 1_320, to: 120 });
    for (const bad of ['', 'Mon', 'Mon 8:00-9:00', 'Mon 08:00-24:00', 'Lun 08:00-09:00', 'Mon  08:00-09:00'])
      assert.equal(parseWeekRange(bad), null, bad);
  });

  it('refuses addresses that move or make no sense', () => {
    for (const bad of [
      'serial:/dev/ttyUSB0',
      'serial:/dev/serial/by-id/a/../../sda',
      'serial:relative',
      'tcp:host',
      'tcp:host:0',
      'tcp:host:65536',
      'tcp:a b:1',
      'udp:[x]:1',
      'cec:a',
      `tcp:${'a'.repeat(400)}:1`,
    ])
      assert.equal(parseDeviceAddress(bad), null, bad);
    for (const good of [PORT, 'serial:/dev/ttyS0', 'serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0'])
      assert.equal(parseDeviceAddress(good)?.kind, 'serial', good);
  });

  it('offers exactly the displays and cameras that the drivers know', () => {
    const offered = (key: 'displayControl.kind' | 'cameraControl.model'): unknown => rowOf(key).type.schema['enum'];
    const tables = displayTables.map(({ name }) => name);
    assert.deepEqual(offered('displayControl.kind'), ['none', 'mdc', 'pjlink', 'cec', ...tables]);
    assert.deepEqual(
      offered('cameraControl.model'),
      viscaModels.map(({ name }) => name),
    );
  });

  for (const key of ['displayControl.password', 'displayControl.pin'] as const)
    it(`keeps ${key} secret`, () => {
      assert.equal(rowOf(key).secret, true);
      assert.match(configDocument(), new RegExp(`## \`${key}\`[^#]*Secret: never shown`));
      assert.throws(
        () => validateConfig({ [key]: 'planted\nsecret' }, '/s'),
        (error: Error) => !error.message.includes('planted'),
      );
    });

  it('takes the PIN of a display over a network, and refuses one on a cable', () => {
    const mdc = { 'displayControl.kind': 'mdc', 'displayControl.pin': '012345' };
    const { display } = wishes({ ...mdc, 'displayControl.address': 'tcp:display.example:1515' });
    const wiring = { kind: 'tcp', host: 'display.example', port: 1_515 };
    assert.deepEqual(display, { kind: 'mdc', wiring, displayId: null, pin: '012345' });
    assert.throws(() => wishes({ ...mdc, 'displayControl.address': PORT }), { code: 'config/incomplete' });
  });
});
