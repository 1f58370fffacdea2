import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { ExpandOptions } from '../../../src/calendar/ical/expand.ts';
import { expandTexts, fixture, spansOf } from './ical-fixtures.ts';

interface Pitfall {
  readonly fixture: string;
  readonly situation: string;
  /** `uid start length`, in UTC, of 23 March to 6 April 2025 in a room in Paris. */
  readonly occurrences: readonly string[];
  readonly problems?: readonly string[];
  readonly options?: ExpandOptions;
}

const daily = (uid: string, ...days: readonly number[]): string[] =>
  days.map((day) => `${uid} 03-${day}T0${day < 30 ? 8 : 7}:00Z 30m`);

const pitfalls: readonly Pitfall[] = [
  {
    fixture: 'dst-change-inside-series',
    situation: 'a series stays at nine on the wall when clocks change',
    occurrences: ['dst 03-28T08:00Z 30m', 'dst 04-04T07:00Z 30m'],
  },
  {
    fixture: 'outlook-1601-rules',
    situation: 'a name that only the server knows, with rules since 1601',
    occurrences: ['rules 03-24T08:00Z 60m', 'rules 03-31T07:00Z 60m'],
  },
  {
    fixture: 'customized-time-zone',
    situation: 'Customized Time Zone is what the object says of it',
    occurrences: ['custom 03-24T05:30Z 60m', 'custom 03-31T05:30Z 60m'],
  },
  {
    fixture: 'windows-zone-name',
    situation: 'a key of Windows with a VTIMEZONE',
    occurrences: ['windows 03-24T08:00Z 60m', 'windows 03-31T07:00Z 60m'],
  },
  {
    fixture: 'windows-zone-name-without-vtimezone',
    situation: 'a key of Windows alone',
    occurrences: ['windows 03-24T16:00Z 60m', 'windows 03-31T16:00Z 60m'],
  },
  {
    fixture: 'windows-dialog-name',
    situation: 'the name that Windows shows',
    occurrences: ['dialog 04-01T07:00Z 60m'],
  },
  {
    fixture: 'windows-dialog-name-unquoted',
    situation: 'the name that Windows shows, with a colon and without quotes',
    occurrences: ['dialog 04-01T07:00Z 60m'],
  },
  {
    fixture: 'zone-name-behind-prefix',
    situation: 'names with the prefix of a vendor',
    occurrences: ['mozilla 04-01T07:00Z 60m', 'freeassociation 04-01T12:00Z 60m'],
  },
  {
    fixture: 'missing-vtimezone',
    situation: 'a missing VTIMEZONE does not make the time floating',
    occurrences: ['missing 03-24T13:00Z 60m', 'missing 03-31T13:00Z 60m'],
  },
  {
    fixture: 'unknown-zone',
    situation: 'a name that nobody knows is read in the room’s zone, and told',
    occurrences: ['unknown 04-01T07:00Z 60m', 'known 04-01T09:00Z 60m'],
    problems: ['calendar/time-zone-unknown unknown'],
  },
  {
    fixture: 'floating-time',
    situation: 'a floating time is the room’s',
    occurrences: ['floating 04-01T07:00Z 60m'],
  },
  {
    fixture: 'english-outlook-vtimezone',
    situation: 'onsets at midnight since 1601, which sent others into recursion',
    occurrences: ['english 03-24T16:00Z 60m', 'english 03-31T16:00Z 60m'],
  },
  {
    fixture: 'endless-vtimezone',
    situation: 'rules of a zone that are never met, on which others never end',
    occurrences: ['endless 03-24T07:00Z 60m', 'endless 03-31T07:00Z 60m'],
  },
  {
    fixture: 'broken-vtimezone-of-known-zone',
    situation: 'a wrong VTIMEZONE of a known name counts for nothing',
    occurrences: ['broken 03-24T08:00Z 60m', 'broken 03-31T07:00Z 60m'],
  },
  {
    fixture: 'vtimezone-until-and-rdate',
    situation: 'rules of a zone that ended, and a single change after them',
    occurrences: ['former 03-24T07:00Z 60m', 'former 03-31T07:00Z 60m'],
  },
  {
    fixture: 'exdate-in-utc',
    situation: 'EXDATE in UTC, on both sides of the clock change',
    occurrences: [...daily('utc', 24, 26, 27, 28, 29, 30), 'utc 04-01T07:00Z 30m', 'utc 04-02T07:00Z 30m'],
  },
  {
    fixture: 'exdate-in-other-zone',
    situation: 'EXDATE in another zone',
    occurrences: [...daily('other', 24, 26, 27, 28, 29, 30), 'other 04-01T07:00Z 30m', 'other 04-02T07:00Z 30m'],
  },
  {
    fixture: 'exdate-date-on-timed-series',
    situation: 'EXDATE as dates on a timed series, as Exchange writes it',
    occurrences: [...daily('dates', 24, 26, 27, 28, 29, 30), 'dates 04-01T07:00Z 30m', 'dates 04-02T07:00Z 30m'],
  },
  {
    fixture: 'exdate-time-on-all-day-series',
    situation: 'EXDATE as times on an all-day series',
    occurrences: ['days 03-23T23:00Z 1440m', 'days 03-25T23:00Z 1440m', 'days 03-27T23:00Z 1440m'],
  },
  {
    fixture: 'exdate-floating',
    situation: 'EXDATE without a zone is in that of the series',
    occurrences: [
      ...daily('floating', 24, 26, 27, 28, 29, 30, 31),
      'floating 04-01T07:00Z 30m',
      'floating 04-02T07:00Z 30m',
    ],
  },
  {
    fixture: 'recurrence-id-in-other-zone',
    situation: 'RECURRENCE-ID in other zones than DTSTART',
    occurrences: [
      ...daily('ids', 24),
      'ids 03-25T13:00Z 60m',
      ...daily('ids', 26, 27, 28, 29, 30),
      'ids 03-31T13:00Z 60m',
      'ids 04-01T07:00Z 30m',
      'ids 04-02T07:00Z 30m',
    ],
  },
  {
    fixture: 'recurrence-id-date-on-timed-series',
    situation: 'RECURRENCE-ID as a date on a timed series',
    occurrences: [
      ...daily('ids', 24),
      'ids 03-25T13:00Z 60m',
      ...daily('ids', 26, 27, 28, 29, 30, 31),
      'ids 04-01T07:00Z 30m',
      'ids 04-02T07:00Z 30m',
    ],
  },
  {
    fixture: 'exception-moved-to-another-day',
    situation: 'occurrences moved out of the window, into it and inside it',
    occurrences: ['moved 03-27T15:00Z 30m', 'moved 04-01T09:00Z 30m'],
  },
  {
    fixture: 'this-and-future',
    situation: 'THISANDFUTURE moves and lengthens all that follow, single exceptions excepted',
    occurrences: [
      ...daily('range', 24, 25, 26, 27),
      'range 03-28T09:00Z 60m',
      'range 03-29T09:00Z 60m',
      'range 03-30T13:00Z 15m',
      'range 03-31T08:00Z 60m',
      'range 04-01T08:00Z 60m',
      'range 04-02T08:00Z 60m',
    ],
  },
  {
    fixture: 'this-and-future-cancelled',
    situation: 'THISANDFUTURE that cancels ends the series',
    occurrences: daily('range', 24, 25, 26, 27),
  },
  {
    fixture: 'monthly-on-several-days',
    situation: 'a monthly rule on several days does not skip a month',
    occurrences: ['several 03-28T08:00Z 60m', 'several 04-01T07:00Z 60m'],
  },
  {
    fixture: 'monthly-last-work-day',
    situation: 'the last work day of the month',
    occurrences: ['last 03-31T07:00Z 60m'],
  },
  {
    fixture: 'monthly-on-the-31st',
    situation: 'the 31st of each month that has one',
    occurrences: ['31 03-31T07:00Z 60m'],
  },
  {
    fixture: 'cancelled-meeting',
    situation: 'a cancelled meeting that is still there',
    occurrences: ['kept 04-01T09:00Z 60m'],
  },
  {
    fixture: 'cancelled-occurrence',
    situation: 'one occurrence cancelled',
    occurrences: [...daily('one', 24, 26, 27, 28, 29, 30, 31), 'one 04-01T07:00Z 30m', 'one 04-02T07:00Z 30m'],
  },
  { fixture: 'method-cancel', situation: 'METHOD:CANCEL takes back what is inside', occurrences: [] },
  {
    fixture: 'declined-by-the-room',
    situation: 'what the room declined, not what a person did',
    occurrences: ['other 04-01T09:00Z 60m'],
    options: { roomAddress: 'room@EXAMPLE.org' },
  },
  {
    fixture: 'series-outside-window',
    situation: 'a server that gives more than it was asked for',
    occurrences: [],
  },
  {
    fixture: 'duration-instead-of-end',
    situation: 'DURATION: a day is a day of the wall',
    occurrences: ['days 03-29T11:00Z 1380m', 'duration 04-01T07:00Z 90m', 'date 04-01T22:00Z 2880m'],
  },
  {
    fixture: 'missing-end',
    situation: 'no end: a moment, or a day',
    occurrences: ['moment 04-01T07:00Z 0m', 'day 04-01T22:00Z 1440m'],
  },
  {
    fixture: 'negative-duration',
    situation: 'an end before the start is no length',
    occurrences: ['negative 04-01T07:00Z 0m', 'before 04-01T09:00Z 0m'],
  },
  {
    fixture: 'all-day',
    situation: 'days of the room, of 23 hours where clocks are put forward; one without length is a day',
    occurrences: ['one 03-29T23:00Z 1380m', 'three 03-31T22:00Z 4320m', 'empty 04-04T22:00Z 1440m'],
  },
  { fixture: 'date-without-value-date', situation: 'a date not called one', occurrences: ['bare 03-31T22:00Z 1440m'] },
  {
    fixture: 'server-expanded',
    situation: 'occurrences without their series',
    occurrences: ['expanded 03-25T08:00Z 30m', 'expanded 03-26T08:00Z 30m'],
  },
  {
    fixture: 'rdate',
    situation: 'RDATE in UTC, as periods with lengths of their own, and as a date',
    occurrences: [
      'dates 03-25T08:00Z 60m',
      'dates 03-27T13:00Z 60m',
      'dates 03-28T08:00Z 15m',
      'dates 03-29T08:00Z 30m',
      'dates 03-31T13:00Z 60m',
      'dates 04-02T07:00Z 60m',
    ],
  },
  {
    fixture: 'until-date-only',
    situation: 'UNTIL as a date includes the day',
    occurrences: daily('until', 24, 25, 26),
  },
  { fixture: 'until-local', situation: 'UNTIL in the time of the series', occurrences: daily('until', 24, 25, 26) },
  {
    fixture: 'until-utc-across-clock-change',
    situation: 'UNTIL in UTC, behind the clock change',
    occurrences: [...daily('until', 28, 29, 30, 31), 'until 04-01T07:00Z 30m'],
  },
  { fixture: 'zero-length', situation: 'an event without length', occurrences: ['zero 04-01T07:00Z 0m'] },
  {
    fixture: 'exrule',
    situation: 'EXRULE of the old standard',
    occurrences: [...daily('exrule', 24, 25, 26, 27, 28, 31), 'exrule 04-01T07:00Z 30m', 'exrule 04-02T07:00Z 30m'],
  },
  { fixture: 'superseded-version', situation: 'two versions: the later', occurrences: ['twice 04-01T12:00Z 60m'] },
  {
    fixture: 'organizer-for-subject',
    situation: 'the organiser’s name for a title',
    occurrences: ['subject 04-01T07:00Z 60m'],
  },
  { fixture: 'body-deleted', situation: 'an event without its text', occurrences: ['deleted 04-01T07:00Z 60m'] },
  {
    fixture: 'private-event',
    situation: 'private events occupy the room',
    occurrences: ['private 04-01T07:00Z 60m', 'confidential 04-01T09:00Z 60m'],
  },
  {
    fixture: 'free-event',
    situation: 'events that do not occupy the room',
    occurrences: ['transparent 04-01T07:00Z 60m', 'free 04-01T09:00Z 60m'],
  },
  { fixture: 'links', situation: 'links in every place', occurrences: ['links 04-01T07:00Z 60m'] },
  { fixture: 'safe-links', situation: 'a rewritten link', occurrences: ['rewritten 04-01T07:00Z 60m'] },
  {
    fixture: 'malformed-beside-good',
    situation: 'what is broken costs its own event',
    occurrences: ['good 04-01T07:00Z 60m'],
    problems: ['no-start', 'bad-start', 'bad-rule', 'bad-exdate', 'february-30'].map(
      (uid) => `calendar/event-malformed ${uid}`,
    ),
  },
  {
    fixture: 'cut-off',
    situation: 'a file that ends in the middle',
    occurrences: ['whole 04-01T07:00Z 60m'],
    problems: ['calendar/event-malformed cut'],
  },
  {
    fixture: 'alarms-and-attachments',
    situation: 'alarms, tasks and attachments are no events',
    occurrences: ['alarm 04-01T07:00Z 60m'],
  },
];

describe('calendars as they come', () => {
  for (const { fixture: name, situation, occurrences, problems = [], options = {} } of pitfalls)
    it(`${name}: ${situation}`, () => {
      const reading = expandTexts([fixture(name)], options);
      assert.deepEqual(spansOf(reading), occurrences);
      assert.deepEqual(
        reading.problems.map(({ code, event }) => `${code} ${event ?? ''}`),
        problems,
      );
    });

  it('has a line for every fixture', () => {
    const files = readdirSync(new URL('../../fixtures/ical/', import.meta.url));
    assert.deepEqual(pitfalls.map((pitfall) => `${pitfall.fixture}.ics`).sort(), files.sort());
  });
});
