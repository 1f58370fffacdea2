import { readFile } from 'node:fs/promises';
import type { Clock } from '../lib/clock.ts';
import { codeOf } from '../lib/errors.ts';
import { CalendarError } from './calendar-error.ts';
import type { CalendarSource } from './calendar-source.ts';
import type { CalDavAccess } from './caldav/open-caldav.ts';
import type { GoogleAccess } from './google/open-google.ts';
import type { GraphAccess } from './graph/open-graph.ts';
import { IcalWriter } from './ical-writer.ts';
import { CalendarExpander } from './ical/calendar-expander.ts';
import type { IcsAccess } from './ics/open-ics.ts';
import { toUtc, utcZone } from './zone/zone.ts';
import { ZoneBook } from './zone/zone-book.ts';

interface Invited {
  /** The room's own mail address; null when it is not known. */
  readonly roomAddress: string | null;
}

export type SourceWish =
  | { readonly kind: 'local' }
  | ({ readonly kind: 'caldav' } & CalDavAccess & Invited)
  | ({ readonly kind: 'ics' } & IcsAccess & Invited)
  | ({ readonly kind: 'graph' } & GraphAccess)
  | ({ readonly kind: 'google' } & GoogleAccess);

export interface SourceWishes {
  /** Null: the room has no calendar. */
  readonly source: SourceWish | null;
  /** The room's, an IANA name. */
  readonly zone: string;
  /** Paths of PEM files. */
  readonly trustedCertificates: readonly string[];
}

export interface SourceMeans {
  readonly clock: Clock;
  /** A new UUID each time. */
  readonly makeUid: () => string;
  /** Where the room's own calendar is kept. */
  readonly localFile: string;
  /** As for `CalendarExpander`. */
  readonly compileCacheDir: string | null;
}

/**
 * The source of bookings that is wished for; nothing is asked of it yet. Only its own code is loaded.
 * @throws {CalendarError} `calendar/refused` when a file of trusted certificates cannot be read.
 */
export async function openCalendarSource(wishes: SourceWishes, means: SourceMeans): Promise<CalendarSource | null> {
  const { source } = wishes;
  if (!source) return null;
  switch (source.kind) {
    case 'local':
      return openLocal(wishes, means);
    case 'caldav': {
      const { openCalDavSource } = await import('./caldav/open-caldav.ts');
      const trustedCertificates = await certificatesOf(wishes);
      const writer = new IcalWriter({ clock: means.clock, zone: wishes.zone, roomAddress: source.roomAddress });
      const expander = expanderFor(wishes, means, 'object', source.roomAddress);
      return openCalDavSource(source, { ...means, expander, writer, trustedCertificates });
    }
    case 'ics': {
      const { openIcsSource } = await import('./ics/open-ics.ts');
      const trustedCertificates = await certificatesOf(wishes);
      const expander = expanderFor(wishes, means, 'uid', source.roomAddress);
      return openIcsSource(source, { ...means, expander, trustedCertificates });
    }
    case 'graph': {
      const { openGraphSource } = await import('./graph/open-graph.ts');
      const trustedCertificates = await certificatesOf(wishes);
      return openGraphSource(source, { ...means, midnightOf: midnightIn(wishes.zone), trustedCertificates });
    }
    case 'google': {
      const { openGoogleSource } = await import('./google/open-google.ts');
      const trustedCertificates = await certificatesOf(wishes);
      const expander = expanderFor(wishes, means, 'object', null);
      return openGoogleSource(source, { ...means, expander, zone: wishes.zone, trustedCertificates });
    }
  }
}

async function openLocal(wishes: SourceWishes, means: SourceMeans): Promise<CalendarSource> {
  const [{ CalendarFile }, { LocalSource }] = await Promise.all([
    import('./local/calendar-file.ts'),
    import('./local/local-source.ts'),
  ]);
  const { clock, makeUid, localFile } = means;
  const writer = new IcalWriter({ clock, zone: wishes.zone, roomAddress: null });
  return new LocalSource({
    file: new CalendarFile(localFile),
    expander: expanderFor(wishes, means, 'uid', null),
    writer,
    makeUid,
  });
}

function expanderFor(
  { zone }: SourceWishes,
  { clock, compileCacheDir }: SourceMeans,
  referenceBy: 'object' | 'uid',
  roomAddress: string | null,
): CalendarExpander {
  return new CalendarExpander({ clock, zone, compileCacheDir, referenceBy, roomAddress });
}

function midnightIn(name: string): (dayMs: number) => number {
  const zone = new ZoneBook().find(name) ?? utcZone;
  return (dayMs) => toUtc(zone, dayMs);
}

function certificatesOf({ trustedCertificates }: SourceWishes): Promise<string[]> {
  return Promise.all(trustedCertificates.map(readCertificate));
}

async function readCertificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CalendarError('calendar/refused', `${path} cannot be read (${codeOf(cause)})`, { cause });
  }
}
