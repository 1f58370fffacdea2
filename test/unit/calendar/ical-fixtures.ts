import { readFileSync } from 'node:fs';
import type { CalendarReading, TimeWindow } from '../../../src/calendar/calendar-event.ts';
import { expandCalendars, type ExpandOptions } from '../../../src/calendar/ical/expand.ts';

const folder = new URL('../../fixtures/ical/', import.meta.url);

/** A file of test/fixtures/ical, with the line ends that iCalendar asks for. */
export function fixture(name: string): string {
  return readFileSync(new URL(`${name}.ics`, folder), 'utf8').replaceAll('\n', '\r\n');
}

/** 23 March to 6 April 2025, UTC: clocks change in Europe on the 30th. */
export const spring: TimeWindow = { startMs: Date.UTC(2025, 2, 23), endMs: Date.UTC(2025, 3, 6) };

export function expandTexts(
  texts: readonly string[],
  options: ExpandOptions = {},
  window: TimeWindow = spring,
  zone = 'Europe/Paris',
): CalendarReading {
  const objects = texts.map((text, i) => ({ event: `/room/${i}.ics`, version: null, text }));
  return expandCalendars(objects, window, zone, { referenceBy: 'uid', ...options });
}

/** `uid 03-24T08:00Z 30m`, by start. */
export function spansOf({ events }: CalendarReading): string[] {
  return events.map(
    ({ reference, startMs, endMs }) => `${reference.event} ${at(startMs)} ${(endMs - startMs) / 60_000}m`,
  );
}

export function at(ms: number): string {
  return `${new Date(ms).toISOString().slice(5, 16)}Z`;
}
