import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { GpioSession } from '../../../../src/devices/controls/gpio-session.ts';
import { KernelGpio } from '../../../../src/devices/controls/kernel-gpio.ts';
import { helperAt } from '../../../../src/devices/controls/start-helper.ts';
import type { HelperProcess } from '../../../../src/devices/controls/start-helper.ts';
import { hasOnlySysfs, loadOnoff, SysfsGpio, sysfsNumber } from '../../../../src/devices/controls/sysfs-gpio.ts';
import type { OnoffGpio } from '../../../../src/devices/controls/sysfs-gpio.ts';
import { ManualClock, systemClock } from '../../../../src/lib/clock.ts';
import { codeOf } from '../../../../src/lib/errors.ts';
import { builtHelper, SimulatedKernel } from '../../../support/simulated-gpio-kernel.ts';

/** A helper that the test speaks for. */
class SpokenHelper implements HelperProcess {
  readonly written: string[] = [];
  stopped = false;
  #output: (chunk: Uint8Array) => void = () => undefined;
  #exit: (reason: string) => void = () => undefined;

  write(text: string): void {
    this.written.push(text);
  }
  onOutput(listener: (chunk: Uint8Array) => void): void {
    this.#output = listener;
  }
  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }
  stop(): void {
    this.stopped = true;
    this.end('stopped');
  }
  say(text: string): void {
    this.#output(Buffer.from(text, 'latin1'));
  }
  end(reason: string): void {
    this.#exit(reason);
  }
}

const isCode = (code: string) => (error: unknown) => codeOf(error) === code;
const ignore = { onEdge: () => undefined, onLost: () => undefined };

describe('GpioSession', () => {
  it('hears answers and edges however they are cut, with noise between them', async () => {
    const text =
      'chip 1 gpiochip0 61\n\nnoise\nedge 2 1 12000\n' +
      '9'.repeat(5_000) +
      '\nedge 2 2 1\nedge 2 0 13000\nok 1\nok 2 1\n';
    for (let cut = 0; cut <= text.length; cut += cut < 60 ? 1 : 997) {
      const helper = new SpokenHelper();
      const session = new GpioSession(helper, new ManualClock());
      const edges: unknown[] = [];
      const chips = session.ask('chips');
      const held = session.hold({ ...ignore, onEdge: (...edge) => edges.push(edge) }, 'input', 'gpiochip0', 1);
      helper.say(text.slice(0, cut));
      helper.say(text.slice(cut));
      assert.deepEqual(await chips, { fields: [], rows: [['chip', 'gpiochip0', '61']] });
      assert.deepEqual(await held, { number: 2, active: true });
      assert.deepEqual(edges, [
        [true, 12_000],
        [false, 13_000],
      ]);
    }
  });

  it('survives whatever is said, and still hears afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 300 }), { maxLength: 20 }), async (pieces) => {
        const helper = new SpokenHelper();
        const session = new GpioSession(helper, new ManualClock());
        for (const piece of pieces) helper.say(piece);
        const asked = session.ask('chips');
        helper.say('\nok 1 yes\n');
        assert.deepEqual((await asked).fields, ['yes']);
      }),
    );
  });

  it('ends a helper that does not answer, and tells the lines it held', async () => {
    const [helper, clock, lost] = [new SpokenHelper(), new ManualClock(), [] as string[]];
    const session = new GpioSession(helper, clock);
    const held = session.hold({ ...ignore, onLost: (error) => lost.push(codeOf(error)) }, 'input', 'gpiochip0', 1);
    helper.say('ok 1 0\n');
    await held;
    const asked = session.ask('chips');
    clock.advance(3_000);
    await assert.rejects(asked, isCode('device/gpio-failed'));
    assert.deepEqual([helper.stopped, lost, clock.pending], [true, ['device/gpio-failed'], 0]);
  });

  it('tells a line once that it is lost, and forgets it', async () => {
    const [helper, lost] = [new SpokenHelper(), [] as string[]];
    const session = new GpioSession(helper, new ManualClock());
    const held = session.hold({ ...ignore, onLost: (error) => lost.push(codeOf(error)) }, 'input', 'gpiochip0', 1);
    helper.say('ok 1 0\nlost 1 ENODEV\nlost 1 ENODEV\n');
    await held;
    helper.end('gone');
    assert.deepEqual(lost, ['ENODEV']);
    assert.equal(session.isEnded, true);
  });
});

