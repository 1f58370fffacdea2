import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { isENOENT } from '../lib/errors.ts';

/** A small file that only the service reads. */
export interface KeptFile {
  /** Null: it is not there. */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

export function keptFile(path: string): KeptFile {
  return {
    read: async () => {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (isENOENT(error)) return null;
        throw error;
      }
    },
    write: (text) => writeFileAtomic(path, text, 0o600),
  };
}
