import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MachineLoadReader, machineSources } from '../../../../src/call/demand/machine-load.ts';

describe('the load of this machine', () => {
  let sysfs: string;
  beforeEach(async () => {
    sysfs = await mkdtemp(join(tmpdir(), 'incamera-sysfs-'));
  });
  afterEach(() => rm(sysfs, { recursive: true }));

  async function put(path: string, text: string): Promise<void> {
    await mkdir(join(sysfs, path, '..'), { recursive: true });
    await writeFile(join(sysfs, path), `${text}\n`);
  }

  const throttled = async (): Promise<boolean> =>
    (await new MachineLoadReader({ times: () => ({ busy: 0, all: 0 }), sysfs }).read()).throttled;

  it('is the busy share of what passed since the last reading', async () => {
    const readings = [
      { busy: 100, all: 1_000 },
      { busy: 250, all: 1_200 },
      { busy: 250, all: 1_200 },
      { busy: 240, all: 1_300 },
    ];
    let next = 0;
    const reader = new MachineLoadReader({ times: () => readings[next++] ?? { busy: 0, all: 0 }, sysfs });
    const loads = [];
    for (let i = 0; i < 4; i++) loads.push((await reader.read()).load);
    assert.deepEqual(loads, [null, 0.75, null, 0]);
  });

  it('is not throttled where nothing can tell', async () => {
    assert.equal(await throttled(), false);
  });

  it('believes the firmware of a Raspberry Pi about now, not about what was', async () => {
    const path = 'devices/platform/soc/soc:firmware/get_throttled';
    await put(path, '50000');
    assert.equal(await throttled(), false);
    await put(path, '50005');
    assert.equal(await throttled(), true);
  });

  it('is throttled while a processor is cooled by slowing it down, not by a fan', async () => {
    await put('class/thermal/cooling_device0/type', 'pwm-fan');
    await put('class/thermal/cooling_device0/cur_state', '3');
    await put('class/thermal/cooling_device1/type', 'cpufreq-cpu0');
    await put('class/thermal/cooling_device1/cur_state', '0');
    assert.equal(await throttled(), false);
    await put('class/thermal/cooling_device1/cur_state', '2');
    assert.equal(await throttled(), true);
  });

  it('can be read on this machine', async () => {
    const reader = new MachineLoadReader(machineSources);
    await reader.read();
    const until = performance.now() + 60;
    while (performance.now() < until);
    const { load } = await reader.read();
    assert.ok(load === null || (load > 0 && load <= 1), String(load));
  });
});
