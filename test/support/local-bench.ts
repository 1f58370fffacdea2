import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CalendarFile } from '../../src/calendar/local/calendar-file.ts';
import { LocalSource } from '../../src/calendar/local/local-source.ts';
import type { CalendarBench } from '../contract/calendar-source.ts';
import { plainExpander, roomWriter } from './plain-expander.ts';
import { calendarText, seededEvent } from './seeded-ics.ts';

export interface LocalBench extends CalendarBench {
  readonly source: LocalSource;
  readonly folder: string;
  readonly path: string;
}

/** The file is written by another program as well. */
export async function localBench(): Promise<LocalBench> {
  const folder = await mkdtemp(join(tmpdir(), 'incamera-local-'));
  const path = join(folder, 'calendar.ics');
  const open = (): LocalSource =>
    new LocalSource({
      file: new CalendarFile(path),
      expander: plainExpander('uid'),
      writer: roomWriter(),
      makeUid: randomUUID,
    });
  const change = async (edit: (text: string) => string): Promise<void> =>
    writeFile(path, edit(await readFile(path, 'utf8').catch(() => calendarText([]))));
  return {
    folder,
    path,
    source: open(),
    reopen: open,
    seed: (event) => {
      const added = seededEvent(event, `${event.title.replaceAll(' ', '-')}@seed`);
      return change((text) => text.replace('END:VCALENDAR', () => `${added}END:VCALENDAR`));
    },
    rename: (from, to) => change((text) => text.replace(`SUMMARY:${from}\r\n`, `SUMMARY:${to}\r\n`)),
    erase: (title) =>
      change((text) =>
        text.replaceAll(/BEGIN:VEVENT.*?END:VEVENT\r\n/gs, (event) =>
          event.includes(`SUMMARY:${title}\r\n`) ? '' : event,
        ),
      ),
    close: () => rm(folder, { recursive: true }),
  };
}
