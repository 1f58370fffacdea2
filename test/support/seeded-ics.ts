import { utcStamp } from '../../src/calendar/time-window.ts';
import type { SeededEvent } from '../contract/calendar-source.ts';

const HOUR_MS = 3_600_000;

/** The VEVENT of a seed, as a program in Berlin in winter would write it. */
export function seededEvent(event: SeededEvent, uid: string): string {
  const { days = 1 } = event;
  const lines = [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    timeLine('DTSTART', event.startMs, event),
    timeLine('DTEND', event.endMs, event),
    `SUMMARY:${event.title}`,
    'ORGANIZER;CN=Eva:mailto:eva@example.org',
    ...(days > 1 ? [`RRULE:FREQ=DAILY;COUNT=${days}`] : []),
    ...(event.isCancelled ? ['STATUS:CANCELLED'] : []),
    ...(event.isPrivate ? ['CLASS:PRIVATE'] : []),
    ...(event.isFree ? ['TRANSP:TRANSPARENT'] : []),
    'END:VEVENT',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

export function calendarText(events: readonly string[]): string {
  return `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Incamera//Test//EN\r\n${BERLIN}${events.join('')}END:VCALENDAR\r\n`;
}

function timeLine(name: string, atMs: number, event: SeededEvent): string {
  const wall = utcStamp(atMs + HOUR_MS).slice(0, -1);
  return event.allDay ? `${name};VALUE=DATE:${wall.slice(0, 8)}` : `${name};TZID=Europe/Berlin:${wall}`;
}

const BERLIN = `BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
`.replaceAll('\n', '\r\n');
