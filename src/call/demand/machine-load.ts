import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** What the decisions of viewer and sender need to know of this machine. */
export interface MachineLoad {
  /** Share of all cores in use since the reading before, 0 to 1; null on the first one. */
  readonly load: number | null;
  /** The processor is slowed down by heat or by its supply. */
  readonly throttled: boolean;
}

interface Times {
  readonly busy: number;
  readonly all: number;
}

export interface MachineSources {
  /** Processor time of all cores since boot, any unit. */
  readonly times: () => Times;
  /** sysfs, or what stands in for it in tests. */
  readonly sysfs: string;
}

export const machineSources: MachineSources = { times: coreTimes, sysfs: '/sys' };

/** Bits of the Raspberry Pi firmware's word that hold now: under-voltage, frequency capped, throttled, soft temperature limit. */
const PI_THROTTLED_NOW = 0xf;
const PI_THROTTLED = 'devices/platform/soc/soc:firmware/get_throttled';
/** A cooling device of these types slows the processor down while its state is above 0; fans are none. */
const SLOWS_CPU = /^(cpufreq|processor|intel_powerclamp|thermal-cpufreq|cpu-cpufreq)/i;

/** Reads the load since its own last reading: one reader for each who asks, once a second or so. */
export class MachineLoadReader {
  readonly #sources: MachineSources;
  #last: Times | null = null;

  constructor(sources: MachineSources) {
    this.#sources = sources;
  }

  /** Never throws: a machine without a sensor counts as cool. */
  async read(): Promise<MachineLoad> {
    const now = this.#sources.times();
    const before = this.#last;
    this.#last = now;
    const passed = before === null ? 0 : now.all - before.all;
    const load = before === null || passed <= 0 ? null : Math.min(1, Math.max(0, (now.busy - before.busy) / passed));
    const throttled = (await piThrottled(this.#sources.sysfs)) ?? (await coolingSlowsCpu(this.#sources.sysfs));
    return { load, throttled };
  }
}

/** Null where there is no such firmware. */
async function piThrottled(sysfs: string): Promise<boolean | null> {
  const text = await readText(join(sysfs, PI_THROTTLED));
  const word = text === null ? NaN : Number.parseInt(text, 16);
  return Number.isNaN(word) ? null : (word & PI_THROTTLED_NOW) !== 0;
}

async function coolingSlowsCpu(sysfs: string): Promise<boolean> {
  const thermal = join(sysfs, 'class/thermal');
  const names = await readdir(thermal).catch(() => []);
  const states = names
    .filter((name) => name.startsWith('cooling_device'))
    .map(async (name) => {
      const type = await readText(join(thermal, name, 'type'));
      return type !== null && SLOWS_CPU.test(type) ? Number(await readText(join(thermal, name, 'cur_state'))) : 0;
    });
  return (await Promise.all(states)).some((state) => state > 0);
}

function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

function coreTimes(): Times {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    busy += sum - times.idle;
    all += sum;
  }
  return { busy, all };
}
