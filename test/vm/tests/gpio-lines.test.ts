import assert from 'node:assert/strict';
import { GpiodTools } from '../../../src/devices/controls/gpiod-tools.ts';
import type { StartTool } from '../../../src/devices/controls/gpiod-tools.ts';
import type { GpioEdge } from '../../../src/devices/controls/gpio-lines.ts';
import { systemTools } from '../../../src/devices/controls/start-tool.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { gpioLinesContract } from '../../contract/gpio-lines.ts';
import { eventually } from '../../support/eventually.ts';
import { CHIP, SimulatedChip } from './simulated-chip.ts';

const [BUTTON, LIGHT] = [0, 5];
const WAIT_MS = 10_000;
const LATENCY_MS = 50;
const EDGES = 20;

/** Counts what the tools print of edges, by the line that they hold. */
function countingTools(): { start: StartTool; printed: (line: number) => number; holds: (line: number) => boolean } {
  const tools = systemTools(process.env);
  const printed = new Map<number, number>();
  const holders = new Map<number, number>();
  const add = (counts: Map<number, number>, line: number, by: number): void =>
    void counts.set(line, (counts.get(line) ?? 0) + by);
  return {
    start: (program, args) => {
      const tool = tools(program, args);
      if (program !== 'gpiomon') return tool;
      const line = Number(args.at(-1));
      add(holders, line, 1);
      tool.onOutput((text) => add(printed, line, text.split('\n').length - 1));
      tool.onExit(() => add(holders, line, -1));
      return tool;
    },
    printed: (line) => printed.get(line) ?? 0,
    holds: (line) => (holders.get(line) ?? 0) > 0,
  };
}

gpioLinesContract('tools of libgpiod on a chip of the kernel (gpio-sim)', false, async () => {
  const chip = new SimulatedChip();
  for (const line of [BUTTON, LIGHT]) chip.drive(line, false);
  chip.watch();
  const tools = countingTools();
  const lines = new GpiodTools(tools.start, systemClock);
  await lines.check();
  return {
    lines,
    chip: CHIP,
    a: BUTTON,
    b: LIGHT,
    drive: async (line, high) => {
      const [number, before] = [Number(line), tools.printed(Number(line))];
      if (chip.level(number) === high) return;
      chip.drive(number, high);
      if (tools.holds(number)) await eventually('the edge', WAIT_MS, () => tools.printed(number) > before);
    },
    level: (line) => chip.level(Number(line)),
    shown: (line) => chip.outputs(Number(line)).map(({ high }) => high),
    pull: null,
    close: async () => chip.unwatch(),
  };
});

describe('a chip of the kernel (gpio-sim), by the tools of libgpiod', () => {
  let chip: SimulatedChip;
  let lines: GpiodTools;

  beforeEach(() => {
    chip = new SimulatedChip();
    lines = new GpiodTools(systemTools(process.env), systemClock);
  });

  afterEach(() => lines.close());

  it('tells the edges of a button found by its name, in the time between them', async () => {
    chip.drive(BUTTON, false);
    const edges: GpioEdge[] = [];
    await lines.input(
      { chip: null, line: 'MUTE' },
      { activeLow: false, bias: 'as-is' },
      (edge) => edges.push(edge),
      (error) => assert.fail(String(error)),
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
      (error) => assert.fail(String(error)),
    );
    for (let edge = 1; edge <= EDGES; edge++) {
      chip.drive(BUTTON, edge % 2 === 1);
      await eventually(`edge ${edge}`, WAIT_MS, () => latenciesMs.length === edge);
    }
    // Both are the monotonic clock (libgpiod since Linux 5.7, Node always). Now and then emulation holds everything up.
    const median = latenciesMs.toSorted((a, b) => a - b)[EDGES / 2] ?? Infinity;
    assert.ok(median > 0 && median <= LATENCY_MS, latenciesMs.join(' ms, '));
  });

  it('lifts an open line by the pull-up that is asked for', async () => {
    chip.drive(BUTTON, false);
    const options = { activeLow: true, bias: 'pull-up' } as const;
    const name = { chip: CHIP, line: BUTTON };
    const line = await lines.input(
      name,
      options,
      () => undefined,
      (error) => assert.fail(String(error)),
    );
    assert.equal(chip.level(BUTTON), true);
    assert.equal(line.active, false);
  });
});
