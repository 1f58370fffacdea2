import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { codeOf, isENOENT } from '../../lib/errors.ts';
import { CalendarError } from '../calendar-error.ts';
import { utf8Text } from '../ical-text.ts';
import type { TreeComponent } from '../ical/component-tree.ts';
import { parseTree } from '../ical/component-tree.ts';
import { calendarLimits } from '../ical/limits.ts';
import { parseProperty, textOf } from '../ical/property.ts';

export interface CalendarContent {
  readonly text: string;
  /** Of the whole. */
  readonly version: string;
  /** Of each event by its UID, so that a change of one is no change of another. */
  readonly versions: ReadonlyMap<string, string>;
}

const EMPTY = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Incamera//Room//EN\r\nEND:VCALENDAR\r\n';

/** A calendar as one iCalendar file that the room writes whole, and that others may write as well. */
export class CalendarFile {
  readonly #path: string;
  /** The damaged content that the last reading met. */
  #damaged: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * What the file holds; an absent or empty one is a calendar without events. A damaged file is left as it is the first time,
   * because another program may be in the middle of writing it; met again it is kept aside under another name, and the
   * calendar begins anew.
   * @throws {CalendarError} `calendar/unreadable`, with `keptAs` once it was kept aside; `calendar/refused` when the file cannot
   * be opened.
   */
  async read(): Promise<CalendarContent> {
    const bytes = await this.#bytes();
    const text = utf8Text(bytes);
    const tree = text === null ? null : parseTree(text.trim() === '' ? EMPTY : text);
    const version = hashOf(bytes);
    if (text === null || tree === null) throw await this.#keepAside(version);
    this.#damaged = null;
    return { text: text.trim() === '' ? EMPTY : text, version, versions: versionsOf(tree) };
  }

  /** @throws {CalendarError} `calendar/refused` when the file cannot be written. */
  async write(text: string): Promise<void> {
    try {
      await writeFileAtomic(this.#path, text);
    } catch (cause) {
      throw failed('written', cause);
    }
  }

  async #bytes(): Promise<Buffer> {
    try {
      const file = await open(this.#path, 'r');
      try {
        const { size } = await file.stat();
        if (size > calendarLimits.objectChars)
          throw new CalendarError(
            'calendar/unreadable',
            `The room's calendar is larger than ${calendarLimits.objectChars} bytes`,
          );
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isENOENT(error)) return Buffer.alloc(0);
      if (error instanceof CalendarError) throw error;
      throw failed('read', error);
    }
  }

  async #keepAside(version: string): Promise<CalendarError> {
    if (this.#damaged !== version) {
      this.#damaged = version;
      return new CalendarError('calendar/unreadable', "The file of the room's calendar is damaged");
    }
    // Named by its content: the same damage again replaces only itself.
    const kept = `${this.#path}.damaged-${version.slice(0, 12)}`;
    try {
      await rename(this.#path, kept);
    } catch (cause) {
      return failed('moved', cause);
    }
    this.#damaged = null;
    return new CalendarError(
      'calendar/unreadable',
      `The file of the room's calendar was damaged and kept as ${basename(kept)}`,
      {
        context: { keptAs: kept },
      },
    );
  }
}

function versionsOf(tree: TreeComponent): ReadonlyMap<string, string> {
  const events = Map.groupBy(tree.components('VEVENT'), uidOf);
  return new Map([...events].map(([uid, parts]) => [uid, hashOf(parts.map(String).join(''))]));
}

function uidOf(event: TreeComponent): string {
  const property = parseProperty(event.line('UID') ?? '');
  return property === null ? '' : textOf(property);
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url');
}

function failed(what: string, cause: unknown): CalendarError {
  return new CalendarError('calendar/refused', `The file of the room's calendar cannot be ${what} (${codeOf(cause)})`, {
    cause,
    context: { reason: codeOf(cause) },
  });
}