describe('KernelGpio', () => {
  const chips = { one: ['SAME', 'A'], two: ['SAME'] };
  const options = { activeLow: false, bias: 'as-is' } as const;
  const nothing = (): void => undefined;

  it('refuses to guess between lines of the same name, unless the chip is said', async () => {
    const kernel = await SimulatedKernel.start(chips);
    const gpio = new KernelGpio(kernel.helper, systemClock);
    const take = (chip: string | null, line: string | number) => gpio.input({ chip, line }, options, nothing, nothing);
    await assert.rejects(take(null, 'SAME'), isCode('device/gpio-unknown-line'));
    await assert.rejects(take(null, 0), isCode('device/gpio-unknown-line'));
    await take(null, 'A');
    await take('two', 'SAME');
    await gpio.close();
    await kernel.close();
  });

  it('says when the helper is missing', async () => {
    const gpio = new KernelGpio(helperAt('/nowhere/incamera-gpio', [], {}), systemClock);
    const taken = gpio.input({ chip: null, line: 'A' }, options, nothing, nothing);
    await assert.rejects(taken, isCode('device/gpio-tools-unusable'));
    await gpio.close();
  });

  it('starts a helper that has ended anew with the next line', async () => {
    const kernel = await SimulatedKernel.start(chips);
    const started: HelperProcess[] = [];
    const gpio = new KernelGpio(() => {
      const helper = kernel.helper();
      started.push(helper);
      return helper;
    }, systemClock);
    const lost = new Promise((resolve) => {
      void gpio.input({ chip: null, line: 'A' }, options, nothing, resolve).then(() => started[0]?.stop());
    });
    assert.equal(codeOf(await lost), 'device/gpio-tools-unusable');
    assert.equal((await gpio.input({ chip: null, line: 'A' }, options, nothing, nothing)).active, false);
    assert.equal(started.length, 2);
    await gpio.close();
    await kernel.close();
  });
});

describe('incamera-gpio', () => {
  /** What it answers to a whole input, after which it ends by itself. */
  async function answersTo(input: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'incamera-gpio-'));
    await writeFile(join(folder, 'gpiochip0'), 'not a device\n');
    const child = spawn(await builtHelper(), [folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(input, 'latin1');
    let output = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0);
    await rm(folder, { recursive: true });
    return output;
  }

  it('refuses what it does not know, and goes on', async () => {
    const requests: Readonly<Record<string, string>> = {
      'chips 1': 'ok 1',
      'lines 2 ../secret': 'error 2 EINVAL',
      'lines 3 gpiochip1': 'error 3 ENOENT',
      'lines 4 gpiochip0': 'error 4 ENOTTY',
      'input 5 gpiochip0 0 high sideways': 'error 5 EINVAL',
      'output 6 gpiochip0 -1 high 0': 'error 6 EINVAL',
      'set 7 1 1': 'error 7 EBADF',
      'set 8 1 2': 'error 8 EINVAL',
      'release 9 1': 'ok 9',
      'chips 99999999999': 'error 0 EINVAL',
      chips: 'error 0 EINVAL',
      'a 1 b c d e f g h i': 'error 0 EINVAL',
      [`chips ${'1'.repeat(5_000)}`]: 'error 0 E2BIG',
    };
    const output = await answersTo(`${Object.keys(requests).join('\n')}\n`);
    assert.deepEqual(output.trimEnd().split('\n'), Object.values(requests));
  });

  it('answers each line of noise, and ends with its input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const noise = Buffer.from(bytes).toString('latin1').replaceAll('\n', '');
        const output = await answersTo(`${noise}\nchips 7\nunfinished`);
        assert.match(output, /^(error|ok) \d+.*\nok 7\n$/);
      }),
      { numRuns: 15 },
    );
  });
});

describe('GPIO by sysfs', () => {
  let folder: string;
  const options = { activeLow: false, bias: 'as-is' } as const;
  const take = (lines: SysfsGpio) =>
    lines.input(
      { chip: 'board', line: 4 },
      options,
      () => undefined,
      () => undefined,
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'incamera-sysfs-'));
    // A number beyond what a kernel has, so that no board of this machine is touched.
    await mkdir(join(folder, 'gpiochip900000'));
    for (const [file, text] of Object.entries({ base: '900000', label: 'board', ngpio: '8' }))
      await writeFile(join(folder, 'gpiochip900000', file), `${text}\n`);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is chosen where only sysfs has chips', async () => {
    const [devices, none] = [join(folder, 'dev'), join(folder, 'none')];
    await mkdir(devices);
    assert.equal(await hasOnlySysfs(devices, folder), true);
    assert.equal(await hasOnlySysfs(none, folder), true);
    assert.equal(await hasOnlySysfs(devices, none), false);
    assert.equal(await hasOnlySysfs(devices, devices), false);
    await writeFile(join(devices, 'gpiochip0'), '');
    assert.equal(await hasOnlySysfs(devices, folder), false);
  });

  it('has the real class of onoff, and fails with what the kernel says', async () => {
    const { Gpio } = await import('onoff');
    const used: Record<keyof OnoffGpio, true> = {
      readSync: true,
      write: true,
      watch: true,
      unwatchAll: true,
      unexport: true,
    };
    for (const name of Object.keys(used)) assert.equal(typeof Reflect.get(Gpio.prototype, name), 'function', name);
    const lines = new SysfsGpio(folder, loadOnoff, systemClock);
    await assert.rejects(take(lines), isCode('device/gpio-failed'));
  });

  it('says so where the native part of onoff was not built', async () => {
    const lines = new SysfsGpio(
      folder,
      () => Promise.reject(new Error('Could not locate the bindings file')),
      systemClock,
    );
    await assert.rejects(take(lines), isCode('device/gpio-tools-unusable'));
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
