import { readFile } from 'node:fs/promises';
import { slopeOf } from './figures.ts';
import type { HeapReport } from './heap-report.ts';
import { residentBytes } from './processes.ts';

/** The lowest values of a window of time, MB: what garbage collection leaves. */
export interface MemoryLow {
  /** Of the whole process. */
  readonly resident: number;
  /** Of what is not the JavaScript heap, which grows for minutes before a full collection; equal to `resident` where that is not known. */
  readonly native: number;
  /** What the heap's objects took, and the buffers they hold outside of it; 0 where that is not known. */
  readonly heapUsed: number;
  readonly external: number;
}

export interface MemoryTrend {
  readonly windows: readonly MemoryLow[];
  /** Of the straight line through the windows' values. */
  slopeMbPerHour(of: keyof MemoryLow): number;
}

export interface MemoryWatch {
  readonly pid: number;
  readonly forMs: number;
  readonly windows: number;
  /** File that heap-report.ts writes in the process; null: it is not loaded there. */
  readonly heapReport: string | null;
  readonly onWindow: (atMs: number, low: MemoryLow) => void;
}

const SAMPLE_MS = 500;
const MB = 1_048_576;

/** Watches a process for `forMs` in equal windows. */
export async function watchMemory({ pid, forMs, windows, heapReport, onWindow }: MemoryWatch): Promise<MemoryTrend> {
  const lowest: MemoryLow[] = [];
  const begin = performance.now();
  for (let window = 0; window < windows; window++) {
    const endMs = begin + ((window + 1) * forMs) / windows;
    let low = await sample(pid, heapReport);
    while (performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      low = lower(low, await sample(pid, heapReport));
    }
    lowest.push(low);
    onWindow(performance.now() - begin, low);
  }
  const windowsPerHour = (3_600_000 * windows) / forMs;
  return { windows: lowest, slopeMbPerHour: (of) => slopeOf(lowest.map((low) => low[of])) * windowsPerHour };
}

async function sample(pid: number, heapReport: string | null): Promise<MemoryLow> {
  const bytes = await residentBytes(pid);
  if (bytes === 0) throw new Error(`process ${pid} is gone`);
  const text = heapReport === null ? '' : await readFile(heapReport, 'utf8').catch(() => '');
  const heap = text === '' ? null : (JSON.parse(text) as HeapReport);
  return {
    resident: bytes / MB,
    native: (heap ? heap.rss - heap.heapResident : bytes) / MB,
    heapUsed: (heap?.heapUsed ?? 0) / MB,
    external: (heap?.external ?? 0) / MB,
  };
}

function lower(a: MemoryLow, b: MemoryLow): MemoryLow {
  return {
    resident: Math.min(a.resident, b.resident),
    native: Math.min(a.native, b.native),
    heapUsed: Math.min(a.heapUsed, b.heapUsed),
    external: Math.min(a.external, b.external),
  };
}
