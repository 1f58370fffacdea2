import assert from 'node:assert/strict';
import { KernelGpio } from '../../../src/devices/controls/kernel-gpio.ts';
import { Led } from '../../../src/devices/controls/led.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { CHIP, roomGpio, SimulatedChip } from './simulated-chip.ts';

const LIGHT = 6;
const CHANGES = 7;

describe('a light on a line of the kernel (gpio-sim)', () => {
  it('blinks slowly: half a second lit and half a second dark', async () => {
    const chip = new SimulatedChip();
    const lines = new KernelGpio(roomGpio(), systemClock);
    const options = { activeLow: false, initial: false };
    chip.watch();
    try {
      const line = await lines.output({ chip: CHIP, line: LIGHT }, options, (error) => assert.fail(String(error)));
      const led = new Led(systemClock, (lit) => void line.set(lit));
      led.show('slow-blink');
      await eventually('the changes', 20_000, () => chip.outputs(LIGHT).length >= CHANGES);
      led.close();
      const shown = chip.outputs(LIGHT).slice(0, CHANGES);
      shown.forEach(({ high }, i) => assert.equal(high, i % 2 === 1));
      assert.deepEqual(chip.directions(LIGHT), ['out']);
      // The first change is wherever the clock's phase is.
      const apartMs = shown.slice(2).map(({ atUs }, i) => (atUs - (shown[i + 1]?.atUs ?? 0)) / 1000);
      for (const ms of apartMs) assert.ok(Math.abs(ms - 500) < 150, apartMs.join(' ms, '));
    } finally {
      chip.unwatch();
      await lines.close();
    }
  });
});
