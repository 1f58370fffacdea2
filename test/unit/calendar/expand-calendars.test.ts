import assert from 'node:assert/strict';
import fc from 'fast-check';
import { displayText } from '../../../src/calendar/display-text.ts';
import { expandCalendars } from '../../../src/calendar/ical/expand.ts';
import { expandTexts, fixture, spansOf, spring } from './ical-fixtures.ts';

const START = 'DTSTART;TZID=Europe/Paris:20250401T090000';

function calendar(...lines: readonly string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

function event(uid: string, ...lines: readonly string[]): string {
  return ['BEGIN:VEVENT', `UID:${uid}`, ...lines, 'END:VEVENT'].join('\r\n');
}

const codes = (texts: readonly string[], options = {}): string[] =>
  expandTexts(texts, options).problems.map(({ code, event: of }) => `${code} ${of ?? '-'}`);

describe('what an event says', () => {
  it('is given as it came', () => {
    const [subject] = expandTexts([fixture('organizer-for-subject')]).events;
    // The organiser's name in place of the subject is what the calendar has: nothing better is made up.
    assert.deepEqual([subject?.title, subject?.organizer], ['Ada Lovelace', 'Ada Lovelace']);
    const [deleted] = expandTexts([fixture('body-deleted')]).events;
    assert.equal(deleted?.organizer, 'ada@example.org');
    const secrets = expandTexts([fixture('private-event')]).events;
    assert.deepEqual(
      secrets.map(({ isPrivate, title }) => [isPrivate, title]),
      [
        [true, 'Job interview'],
        [true, 'Merger'],
      ],
    );
    assert.deepEqual(
      expandTexts([fixture('free-event')]).events.map(({ isFree }) => isFree),
      [true, true],
    );
    const [real] = expandTexts([fixture('alarms-and-attachments')]).events;
    assert.deepEqual(
      [real?.title, real?.isPrivate, real?.isFree, real?.places.description],
      ['Real', false, false, null],
    );
  });

  it('counts people, not rooms', () => {
    const [other] = expandTexts([fixture('declined-by-the-room')], { roomAddress: 'room@example.org' }).events;
    assert.equal(other?.attendees, 1);
    const plain = calendar(
      event(
        'a',
        START,
        'ATTENDEE:mailto:room@example.org',
        'ATTENDEE:mailto:ada@example.org',
        'ATTENDEE;CUTYPE=RESOURCE:mailto:beamer@example.org',
      ),
    );
    assert.equal(expandTexts([plain], { roomAddress: 'Room@example.org' }).events[0]?.attendees, 1);
  });

  it('has every place of a link', () => {
    const [found] = expandTexts([fixture('links')]).events;
    assert.deepEqual(found?.places, {
      conferences: ['https://meet.example.org/m/a#b'],
      provider: ['https://meet.google.com/abc-defg-hij', 'https://teams.microsoft.com/l/meetup-join/1'],
      url: 'https://example.org/agenda',
      location: 'Room 1, first floor',
      description: 'Join\nhere\n<a href="https://meet.example.org/m/c#d">Join</a>',
    });
  });

  it('differs at exceptions', () => {
    const { events } = expandTexts([fixture('exception-moved-to-another-day')]);
    assert.deepEqual(
      events.map(({ title, isSeries }) => [title, isSeries]),
      [
        ['Into the window', true],
        ['A day later', true],
      ],
    );
  });
});

describe('references', () => {
  it('name the object or the UID, and the original start in the series', () => {
    const text = fixture('exception-moved-to-another-day');
    const object = { event: '/calendar/1.ics', version: '"etag"', text };
    const [moved] = expandCalendars([object], spring, 'Europe/Paris').events;
    assert.deepEqual(moved?.reference, {
      event: '/calendar/1.ics',
      occurrence: Date.parse('2025-06-02T07:00:00Z'),
      version: '"etag"',
    });
    const [single] = expandCalendars([{ ...object, text: fixture('zero-length') }], spring, 'Europe/Paris', {
      referenceBy: 'uid',
    }).events;
    assert.deepEqual(single?.reference, { event: 'zero', occurrence: null, version: '"etag"' });
  });

  it('are 512 characters at most, and differ where names do', () => {
    const texts = ['a', 'b'].map((end) => calendar(event(`${'x'.repeat(2_000)}${end}`, START)));
    const names = expandTexts(texts).events.map(({ reference }) => reference.event);
    assert.equal(new Set(names).size, 2);
    assert.ok(names.every((name) => name.length <= 512));
  });

  it('are there for events without UID', () => {
    const text = calendar(event('', START).replace('UID:\r\n', ''), event('', START).replace('UID:\r\n', ''));
    assert.equal(new Set(expandTexts([text]).events.map(({ reference }) => reference.event)).size, 2);
  });
});

describe('series over several objects', () => {
  const components = fixture('recurrence-id-in-other-zone')
    .split(/(?=BEGIN:VEVENT)/)
    .slice(1)
    .map((part) => calendar(part.replace('END:VCALENDAR\r\n', '').trim()));

  it('are one series, in whatever order they come', () => {
    const whole = spansOf(expandTexts([fixture('recurrence-id-in-other-zone')]));
    assert.equal(components.length, 3);
    assert.deepEqual(spansOf(expandTexts(components)), whole);
    assert.deepEqual(spansOf(expandTexts(components.toReversed())), whole);
  });

  it('are referred to where each occurrence is written', () => {
    const events = expandTexts(components, { referenceBy: 'object' }).events;
    assert.deepEqual(
      events.slice(0, 3).map(({ reference }) => reference.event),
      ['/room/0.ics', '/room/1.ics', '/room/0.ics'],
    );
  });

  it('take a later version of an exception', () => {
    const later = calendar(
      event(
        'ids',
        'SEQUENCE:4',
        'RECURRENCE-ID:20250325T080000Z',
        'DTSTART:20250325T200000Z',
        'DTEND:20250325T201500Z',
      ),
    );
    assert.ok(spansOf(expandTexts([later, ...components])).includes('ids 03-25T20:00Z 15m'));
    assert.ok(!spansOf(expandTexts([later, ...components])).includes('ids 03-25T13:00Z 60m'));
  });
});

describe('the window', () => {
  it('takes what overlaps it, by a moment', () => {
    const text = calendar(
      event('a', 'DTSTART:20250323T000000Z', 'DTEND:20250323T010000Z'),
      event('b', 'DTSTART:20250323T010000Z'),
    );
    const seen = (from: string, to: string): string[] =>
      spansOf(expandTexts([text], {}, { startMs: Date.parse(`${from}Z`), endMs: Date.parse(`${to}Z`) })).map((span) =>
        span.slice(0, 1),
      );
    assert.deepEqual(seen('2025-03-23T00:59', '2025-03-23T01:00'), ['a']);
    assert.deepEqual(seen('2025-03-23T01:00', '2025-03-23T02:00'), ['b']);
    assert.deepEqual(seen('2025-03-22T00:00', '2025-03-23T00:00'), []);
  });

  it('takes occurrences that began long before', () => {
    const text = calendar(
      event('long', 'DTSTART;VALUE=DATE:20240101', 'DTEND;VALUE=DATE:20240401', 'RRULE:FREQ=YEARLY'),
    );
    assert.deepEqual(spansOf(expandTexts([text])), ['long 12-31T23:00Z 130980m']);
  });

  it('depends on the room’s zone for days', () => {
    const found = spansOf(expandTexts([fixture('all-day')], {}, spring, 'America/New_York'));
    assert.equal(found[0], 'one 03-30T04:00Z 1440m');
    assert.throws(() => expandTexts([], {}, spring, 'Europe/Nowhere'), RangeError);
  });
});

describe('hostile calendars', () => {
  it('costs one event, not the others', () => {
    const good = calendar(event('good', START));
    for (const bad of [
      '',
      'hello',
      '\u0000\u0001',
      'BEGIN:VCALENDAR',
      '<html></html>',
      'BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20250401T090000Z\r\nEND:VEVENT',
    ]) {
      const reading = expandTexts([bad, good]);
      assert.deepEqual(spansOf(reading), ['good 04-01T07:00Z 0m'], bad);
    }
    assert.deepEqual(codes(['hello']), ['calendar/event-malformed -']);
    assert.deepEqual(codes(['hello'], { referenceBy: 'object' }), ['calendar/event-malformed /room/0.ics']);
  });

  it('titles are text, whatever is in them', () => {
    const title = '<script>alert(1)</script> \u202egpj.exe';
    const [found] = expandTexts([calendar(event('a', START, `SUMMARY:${title}`))]).events;
    assert.equal(found?.title, title);
    assert.equal(displayText(found.title, 40), '<script>alert(1)</script> gpj.exe');
  });

  it('cuts long texts, and leaves out what is cut elsewhere', () => {
    const long = 'x'.repeat(3_000_000);
    const { events, problems } = expandTexts([
      calendar(event('a', START, `SUMMARY:${long}`, `DESCRIPTION:${long}`, `X-JUNK:${long}`)),
      calendar(event('b', START, `EXDATE:${'20250401T090000Z,'.repeat(10_000)}20250401T090000Z`)),
      calendar(event('c', START, ...Array.from({ length: 6_000 }, () => 'ATTENDEE:mailto:a@b.c'))),
      calendar(event('d', START, `DESCRIPTION:${'x'.repeat(10_000_000)}`)),
    ]);
    assert.deepEqual(
      events.map(({ title, places }) => [title.length, places.description?.length]),
      [[300, 99_988]],
    );
    assert.deepEqual(problems.map(({ code, event: of }) => `${code} ${of ?? '-'}`).sort(), [
      'calendar/event-too-large -',
      'calendar/event-too-large b',
      'calendar/event-too-large c',
    ]);
  });

  it('bounds characters and components in all', () => {
    const text = (uid: string): string => calendar(event(uid, START));
    assert.deepEqual(codes([text('a'), text('b'), text('c')], { limits: { totalChars: 2 * text('a').length } }), [
      'calendar/event-too-large -',
    ]);
    const many = calendar(...Array.from({ length: 50 }, (_, i) => event(`e${i}`, START)));
    const reading = expandTexts([many], { limits: { components: 11 } });
    assert.deepEqual([reading.events.length, reading.problems.length], [10, 1]);
  });

  it('bounds occurrences of one event, of all, and the steps to them', () => {
    const minutely = calendar(event('minutely', START, 'RRULE:FREQ=MINUTELY'));
    const reading = expandTexts([minutely, fixture('floating-time')]);
    assert.equal(reading.events.filter(({ reference }) => reference.event === 'minutely').length, 1_000);
    assert.ok(reading.events.some(({ reference }) => reference.event === 'floating'));
    assert.deepEqual(codes([minutely]), ['calendar/recurrence-cut-off minutely']);
    const each = Array.from({ length: 4 }, (_, i) => calendar(event(`s${i}`, START, 'RRULE:FREQ=HOURLY')));
    const few = expandTexts(each, { limits: { occurrences: 150 } });
    assert.equal(few.events.length, 150);
    assert.deepEqual(
      few.problems.map(({ code }) => code),
      ['calendar/recurrence-cut-off', 'calendar/recurrence-cut-off', 'calendar/recurrence-cut-off'],
    );
    assert.deepEqual(
      codes([calendar(event('secondly', 'DTSTART:20200101T000000Z', 'RRULE:FREQ=SECONDLY;COUNT=999999999'))]),
      ['calendar/recurrence-cut-off secondly'],
    );
  });

  it('is soon done with a thousand rules that never happen', () => {
    const never = [
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
      'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31;COUNT=5',
      'FREQ=DAILY;BYMONTH=6;BYMONTHDAY=31;COUNT=2',
    ];
    const texts = Array.from({ length: 1_000 }, (_, i) =>
      calendar(event(`n${i}`, 'DTSTART:16010101T000000Z', 'DTEND:16010101T010000Z', `RRULE:${never[i % 3] ?? ''}`)),
    );
    const startedMs = performance.now();
    assert.deepEqual(expandTexts(texts).events, []);
    // Alone it takes half a second; the machine may be busy.
    assert.ok(performance.now() - startedMs < 10_000);
  });

  it('never throws, and keeps what is good', () => {
    const lines = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'BEGIN:VEVENT',
        'END:VEVENT',
        'BEGIN:VALARM',
        'END:VALARM',
        'BEGIN:VCALENDAR',
        'END:VTIMEZONE',
        'BEGIN:VTIMEZONE',
        'BEGIN:STANDARD',
      ),
      fc.constantFrom(
        START,
        'DTSTART:',
        'DTEND;VALUE=DATE:20250401',
        'RRULE:FREQ=DAILY',
        'RRULE:FREQ=WEEKLY;BYDAY=MO',
        'EXDATE:20250402T070000Z',
        'DURATION:P1D',
        'RDATE;VALUE=PERIOD:20250401T000000Z/PT1H',
        'RECURRENCE-ID:20250401T070000Z',
        'UID:u',
        ' folded',
        'TZOFFSETTO:+0100',
        'TZID:x',
        'DTSTART;TZID=x:20250401T090000',
      ),
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 30 }), (hostile) => {
        const { events } = expandTexts([['BEGIN:VCALENDAR', ...hostile].join('\r\n'), calendar(event('good', START))]);
        assert.ok(events.some(({ reference }) => reference.event === 'good'));
        for (const { startMs, endMs } of events)
          assert.ok(startMs <= endMs && Number.isSafeInteger(startMs) && Number.isSafeInteger(endMs));
      }),
      { numRuns: 500, seed: 9 },
    );
  });

  it('reads the same however lines are folded and ended', () => {
    const text = fixture('links');
    const unfolded = expandTexts([text]).events;
    const folded = text.replaceAll(/[^\r\n]{20}(?=[^\r\n])/g, '$&\r\n ');
    assert.deepEqual(expandTexts([folded]).events, unfolded);
    assert.deepEqual(expandTexts([folded.replaceAll('\r\n', '\n')]).events, unfolded);
    assert.deepEqual(expandTexts([`\ufeff${text}\r\n\r\n`]).events, unfolded);
  });
});
