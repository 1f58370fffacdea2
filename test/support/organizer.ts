import ICAL from 'ical.js';
import type { Radicale } from './radicale.ts';

export interface OrganizedEvent {
  readonly title: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly description?: string;
}

/** Somebody who writes into the room's calendar and reads it with a program of their own, which shares no code with the room. */
export interface Organizer {
  /** Adds an event, or replaces the one of the same `uid`. */
  put(uid: string, event: OrganizedEvent): Promise<void>;
  /** All that the calendar has, sorted by start. */
  events(): Promise<readonly OrganizedEvent[]>;
}

/** `calendar`: address of a calendar on that server. */
export function organizerOf(radicale: Radicale, calendar: string): Organizer {
  return {
    put: async (uid, event) => {
      const headers = { 'Content-Type': 'text/calendar; charset=utf-8' };
      await radicale.request('PUT', `${calendar}${uid}.ics`, objectOf(uid, event), headers);
    },
    // Radicale answers with the whole calendar as one file.
    events: async () => eventsOf(await (await radicale.request('GET', calendar)).text()),
  };
}

function objectOf(uid: string, { title, startMs, endMs, description = '' }: OrganizedEvent): string {
  const event = new ICAL.Component('vevent');
  const utc = (atMs: number): ICAL.Time => ICAL.Time.fromJSDate(new Date(atMs), true);
  const values = {
    uid,
    dtstamp: utc(Date.now()),
    dtstart: utc(startMs),
    dtend: utc(endMs),
    summary: title,
    description,
  };
  for (const [name, value] of Object.entries(values)) event.addPropertyWithValue(name, value);
  const organizer = event.addPropertyWithValue('organizer', 'mailto:eva@example.org');
  organizer.setParameter('cn', 'Eva Lindqvist');
  const calendar = new ICAL.Component('vcalendar');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('prodid', '-//A calendar program//EN');
  calendar.addSubcomponent(event);
  return `${calendar.toString()}\r\n`;
}

function eventsOf(text: string): readonly OrganizedEvent[] {
  return ICAL.Component.fromString(text)
    .getAllSubcomponents('vevent')
    .map((component) => new ICAL.Event(component))
    .map(({ summary, startDate, endDate }) => ({
      title: summary,
      startMs: startDate.toJSDate().getTime(),
      endMs: endDate.toJSDate().getTime(),
    }))
    .toSorted((a, b) => a.startMs - b.startMs);
}
