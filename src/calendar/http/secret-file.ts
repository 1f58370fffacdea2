import { open } from 'node:fs/promises';
import { codeOf } from '../../lib/errors.ts';
import { CalendarError } from '../calendar-error.ts';

const MAX_BYTES = 65_536;

/**
 * The content of a file that holds a password, a token or a key, without the line break at its end. Read each time it is
 * needed, so that a changed one is used without a restart.
 * @throws {CalendarError} `calendar/refused` when it cannot be read, is empty or larger than 64 KB.
 */
export async function readSecretFile(path: string): Promise<string> {
  const content = (await readBounded(path)).replace(/\r?\n$/, '');
  if (content === '') throw new CalendarError('calendar/refused', `${path} is empty`);
  return content;
}

/** As `readSecretFile`, for what goes into a header: one line of printable text. */
export async function readSecretLine(path: string): Promise<string> {
  const secret = await readSecretFile(path);
  if (/\p{Cc}/u.test(secret)) throw new CalendarError('calendar/refused', `${path} holds more than one line of text`);
  return secret;
}

async function readBounded(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
      if (bytesRead > MAX_BYTES) throw new CalendarError('calendar/refused', `${path} is too large for a secret`);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CalendarError) throw error;
    throw new CalendarError('calendar/refused', `${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}
