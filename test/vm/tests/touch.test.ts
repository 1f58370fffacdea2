import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';

const NAME = 'Room touch screen';
const INPUTS = '/sys/class/input';
const WAIT_MS = 20_000;
/** `struct input_event` on 64 bits: two words of time, type, code, value (linux/input.h). */
const EVENT_BYTES = 24;
const EV_ABS = 3;
const [X, Y] = [0x35, 0x36];

function findScreen(): string | null {
  const isOurs = (entry: string): boolean => {
    return entry.startsWith('event') && readFileSync(join(INPUTS, entry, 'device/name'), 'utf8').trim() === NAME;
  };
  return readdirSync(INPUTS).find(isOurs) ?? null;
}

function udevProperties(device: string): string {
  return execFileSync('udevadm', ['info', '--query=property', `--name=${device}`], { encoding: 'utf8' });
}

/** Where taps were, out of what the kernel tells of a touch screen. */
function tapsIn(events: Buffer): { x: number; y: number }[] {
  const values: Record<number, number[]> = { [X]: [], [Y]: [] };
  for (let at = 0; at + EVENT_BYTES <= events.length; at += EVENT_BYTES) {
    if (events.readUInt16LE(at + 16) === EV_ABS)
      values[events.readUInt16LE(at + 18)]?.push(events.readInt32LE(at + 20));
  }
  return (values[X] ?? []).map((x, i) => ({ x, y: values[Y]?.[i] ?? -1 }));
}

describe('a touch screen of the kernel (uinput)', () => {
  it('is known as a touch screen and tells where it is tapped', async () => {
    const screen = spawn('room-touch', { stdio: ['pipe', 'inherit', 'inherit'] });
    try {
      await eventually('the touch screen', WAIT_MS, () => findScreen() !== null);
      const device = `/dev/input/${findScreen()}`;
      await eventually('udev', WAIT_MS, () => /^ID_INPUT_TOUCHSCREEN=1$/m.test(udevProperties(device)));
      let heard = Buffer.alloc(0);
      const stream = createReadStream(device, { highWaterMark: EVENT_BYTES * 64 });
      // The read that waits is ended by the device's end.
      stream.on('error', () => undefined);
      stream.on('data', (chunk) => (heard = Buffer.concat([heard, Buffer.from(chunk)])));
      await new Promise((resolve) => stream.once('open', resolve));
      screen.stdin.write('400 300\n1919 1079\n');
      await eventually('both taps', WAIT_MS, () => tapsIn(heard).length === 2);
      assert.deepEqual(tapsIn(heard), [
        { x: 400, y: 300 },
        { x: 1919, y: 1079 },
      ]);
    } finally {
      screen.kill();
    }
  });
});
