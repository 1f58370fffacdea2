import assert from 'node:assert/strict';
import type { GpioEdge, GpioLines } from '../../src/devices/controls/gpio-lines.ts';
import { codeOf } from '../../src/lib/errors.ts';

/** A board under test: a driver, and the world outside it. */
export interface GpioBench {
  readonly lines: GpioLines;
  readonly chip: string;
  /** Free lines: names or offsets as the driver takes them. */
  readonly a: string | number;
  readonly b: string | number;
  /** Drives the physical level of an input from outside; resolves when the driver must have heard. */
  readonly drive: (line: string | number, high: boolean) => Promise<void>;
  readonly level: (line: string | number) => boolean | Promise<boolean>;
  /** Physical levels that the line has had as an output, in order. */
  readonly shown: (line: string | number) => readonly boolean[];
  /** Takes the chip away, or `null` where that cannot be tried. */
  readonly pull: (() => Promise<void>) | null;
  readonly close: () => Promise<void>;
}

const input = { activeLow: false, bias: 'as-is' } as const;
const noLoss = (error: unknown): void => assert.fail(String(error));
const isCode = (code: string) => (error: unknown) => codeOf(error) === code;

/** What every driver of GPIO lines must do; `isPullable`: the chip can be taken away. */
export function gpioLinesContract(name: string, isPullable: boolean, setUp: () => Promise<GpioBench>): void {
  describe(`GPIO lines: ${name}`, () => {
    let bench: GpioBench;
    beforeEach(async () => {
      bench = await setUp();
    });
    afterEach(async () => {
      await bench.lines.close();
      await bench.close();
    });

    it('tells edges with times that do not go back, and the level', async () => {
      const edges: GpioEdge[] = [];
      const line = await bench.lines.input(
        { chip: bench.chip, line: bench.a },
        input,
        (edge) => edges.push(edge),
        noLoss,
      );
      assert.equal(line.active, false);
      for (const high of [true, false, true]) await bench.drive(bench.a, high);
      assert.deepEqual(
        edges.map((edge) => edge.active),
        [true, false, true],
      );
      assert.ok(edges.every((edge, i) => edge.atUs >= (edges[i - 1]?.atUs ?? 0)));
      assert.equal(line.active, true);
    });

    it('takes the polarity off, also of the first level', async () => {
      const edges: boolean[] = [];
      // As it is: a pull-up that works would lift the open line.
      const options = { activeLow: true, bias: 'as-is' } as const;
      const line = await bench.lines.input(
        { chip: bench.chip, line: bench.a },
        options,
        (edge) => edges.push(edge.active),
        noLoss,
      );
      assert.equal(line.active, true);
      await bench.drive(bench.a, true);
      assert.deepEqual([line.active, edges], [false, [false]]);
    });

    it('hears nothing after it is closed', async () => {
      const edges: GpioEdge[] = [];
      const line = await bench.lines.input(
        { chip: bench.chip, line: bench.a },
        input,
        (edge) => edges.push(edge),
        noLoss,
      );
      await line.close();
      await line.close();
      await bench.drive(bench.a, true);
      assert.deepEqual(edges, []);
    });

    for (const activeLow of [false, true])
      for (const initial of [false, true])
        it(`makes an output ${initial} at once, without the other level (active ${activeLow ? 'low' : 'high'})`, async () => {
          const line = await bench.lines.output({ chip: bench.chip, line: bench.b }, { activeLow, initial }, noLoss);
          assert.equal(line.value, initial);
          assert.equal(await bench.level(bench.b), initial !== activeLow);
          const shown = bench.shown(bench.b);
          assert.ok(shown.length > 0 && shown.every((high) => high === (initial !== activeLow)), String(shown));
        });

    it('sets outputs and says what they are then', async () => {
      const line = await bench.lines.output(
        { chip: bench.chip, line: bench.b },
        { activeLow: false, initial: false },
        noLoss,
      );
      for (const value of [true, true, false, true]) {
        assert.equal(await line.set(value), value);
        assert.equal(line.value, value);
        assert.equal(await bench.level(bench.b), value);
      }
      const changes = bench.shown(bench.b).filter((high, i, all) => high !== all[i - 1]);
      assert.deepEqual(changes, [false, true, false, true]);
    });

    it('lets the last of many calls win', async () => {
      const line = await bench.lines.output(
        { chip: bench.chip, line: bench.b },
        { activeLow: false, initial: false },
        noLoss,
      );
      await Promise.all([true, false, true, false, true].map((value) => line.set(value)));
      assert.equal(line.value, true);
      assert.equal(await bench.level(bench.b), true);
    });

    it('gives a line to one at a time, and to the next when it is closed', async () => {
      const name = { chip: bench.chip, line: bench.a };
      const first = await bench.lines.input(name, input, () => undefined, noLoss);
      await assert.rejects(
        bench.lines.input(name, input, () => undefined, noLoss),
        isCode('device/gpio-busy'),
      );
      await assert.rejects(
        bench.lines.output(name, { activeLow: false, initial: true }, noLoss),
        isCode('device/gpio-busy'),
      );
      await first.close();
      await (await bench.lines.output(name, { activeLow: false, initial: false }, noLoss)).close();
    });

    it('refuses lines and chips that there are not', async () => {
      for (const name of [
        { chip: bench.chip, line: 'no such line' },
        { chip: 'no such chip', line: bench.a },
        { chip: bench.chip, line: 9_999 },
      ])
        await assert.rejects(
          bench.lines.input(name, input, () => undefined, noLoss),
          isCode('device/gpio-unknown-line'),
        );
    });

    it('refuses to set a closed output', async () => {
      const line = await bench.lines.output(
        { chip: bench.chip, line: bench.b },
        { activeLow: false, initial: false },
        noLoss,
      );
      await line.close();
      await assert.rejects(line.set(true), isCode('device/gpio-failed'));
    });

    it('closes all lines with the driver', async () => {
      const line = await bench.lines.output(
        { chip: bench.chip, line: bench.b },
        { activeLow: false, initial: false },
        noLoss,
      );
      await bench.lines.close();
      await bench.lines.close();
      await assert.rejects(line.set(true), isCode('device/gpio-failed'));
    });

    if (!isPullable) return;

    it('tells once of a line that is lost', async () => {
      let lost = 0;
      await bench.lines.input(
        { chip: bench.chip, line: bench.a },
        input,
        () => undefined,
        () => lost++,
      );
      await bench.pull?.();
      assert.equal(lost, 1);
    });
  });
}
