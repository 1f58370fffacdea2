import { open } from 'node:fs/promises';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { isENOENT } from '../lib/errors.ts';
import type { ScheduleStore } from './schedule-memory.ts';

/** Bytes. */
const MOST = 8_000_000;

/** A file that only the service reads: meeting links are credentials. One that is too large counts as absent. */
export function scheduleFile(path: string): ScheduleStore {
  return {
    read: async () => {
      try {
        await using file = await open(path, 'r');
        return (await file.stat()).size > MOST ? null : await file.readFile('utf8');
      } catch (error) {
        if (isENOENT(error)) return null;
        throw error;
      }
    },
    write: (text) => writeFileAtomic(path, text, 0o600),
  };
}
