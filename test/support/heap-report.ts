/**
 * Loaded into a room's processes with `NODE_OPTIONS=--import=…`: its call processes write what `process.memoryUsage` says into the
 * folder HEAP_REPORT, a file named after each process, once a second. Nobody can read that from outside a process.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PERIOD_MS = 1_000;
const folder = process.env['HEAP_REPORT'];

if (folder && process.argv[1]?.endsWith('/call-process.ts')) {
  const file = join(folder, String(process.pid));
  setInterval(() => {
    writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
    renameSync(`${file}.new`, file);
  }, PERIOD_MS).unref();
}
