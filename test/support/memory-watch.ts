import { residentBytes } from './processes.ts';

export interface MemoryTrend {
  readonly startMb: number;
  readonly endMb: number;
  /** Of the straight line through the lowest value of each window: what garbage collection leaves. */
  readonly slopeMbPerHour: number;
}

const SAMPLE_MS = 500;
const MB = 1_048_576;

/** Watches a process for `forMs` and fits a line through the lowest values of `windows` equal windows. */
export async function watchMemory(
  pid: number,
  forMs: number,
  windows: number,
  report: (atMs: number, mb: number) => void = () => undefined,
): Promise<MemoryTrend> {
  const lowest: number[] = [];
  const begin = performance.now();
  for (let window = 0; window < windows; window++) {
    const endMs = begin + ((window + 1) * forMs) / windows;
    let low = Infinity;
    while (performance.now() < endMs) {
      const bytes = await residentBytes(pid);
      if (bytes === 0) throw new Error(`process ${pid} is gone`);
      low = Math.min(low, bytes / MB);
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
    lowest.push(low);
    report(performance.now() - begin, low);
  }
  return {
    startMb: lowest[0] ?? 0,
    endMb: lowest.at(-1) ?? 0,
    slopeMbPerHour: (slopeOf(lowest) * 3_600_000) / (forMs / windows),
  };
}

/** Least squares, a step of one between values. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [up, down] = values.reduce(
    ([a, b], value, i) => [a + (i - middle) * (value - mean), b + (i - middle) ** 2],
    [0, 0],
  );
  return down === 0 ? 0 : up / down;
}
