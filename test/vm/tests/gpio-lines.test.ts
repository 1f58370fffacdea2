import assert from 'node:assert/strict';
import type { GpioEdge } from '../../../src/devices/controls/gpio-lines.ts';
import { KernelGpio } from '../../../src/devices/controls/kernel-gpio.ts';
import { loadOnoff, SysfsGpio } from '../../../src/devices/controls/sysfs-gpio.ts';
import type { MakeOnoffGpio } from '../../../src/devices/controls/sysfs-gpio.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type GpioBench, gpioLinesContract } from '../../contract/gpio-lines.ts';
import { eventually } from '../../support/eventually.ts';
import { listening } from '../../support/listening-helper.ts';
import { CHIP, roomGpio, SimulatedChip } from './simulated-chip.ts';

const [BUTTON, LIGHT] = [0, 5];
const WAIT_MS = 10_000;
const LATENCY_MS = 50;
const EDGES = 20;
const failed = (error: unknown): void => assert.fail(String(error));

/** `hearing`: does something outside, and waits until the driver has heard of it. */
function benchOn(
  chip: SimulatedChip,
  rest: Pick<GpioBench, 'lines'> & { readonly hearing: (act: () => void) => Promise<void> },
): GpioBench {
  for (const line of [BUTTON, LIGHT]) chip.drive(line, false);
  chip.watch();
  return {
    lines: rest.lines,
    chip: CHIP,
    a: BUTTON,
    b: LIGHT,
    drive: async (line, high) => {
      if (chip.level(Number(line)) !== high) await rest.hearing(() => chip.drive(Number(line), high));
    },
    level: (line) => chip.level(Number(line)),
    shown: (line) => chip.outputs(Number(line)).map(({ high }) => high),
    pull: null,
    close: async () => chip.unwatch(),
  };
}

gpioLinesContract('the helper on a chip of the kernel (gpio-sim)', false, async () => {
  const helper = listening(roomGpio());
  return benchOn(new SimulatedChip(), {
    lines: new KernelGpio(helper.start, systemClock),
    hearing: async (act) => helper.hearing(async () => act()),
  });
});

gpioLinesContract('onoff over sysfs on a chip of the kernel (gpio-sim)', false, async () => {
  const onoff = await loadOnoff();
  let [heard, watching] = [0, 0];
  const make: MakeOnoffGpio = (...args) => {
    const gpio = onoff(...args);
    let isWatched = false;
    return {
      readSync: () => gpio.readSync(),
      write: (value) => gpio.write(value),
      unexport: () => gpio.unexport(),
      watch: (callback) => {
        isWatched = true;
        watching++;
        gpio.watch((error, value) => {
          callback(error, value);
          heard++;
        });
      },
      unwatchAll: () => {
        gpio.unwatchAll();
        if (isWatched) watching--;
        isWatched = false;
      },
    };
  };
  return benchOn(new SimulatedChip(), {
    lines: new SysfsGpio('/sys/class/gpio', async () => make, systemClock),
    hearing: async (act) => {
      const before = heard;
      act();
      if (watching > 0) await eventually('the edge', WAIT_MS, () => heard > before);
    },
  });
});

describe('a chip of the kernel (gpio-sim), by the helper', () => {
  let chip: SimulatedChip;
  let lines: KernelGpio;

  beforeEach(() => {
    chip = new SimulatedChip();
    lines = new KernelGpio(roomGpio(), systemClock);
  });

  afterEach(() => lines.close());

  it('tells the edges of a button found by its name, in the time between them', async () => {
    chip.drive(BUTTON, false);
    const edges: GpioEdge[] = [];
    await lines.input(
      { chip: null, line: 'MUTE' },
      { activeLow: false, bias: 'as-is' },
      (edge) => edges.push(edge),
      failed,
    );
    chip.drive(BUTTON, true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    chip.drive(BUTTON, false);
    await eventually('both edges', WAIT_MS, () => edges.length === 2);
    assert.deepEqual(
      edges.map(({ active }) => active),
      [true, false],
    );
    const apartMs = ((edges[1]?.atUs ?? 0) - (edges[0]?.atUs ?? 0)) / 1000;
    assert.ok(apartMs >= 190 && apartMs < 2_000, `${apartMs} ms between the edges`);
  });

  it(`tells an edge within ${LATENCY_MS} ms, most of the time`, async () => {
    const latenciesMs: number[] = [];
    chip.drive(BUTTON, false);
    await lines.input(
      { chip: CHIP, line: BUTTON },
      { activeLow: false, bias: 'as-is' },
      ({ atUs }) => latenciesMs.push(Number(process.hrtime.bigint() / 1000n - BigInt(atUs)) / 1000),
      failed,
    );
    for (let edge = 1; edge <= EDGES; edge++) {
      chip.drive(BUTTON, edge % 2 === 1);
      await eventually(`edge ${edge}`, WAIT_MS, () => latenciesMs.length === edge);
    }
    // Both are the monotonic clock (edges since Linux 5.7, Node always). Now and then emulation holds everything up.
    const median = latenciesMs.toSorted((a, b) => a - b)[EDGES / 2] ?? Infinity;
    assert.ok(median > 0 && median <= LATENCY_MS, latenciesMs.join(' ms, '));
  });

  it('lifts an open line by the pull-up that is asked for', async () => {
    chip.drive(BUTTON, false);
    const options = { activeLow: true, bias: 'pull-up' } as const;
    const line = await lines.input({ chip: CHIP, line: BUTTON }, options, () => undefined, failed);
    assert.equal(chip.level(BUTTON), true);
    assert.equal(line.active, false);
  });

  it('puts on an output what was asked and nothing else, and never lets it go between changes', async () => {
    chip.drive(LIGHT, false);
    chip.watch();
    try {
      const line = await lines.output({ chip: CHIP, line: LIGHT }, { activeLow: false, initial: true }, failed);
      const asked = [true];
      for (let change = 0; change < 10; change++) {
        asked.push(!asked.at(-1));
        await line.set(asked.at(-1) ?? false);
      }
      assert.deepEqual(
        chip.outputs(LIGHT).map(({ high }) => high),
        asked,
      );
      // Made an output once, at the beginning, and nothing else since: neither an input, nor an output anew.
      assert.deepEqual(chip.directions(LIGHT), ['out']);
    } finally {
      chip.unwatch();
    }
  });
});
