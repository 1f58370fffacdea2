import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settings } from '../../../../src/config/settings.ts';
import { arrayCards, chooseArray } from '../../../../src/devices/array/array-cards.ts';
import { arrayGeometries, microphonesOnly } from '../../../../src/devices/array/geometry.ts';
import { chooseDevices, type DeviceWishes, realDevices } from '../../../../src/devices/choose.ts';
import type { CaptureCard } from '../../../../src/devices/device.ts';
import { discoverDevices, type FoundDevices } from '../../../../src/devices/discover.ts';
import { UsageError } from '../../../../src/lib/errors.ts';

/** Of a ReSpeaker USB Mic Array v2.0 with the firmware of 6 channels, in the form of the kernel's sound/usb/proc.c. */
const STREAM = `SEEED ReSpeaker 4 Mic Array (UAC1.0) at usb-0000:01:00.0-1.3, high speed : USB Audio

Playback:
  Status: Stop
  Interface 1
    Altset 1
    Format: S16_LE
    Channels: 2
    Endpoint: 0x01 (1 OUT) (ASYNC)
    Rates: 16000
Capture:
  Status: Stop
  Interface 2
    Altset 1
    Format: S16_LE
    Channels: 6
    Endpoint: 0x81 (1 IN) (ASYNC)
    Rates: 16000
`;
const means = { speechPath: '/s', arrayPath: null, hasSession: false };

describe('which card is which array', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cards-'));
    const write = async (path: string, text: string): Promise<void> => {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), text);
    };
    await write(
      'asound/cards',
      ' 1 [ArrayUAC10     ]: USB-Audio - ReSpeaker 4 Mic Array (UAC1.0)\n 2 [seeed8micvoicec]: seeed-8mic-voic - seeed-8mic-voicecard\n',
    );
    await write(
      'asound/pcm',
      '01-00: USB Audio : USB Audio : playback 1 : capture 1\n02-00: ac10x : ac10x : playback 1 : capture 1\n',
    );
    await write('asound/card1/usbid', '2886:0018\n');
    await write('asound/card1/usbbus', '001/007\n');
    await write('asound/card1/stream0', STREAM);
  });
  after(() => rm(root, { recursive: true }));

  async function found(): Promise<FoundDevices> {
    return discoverDevices({ dev: root, proc: root, sys: root, run: root, waylandDisplay: null, x11Display: null });
  }
  const wish = (changes: Partial<DeviceWishes>): DeviceWishes => ({
    ...realDevices,
    camera: 'none',
    speaker: 'none',
    display: 'none',
    ...changes,
  });

  it('takes a USB board whose ids and channels are known, with all its channels', async () => {
    const { devices, problems } = chooseDevices(wish({}), await found(), means);
    assert.equal(devices.microphone?.array?.id, 'respeaker-usb-4');
    assert.match(devices.microphone?.source ?? '', /CARD=ArrayUAC10.* ! audio\/x-raw,rate=16000,channels=6$/);
    assert.deepEqual(devices.microphone?.card?.usb, { vendorId: 0x2886, productId: 0x0018, bus: 1, address: 7 });
    assert.deepEqual(problems, []);
  });

  it('leaves it an ordinary microphone when told so', async () => {
    const { devices } = chooseDevices(wish({ microphoneArray: 'off' }), await found(), means);
    assert.equal(devices.microphone?.array, null);
    assert.doesNotMatch(devices.microphone?.source ?? '', /channels=/);
  });

  it('does not guess which array is on the pins, and takes the named one', async () => {
    const microphone = 'alsa:seeed8micvoicec:0';
    const guessed = chooseDevices(wish({ microphone }), await found(), means);
    assert.equal(guessed.devices.microphone?.array, null);
    const named = chooseDevices(wish({ microphone, microphoneArray: 'respeaker-6' }), await found(), means);
    assert.equal(named.devices.microphone?.array?.id, 'respeaker-6');
    assert.match(named.devices.microphone?.source ?? '', /channels=8$/);
  });

  it('says that a card has not the channels of the named array, and uses it all the same', async () => {
    const { devices, problems } = chooseDevices(wish({ microphoneArray: 'uma-8' }), await found(), means);
    assert.equal(devices.microphone?.id, 'alsa:ArrayUAC10:0');
    assert.equal(devices.microphone.array, null);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['device/array-unfit'],
    );
  });

  it('takes no board with other firmware for an array', () => {
    const card = (channels: readonly number[]): CaptureCard => ({
      usb: { vendorId: 0x2886, productId: 0x0018, bus: 1, address: 2 },
      channels,
    });
    assert.equal(chooseArray('auto', card([1])).kind, 'none');
    assert.equal(chooseArray('auto', card([])).kind, 'none');
    assert.equal(chooseArray('auto', card([1, 6])).kind, 'array');
    assert.throws(() => chooseArray('respeaker', card([6])), UsageError);
  });

  it('knows the geometry of each card, and each geometry is a setting', () => {
    const ids = arrayGeometries.map(({ id }) => id);
    for (const { geometry } of arrayCards) assert.ok(ids.includes(geometry), geometry);
    assert.deepEqual(settings['microphone.array'].type.schema['enum'], ['auto', 'off', ...ids]);
  });

  it('leaves nothing but microphones in the stream that is listened to', () => {
    for (const geometry of arrayGeometries) {
      const only = microphonesOnly(geometry);
      assert.equal(only.channels, geometry.microphones.length);
      assert.deepEqual(
        only.microphones.map(({ channel }) => channel),
        only.microphones.map((_, i) => i),
      );
    }
  });
});
