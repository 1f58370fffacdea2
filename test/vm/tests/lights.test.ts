import assert from 'node:assert/strict';
import { KernelGpio } from '../../../src/devices/controls/kernel-gpio.ts';
import { Led } from '../../../src/devices/controls/led.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { blinkingOf } from './blinking.ts';
import { CHIP, roomGpio, SimulatedChip } from './simulated-chip.ts';

const LIGHT = 6;
const CHANGES = 14;

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
      await eventually('the changes', 60_000, () => chip.outputs(LIGHT).length >= CHANGES);
      led.close();
      assert.deepEqual(chip.directions(LIGHT), ['out']);
      // The first change is wherever the clock's phase is, and emulation holds some up: medians over whole periods.
      const { periodMs, litMs } = blinkingOf(chip.outputs(LIGHT).slice(2));
      assert.ok(Math.abs(periodMs - 1_000) < 200 && Math.abs(litMs - 500) < 200, `${litMs} ms lit of ${periodMs} ms`);
    } finally {
      chip.unwatch();
      await lines.close();
    }
  });
});
