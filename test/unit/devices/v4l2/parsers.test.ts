import assert from 'node:assert/strict';
import fc from 'fast-check';
import { onStep, parseControls, parseValues } from '../../../../src/devices/v4l2/controls.ts';
import { failureOf } from '../../../../src/devices/v4l2/failure.ts';
import { parseFormats } from '../../../../src/devices/v4l2/formats.ts';
import * as samples from '../../../fixtures/v4l2/samples.ts';

const every: readonly string[] = Object.values(samples);

/** Samples with lines dropped, cut, doubled and characters changed. */
const damaged = fc
  .tuple(
    fc.constantFrom(...every),
    fc.array(
      fc.record({ at: fc.nat(4_000), drop: fc.nat(120), insert: fc.string({ maxLength: 40, unit: 'binary' }) }),
      { maxLength: 8 },
    ),
  )
  .map(([text, cuts]) =>
    cuts.reduce((now, { at, drop, insert }) => now.slice(0, at) + insert + now.slice(at + drop), text),
  );

describe('v4l2-ctl --list-formats-ext', () => {
  it('gives formats with sizes and rates', () => {
    const modes = parseFormats(samples.webcamFormats);
    assert.equal(modes.length, 7);
    assert.deepEqual(modes[0], {
      fourcc: 'MJPG',
      width: { least: 1280, most: 1280, step: 1 },
      height: { least: 720, most: 720, step: 1 },
      rates: [
        { least: 30, most: 30 },
        { least: 15, most: 15 },
      ],
    });
    assert.deepEqual(modes.at(-1)?.rates, [{ least: 9, most: 9 }]);
  });

  it('reads what versions before 1.16 write', () => {
    const modes = parseFormats(samples.oldFormats);
    assert.deepEqual(
      modes.map(({ fourcc, width, rates }) => [fourcc, width.least, rates.map(({ most }) => most)]),
      [
        ['YUYV', 640, [30, 7.5]],
        ['YUYV', 1920, [5]],
        ['H264', 1920, [30]],
      ],
    );
  });

  it('keeps sizes in steps as a range, and leaves out the empty one', () => {
    const modes = parseFormats(samples.stepwiseFormats);
    assert.deepEqual(
      modes.map(({ fourcc }) => fourcc),
      ['YU12', 'YUYV'],
    );
    assert.deepEqual(modes[0]?.width, { least: 32, most: 2592, step: 2 });
    assert.deepEqual(modes[0]?.rates, []);
  });

  it('reads ranges of rates', () => {
    const text = `[0]: 'YUYV' (YUYV 4:2:2)\n Size: Continuous 16x16 - 640x480\n  Interval: Stepwise 0.033s - 0.200s with step 0.001s (5.000-30.000 fps)\n`;
    assert.deepEqual(parseFormats(text)[0]?.rates, [{ least: 5, most: 30 }]);
  });

  it('goes on after a size that makes no sense, without giving it the rates below', () => {
    const text = samples.webcamFormats.replace('Discrete 1280x720', 'Discrete 0x720');
    assert.equal(parseFormats(text).length, 6);
    assert.deepEqual(parseFormats(text)[0]?.rates.length, 2);
  });

  it('never throws, and gives only sizes and rates that can be', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary', maxLength: 2_000 })), (text) => {
        const modes = parseFormats(text);
        assert.ok(modes.length <= 1_024);
        for (const { width, height, rates } of modes) {
          for (const side of [width, height]) {
            assert.ok(side.least >= 1 && side.least <= side.most && side.most <= 16_384 && side.step >= 1);
          }
          for (const { least, most } of rates) assert.ok(least > 0 && least <= most && most <= 1_000);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is bounded', () => {
    const endless = `[0]: 'YUYV' (x)\n${'Size: Discrete 640x480\n'.repeat(5_000)}`;
    assert.equal(parseFormats(endless).length, 1_024);
    const rates = `[0]: 'YUYV' (x)\nSize: Discrete 640x480\n${'Interval: Discrete 0.033s (30.000 fps)\n'.repeat(500)}`;
    assert.equal(parseFormats(rates)[0]?.rates.length, 64);
  });
});

