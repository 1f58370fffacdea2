import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { EdgeLines, parseDetect, parseInfo } from '../../../../src/devices/controls/gpiod-output.ts';
import { GpiodTools } from '../../../../src/devices/controls/gpiod-tools.ts';
import { systemTools } from '../../../../src/devices/controls/start-tool.ts';
import { sysfsNumber } from '../../../../src/devices/controls/sysfs-gpio.ts';
import { VirtualGpio } from '../../../../src/devices/controls/virtual-gpio.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { codeOf } from '../../../../src/lib/errors.ts';
import { simulatedGpiod } from '../../../support/simulated-gpiod.ts';

describe('output of the tools of libgpiod 1.6', () => {
  it('is read as the tools of Debian 12 print it', () => {
    assert.deepEqual(
      parseDetect('gpiochip0 [pinctrl-bcm2711] (58 lines)\ngpiochip1 [raspberrypi-exp-gpio] (8 lines)\n'),
      [
        { device: 'gpiochip0', label: 'pinctrl-bcm2711' },
        { device: 'gpiochip1', label: 'raspberrypi-exp-gpio' },
      ],
    );
    const info =
      'gpiochip0 - 3 lines:\n' +
      '\tline   0:     "ID_SDA"       unused   input  active-high \n' +
      '\tline   1:      unnamed    "gpiomon"   input   active-low [used pull-up]\n' +
      '\tline   2: "RGMII_MDIO" "kernel use"  output  active-high [used]\n';
    assert.deepEqual(parseInfo(info), [
      { offset: 0, name: 'ID_SDA', consumer: null },
      { offset: 1, name: null, consumer: 'gpiomon' },
      { offset: 2, name: 'RGMII_MDIO', consumer: 'kernel use' },
    ]);
  });

  it('edges come through however they are cut, with noise between them', () => {
    const text = '1 12 000000900\nnoise\n\n0 13 5000000\n' + '9'.repeat(500) + '\n2 1 1\n1 14 999999999\n';
    const whole = [
      { active: true, atUs: 12_000_000 },
      { active: false, atUs: 13_005_000 },
      { active: true, atUs: 14_999_999 },
    ];
    for (let cut = 0; cut <= text.length; cut++) {
      const lines = new EdgeLines();
      assert.deepEqual([...lines.push(text.slice(0, cut)), ...lines.push(text.slice(cut))], whole);
    }
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 100 }), { maxLength: 20 }), (pieces) => {
        const lines = new EdgeLines();
        for (const piece of pieces) lines.push(piece);
        lines.push('\n');
        assert.deepEqual(lines.push('1 1 1000\n'), [{ active: true, atUs: 1_000_001 }]);
      }),
    );
  });
});

describe('GpiodTools', () => {
  const chips = { one: ['SAME', 'A'], two: ['SAME'] };

  it('refuses to guess between lines of the same name, unless the chip is said', async () => {
    const board = new VirtualGpio(systemClock, chips);
    const tools = new GpiodTools(simulatedGpiod(board, chips).start, systemClock);
    const options = { activeLow: false, bias: 'as-is' } as const;
    const take = (chip: string | null, line: string | number) =>
      tools.input(
        { chip, line },
        options,
        () => undefined,
        () => undefined,
      );
    await assert.rejects(take(null, 'SAME'), (error) => codeOf(error) === 'device/gpio-unknown-line');
    await assert.rejects(take(null, 0), (error) => codeOf(error) === 'device/gpio-unknown-line');
    await take(null, 'A');
    await take('two', 'SAME');
    await tools.close();
  });

  it('says when the tools are missing', async () => {
    const tools = new GpiodTools(systemTools({ PATH: '/nowhere' }), systemClock);
    await assert.rejects(tools.check(), (error) => codeOf(error) === 'device/gpio-tools-unusable');
  });
});

describe('sysfs numbers', () => {
  it('add the base of the chip with the label, which kernels choose', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'incamera-sysfs-'));
    const add = async (base: number, label: string, count: number): Promise<void> => {
      await mkdir(join(folder, `gpiochip${base}`));
      await Promise.all(
        Object.entries({ base, label, ngpio: count }).map(([file, value]) =>
          writeFile(join(folder, `gpiochip${base}`, file), `${value}\n`),
        ),
      );
    };
    await add(512, 'pinctrl-bcm2711', 58);
    await add(570, 'expander', 8);
    await add(578, 'expander', 8);
    await mkdir(join(folder, 'gpiochip600'));
    assert.equal(await sysfsNumber(folder, { chip: 'pinctrl-bcm2711', line: 4 }), 516);
    for (const name of [
      { chip: 'pinctrl-bcm2711', line: 58 },
      { chip: 'pinctrl-bcm2711', line: 'GPIO4' },
      { chip: 'expander', line: 0 },
      { chip: null, line: 4 },
    ])
      await assert.rejects(sysfsNumber(folder, name), (error) => codeOf(error) === 'device/gpio-unknown-line');
    await rm(folder, { recursive: true });
  });
});
