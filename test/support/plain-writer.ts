import type { CalendarWriter } from '../../src/calendar/calendar-objects.ts';
import { utcStamp } from '../../src/calendar/time-window.ts';

/** Writes what the seeds of the tests need, no more. */
export const plainWriter: CalendarWriter = {
  create: ({ title, startMs, endMs }, uid) =>
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Incamera//Test//EN',
      'BEGIN:VEVENT',
      `UID:${uid}`,
      'DTSTAMP:20260101T000000Z',
      `DTSTART:${utcStamp(startMs)}`,
      `DTEND:${utcStamp(endMs)}`,
      `SUMMARY:${title.replaceAll(/[\\;,]/g, '\\$&')}`,
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  changeEnd: (text, occurrence, endMs) => {
    const end = `DTEND:${utcStamp(endMs)}`;
    if (occurrence === null) return text.replace(/DTEND.*/, end);
    const uid = /UID:.*/.exec(text)?.[0] ?? '';
    const exception = [
      'BEGIN:VEVENT',
      uid.trim(),
      'DTSTAMP:20260101T000000Z',
      `RECURRENCE-ID:${utcStamp(occurrence)}`,
      `DTSTART:${utcStamp(occurrence)}`,
      end,
      /SUMMARY:.*/.exec(text)?.[0].trim() ?? '',
      'END:VEVENT',
      '',
    ].join('\r\n');
    return text.replace('END:VCALENDAR', () => `${exception}END:VCALENDAR`);
  },
  cancelOccurrence: (text, occurrence) => text.replace('END:VEVENT', `EXDATE:${utcStamp(occurrence)}\r\nEND:VEVENT`),
};