describe('v4l2-ctl --list-ctrls-menus', () => {
  const named = (text: string, name: string) => parseControls(text).find((control) => control.name === name);

  it('gives ranges, steps and the entries a menu really has', () => {
    assert.deepEqual(named(samples.obsbotControls, 'pan_absolute'), {
      name: 'pan_absolute',
      id: 0x009a0908,
      type: 'int',
      min: -468_000,
      max: 468_000,
      step: 3_600,
      initial: 0,
      menu: [],
    });
    assert.deepEqual(named(samples.oldWebcamControls, 'exposure_auto')?.menu, [1, 3]);
    assert.deepEqual(named(samples.obsbotControls, 'white_balance_automatic')?.max, 1);
  });

  it('takes no entry of a menu of another type for one of the menu before it', () => {
    const text = samples.oldWebcamControls;
    assert.equal(named(text, 'auto_exposure_bias'), undefined);
    assert.deepEqual(named(text, 'exposure_auto')?.menu, [1, 3]);
  });

  it('leaves out what cannot be set, and keeps what is only held by a mode', () => {
    const line = (flags: string): string =>
      ` pan_absolute 0x009a0908 (int)    : min=0 max=9 step=1 default=0 value=0 flags=${flags}\n`;
    assert.equal(parseControls(line('read-only, volatile')).length, 0);
    assert.equal(parseControls(line('disabled')).length, 0);
    assert.equal(parseControls(line('inactive, has-min-max')).length, 1);
  });

  it('reads values', () => {
    const values = parseValues('pan_absolute: -3600\npower_line_frequency: 1 (50 Hz)\nnonsense\n');
    assert.deepEqual(
      [...values],
      [
        ['pan_absolute', -3_600],
        ['power_line_frequency', 1],
      ],
    );
  });

  it('never throws, and gives only ranges that can be', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary', maxLength: 2_000 })), (text) => {
        for (const { min, max, step, name } of parseControls(text)) {
          assert.ok(min <= max && step >= 1 && /^[a-z_][a-z0-9_]*$/.test(name));
        }
        parseValues(text);
      }),
      { numRuns: 500 },
    );
  });

  it('brings any value into the range and on a step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000, max: 1_000 }),
        fc.nat(2_000),
        fc.integer({ min: 1, max: 500 }),
        fc.double(),
        (min, range, step, value) => {
          const control = { name: 'x', id: 1, type: 'int', min, max: min + range, step, initial: 0, menu: [] } as const;
          const at = onStep(control, value);
          assert.ok(at >= min && at <= min + range && (at - min) % step === 0, `${at}`);
        },
      ),
    );
  });
});

describe('failures of v4l2-ctl', () => {
  for (const [text, reason] of [
    ['Cannot open device /dev/video0, exiting.\nFailed to open /dev/video0: No such file or directory', 'gone'],
    ['VIDIOC_QUERYCAP: failed: No such device', 'gone'],
    ['VIDIOC_S_EXT_CTRLS: failed: Permission denied\nError setting controls: Permission denied', 'refused'],
    ['VIDIOC_S_EXT_CTRLS: failed: Input/output error', 'no-answer'],
    ['VIDIOC_S_EXT_CTRLS: failed: Connection timed out', 'no-answer'],
    ['VIDIOC_QUERY_DV_TIMINGS: failed: Link has been severed', 'no-signal'],
    ['VIDIOC_QUERY_DV_TIMINGS: failed: No locks available', 'bad-signal'],
    ['VIDIOC_QUERY_DV_TIMINGS: failed: Inappropriate ioctl for device', 'unsupported'],
    ['', 'no-answer'],
  ] as const) {
    it(`${reason}: ${text.split('\n')[0] ?? ''}`, () => {
      assert.deepEqual(failureOf(text), { kind: 'failed', reason });
    });
  }
});
