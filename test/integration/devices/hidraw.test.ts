import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findSpeakerphones, openHidraw } from '../../../src/devices/hid/hidraw.ts';
import { VirtualSpeakerphone, virtualSpeakerphones } from '../../../src/devices/hid/virtual-speakerphone.ts';
import { ManualClock, systemClock } from '../../../src/lib/clock.ts';

describe('hidraw', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'incamera-hidraw-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('finds speakerphones in the class folder and passes over what it cannot read or what is none', async () => {
    const { descriptor } = new VirtualSpeakerphone(virtualSpeakerphones.toggling, new ManualClock());
    const add = async (node: string, bytes: Uint8Array, uevent: string): Promise<void> => {
      await mkdir(join(folder, 'class', node, 'device'), { recursive: true });
      await writeFile(join(folder, 'class', node, 'device', 'report_descriptor'), bytes);
      await writeFile(join(folder, 'class', node, 'device', 'uevent'), uevent);
    };
    await add('hidraw0', Uint8Array.of(0x05, 0x01), 'HID_ID=0003:0000046D:0000C31C\n');
    await add('hidraw1', descriptor, 'DRIVER=jabra\nHID_ID=0003:00000B0E:00000412\nHID_NAME=Jabra SPEAK 410\n');
    await add('hidraw2', descriptor, 'DRIVER=hid-generic\n');
    await mkdir(join(folder, 'class', 'hidraw3'));
    const found = await findSpeakerphones(join(folder, 'class'));
    assert.deepEqual(
      found.map(({ node, vendorId, productId, name }) => ({ node, vendorId, productId, name })),
      [{ node: 'hidraw1', vendorId: 0x0b0e, productId: 0x0412, name: 'Jabra SPEAK 410' }],
    );
    assert.deepEqual(await findSpeakerphones(join(folder, 'nowhere')), []);
  });

  it('reads and writes reports of a node without blocking, and closes at once', async () => {
    const path = join(folder, 'node');
    // A pipe, like a node of hidraw, has nothing to read until there is a report.
    await promisify(execFile)('mkfifo', [path]);
    const device = await openHidraw(path, systemClock, (error) => assert.fail(String(error)));
    const heard = new Promise<Uint8Array>((resolve) => device.onReport(resolve));
    await device.write(Uint8Array.of(3, 2));
    assert.deepEqual([...(await heard)], [3, 2]);
    await device.close();
    await device.close();
  });

  it('says once that the device is gone', async () => {
    const path = join(folder, 'ended');
    await writeFile(path, '');
    const gone: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      openHidraw(path, systemClock, (error) => {
        gone.push(error);
        resolve();
      }).catch(reject);
    });
    assert.equal(gone.length, 1);
  });
});
