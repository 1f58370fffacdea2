import type { CalendarObject } from '../../src/calendar/ical/expand.ts';

const vtimezone = `BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE`;

/**
 * Objects as a CalDAV server gives them, 1.3 kB each: a third are single events, the others series since 2015. Between
 * 20 March and 3 April 2025 they have about one occurrence each.
 */
export function manyEvents(count: number): CalendarObject[] {
  return Array.from({ length: count }, (_, i) => ({ event: `/rooms/${i}.ics`, version: `"${i}"`, text: textOf(i) }));
}

function textOf(i: number): string {
  const hour = 8 + (i % 10);
  const day = 10 + (i % 14);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = i % 3 === 0 ? `202503${20 + (i % 12)}` : `201501${day}`;
  const rule = [
    '',
    'RRULE:FREQ=WEEKLY;INTERVAL=2\n',
    'RRULE:FREQ=DAILY;INTERVAL=14\nEXDATE;TZID=Europe/Paris:20240301T090000\n',
  ][i % 3];
  return `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Calendar//EN
${vtimezone}
BEGIN:VEVENT
UID:${i}-5d0c9c1e-8a7f-4c55-b1d7-6f6d7c0a
DTSTAMP:20240101T000000Z
DTSTART;TZID=Europe/Paris:${date}T${two(hour)}0000
DTEND;TZID=Europe/Paris:${date}T${two(hour)}3000
${rule ?? ''}SUMMARY:Meeting ${i}
ORGANIZER;CN=Ada Lovelace:mailto:ada@example.org
ATTENDEE;PARTSTAT=ACCEPTED;CN=Grace Hopper:mailto:grace@example.org
ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;CN=Room:mailto:room@example.org
LOCATION:Room
DESCRIPTION:${'The agenda is where it always was. '.repeat(8)}https://meet.example.org/m/${i}#secret
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT10M
END:VALARM
END:VEVENT
END:VCALENDAR
`.replaceAll('\n', '\r\n');
}
