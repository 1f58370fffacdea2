import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as v from 'valibot';
import { googleEvent } from '../../../../src/calendar/google/google-event.ts';
import { toCalendarObject } from '../../../../src/calendar/google/google-ical.ts';
import { expandCalendars } from '../../../../src/calendar/ical/expand.ts';
import { ZoneBook } from '../../../../src/calendar/zone/zone-book.ts';

const window = { startMs: Date.UTC(2026, 2, 1), endMs: Date.UTC(2026, 2, 8) };
const zones = new ZoneBook();

const event = (more: Record<string, unknown>): unknown => ({
  id: 'ev1',
  etag: '"1"',
  start: { dateTime: '2026-03-02T09:00:00+01:00', timeZone: 'Europe/Berlin' },
  end: { dateTime: '2026-03-02T10:00:00+01:00', timeZone: 'Europe/Berlin' },
  ...more,
});

const expanded = (more: Record<string, unknown>) => {
  const master = v.parse(googleEvent, event(more));
  const object = toCalendarObject({ id: 'ev1', master, exceptions: [], cancelled: [] }, zones);
  return expandCalendars([object], window, 'Europe/Berlin', {});
};

/** With all that means something in iCalendar. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\\',
        '\\n',
        ';',
        ',',
        ':',
        '"',
        '\nEND:VEVENT\n',
        '\nRRULE:FREQ=DAILY\n',
        '\u2028',
        '\0',
        '\t',
      ),
      fc.string({ maxLength: 10, unit: 'grapheme' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe("Google's events as iCalendar", () => {
  it('are one event each, whatever stands in their texts', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (summary, description, name) => {
        const { events, problems } = expanded({
          summary,
          description,
          location: description,
          organizer: { email: name, displayName: name },
          attendees: [{ email: name }, { email: 'a@example.org' }],
          hangoutLink: name,
          conferenceData: { entryPoints: [{ entryPointType: 'video', uri: name }] },
        });
        assert.deepEqual(problems, []);
        assert.equal(events.length, 1);
        const plain = summary.replaceAll('\r\n', '\n').replaceAll(/(?![\t\n])\p{Cc}/gu, '');
        assert.equal(events[0]?.title, plain);
        assert.equal(events[0].startMs, Date.UTC(2026, 2, 2, 8));
      }),
    );
  });

  it('repeat in their own zone, without a day that was taken out', () => {
    const master = v.parse(googleEvent, event({ summary: 's', recurrence: ['RRULE:FREQ=DAILY;COUNT=3'] }));
    const cancelled = [{ dateTime: Date.UTC(2026, 2, 3, 8), timeZone: null }];
    const object = toCalendarObject({ id: 'ev1', master, exceptions: [], cancelled }, zones);
    const { events } = expandCalendars([object], window, 'America/New_York', {});
    assert.deepEqual(
      events.map(({ startMs }) => startMs),
      [Date.UTC(2026, 2, 2, 8), Date.UTC(2026, 2, 4, 8)],
    );
  });

  it('of a whole day repeat by days', () => {
    const days = {
      start: { date: '2026-03-02' },
      end: { date: '2026-03-03' },
      recurrence: ['RRULE:FREQ=DAILY;COUNT=3'],
    };
    const master = v.parse(googleEvent, event(days));
    const object = toCalendarObject({ id: 'ev1', master, exceptions: [], cancelled: [{ date: '2026-03-03' }] }, zones);
    const { events } = expandCalendars([object], window, 'Europe/Berlin', {});
    assert.deepEqual(
      events.map(({ startMs, allDay }) => [startMs, allDay]),
      [
        [Date.UTC(2026, 2, 1, 23), true],
        [Date.UTC(2026, 2, 3, 23), true],
      ],
    );
  });

  it('have another version when anything of them has', () => {
    const master = v.parse(googleEvent, event({}));
    const other = v.parse(googleEvent, event({ etag: '"2"' }));
    const version = (series: Partial<Parameters<typeof toCalendarObject>[0]>) =>
      toCalendarObject({ id: 'ev1', master, exceptions: [], cancelled: [], ...series }, zones).version;
    const versions = [
      version({}),
      version({ master: other }),
      version({ exceptions: [other] }),
      version({ cancelled: [{ date: '2026-03-03' }] }),
    ];
    assert.equal(new Set(versions).size, 4);
    assert.equal(version({}), versions[0]);
  });
});
