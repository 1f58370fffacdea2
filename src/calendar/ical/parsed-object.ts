import type { Zone } from '../zone/zone.ts';
import type { ZoneBook } from '../zone/zone-book.ts';
import { readComponents } from './components.ts';
import { type EventValue, readEvent } from './event-value.ts';
import type { CalendarLimits } from './limits.ts';
import { ObjectZones } from './object-zones.ts';

export interface ParsedObject {
  readonly events: readonly EventValue[];
  readonly problems: readonly { readonly code: string; readonly uid: string | null }[];
  /** What it takes of the limits, each time that it is read. */
  readonly components: number;
  readonly chars: number;
}

/** `components` is counted down. Never throws. */
export function parseObject(
  text: string,
  book: ZoneBook,
  room: Zone,
  roomAddress: string | null,
  limits: CalendarLimits,
  components: { left: number },
): ParsedObject {
  const before = components.left;
  const calendar = readComponents(text, limits, components);
  const zones = new ObjectZones(book, room, calendar.zones);
  const events: EventValue[] = [];
  const problems: { code: string; uid: string | null }[] = [];
  for (const component of calendar.events) {
    const read = readEvent(component, zones.find, roomAddress);
    const uid = read.kind === 'ok' ? read.event.uid : read.uid;
    if (zones.takeUnknown()) problems.push({ code: 'calendar/time-zone-unknown', uid });
    if (read.kind !== 'ok') problems.push({ code: `calendar/event-${read.kind}`, uid });
    else events.push(calendar.isCancelled ? { ...read.event, isCancelled: true } : read.event);
  }
  if (calendar.isCutOff) problems.push({ code: 'calendar/event-too-large', uid: null });
  if (!calendar.isCalendar) problems.push({ code: 'calendar/event-malformed', uid: null });
  return { events, problems, components: Math.max(0, before - components.left), chars: text.length };
}
