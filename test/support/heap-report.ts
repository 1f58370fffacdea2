/**
 * Loaded into a room's processes with `NODE_OPTIONS=--import=…`: its call processes write a `HeapReport` into the folder
 * HEAP_REPORT, a file named after each process, once a second. Nobody can read that from outside a process.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';

/** Bytes, all of one moment. */
export interface HeapReport extends NodeJS.MemoryUsage {
  /** What of the heap is in memory. */
  readonly heapResident: number;
}

const PERIOD_MS = 1_000;
const folder = process.env['HEAP_REPORT'];

if (folder && process.argv[1]?.endsWith('/call-process.ts')) {
  const file = join(folder, String(process.pid));
  setInterval(() => {
    const report: HeapReport = { ...process.memoryUsage(), heapResident: getHeapStatistics().total_physical_size };
    writeFileSync(`${file}.new`, JSON.stringify(report));
    renameSync(`${file}.new`, file);
  }, PERIOD_MS).unref();
}
