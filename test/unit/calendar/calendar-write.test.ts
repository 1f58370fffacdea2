import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CalendarEvent } from '../../../src/calendar/calendar-event.ts';
import {
  cancelOccurrence,
  changeEnd,
  declineOccurrence,
  deleteEvent,
  type WriteContext,
  writeEvent,
} from '../../../src/calendar/ical/write.ts';
import { expandTexts, fixture, spansOf, spring } from './ical-fixtures.ts';

const nowMs = Date.UTC(2025, 2, 20, 12);
const HOUR_MS = 3_600_000;

function contextOf({ reference }: CalendarEvent): WriteContext {
  return { uid: reference.event, occurrence: reference.occurrence, zone: 'Europe/Paris', nowMs };
}

function nth(text: string, index: number): CalendarEvent {
  const event = expandTexts([text]).events[index];
  assert.ok(event);
  return event;
}

/** Lines, unfolded. */
function linesOf(text: string): string[] {
  return text.replaceAll('\r\n ', '').split('\r\n');
}

describe('writing a new event', () => {
  const booking = { uid: 'a1', nowMs, title: 'Ad hoc', startMs: spring.startMs, endMs: spring.startMs + HOUR_MS };

  it('is what is read again', () => {
    const text = writeEvent({ ...booking, organizer: 'mailto:room@example.org' });
    const event = nth(text, 0);
    assert.equal(event.title, 'Ad hoc');
    assert.equal(event.organizer, 'room@example.org');
    assert.deepEqual([event.startMs, event.endMs, event.isSeries], [booking.startMs, booking.endMs, false]);
    assert.ok(text.startsWith('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:'));
  });

  it('keeps any title inside its line, folded at 75 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 280 }), (title) => {
        const text = writeEvent({ ...booking, title, organizer: null });
        assert.ok(text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75));
        const { events, problems } = expandTexts([text]);
        assert.deepEqual([events.length, problems], [1, []]);
        const kept = title
          .replaceAll(/\r\n?/g, '\n')
          .replaceAll(/(?!\n)\p{Cc}/gu, '')
          .toWellFormed();
        assert.equal(events[0]?.title, kept.slice(0, 300).toWellFormed());
      }),
      { numRuns: 300, seed: 11 },
    );
  });
});

describe('changing the end', () => {
  it('of a single event keeps all else', () => {
    const text = fixture('alarms-and-attachments');
    const event = nth(text, 0);
    const changed = changeEnd(text, contextOf(event), event.startMs + HOUR_MS / 4);
    assert.deepEqual(spansOf(expandTexts([changed])), ['alarm 04-01T07:00Z 15m']);
    const before = new Set(linesOf(text));
    const added = linesOf(changed).filter((line) => !before.has(line));
    assert.deepEqual(added, [
      'DTSTAMP:20250320T120000Z',
      'DTEND;TZID=Europe/Paris:20250401T091500',
      'SEQUENCE:1',
      'LAST-MODIFIED:20250320T120000Z',
    ]);
    const gone = [...before].filter((line) => !linesOf(changed).includes(line));
    assert.deepEqual(gone, ['DTSTAMP:20250101T090000Z', 'DURATION:PT1H']);
  });

  it('of one occurrence makes an exception, in the zone of the series', () => {
    const text = fixture('dst-change-inside-series');
    const changed = changeEnd(text, contextOf(nth(text, 1)), nth(text, 1).endMs + HOUR_MS);
    assert.deepEqual(spansOf(expandTexts([changed])), ['dst 03-28T08:00Z 30m', 'dst 04-04T07:00Z 90m']);
    assert.ok(linesOf(changed).includes('RECURRENCE-ID;TZID=Europe/Paris:20250404T090000'));
    assert.equal(linesOf(changed).filter((line) => line.startsWith('RRULE')).length, 1);
    assert.equal(nth(changed, 1).title, 'Weekly');
  });

  it('of an exception changes that one', () => {
    const text = fixture('recurrence-id-in-other-zone');
    const changed = changeEnd(text, contextOf(nth(text, 1)), nth(text, 1).startMs + HOUR_MS / 2);
    assert.equal(linesOf(changed).filter((line) => line.startsWith('RECURRENCE-ID')).length, 2);
    assert.equal(spansOf(expandTexts([changed]))[1], 'ids 03-25T13:00Z 30m');
  });

  it('of an occurrence after THISANDFUTURE, and of the one where that begins', () => {
    const text = fixture('this-and-future');
    for (const index of [4, 5, 7]) {
      const event = nth(text, index);
      const changed = changeEnd(text, contextOf(event), event.startMs + HOUR_MS / 4);
      const expected = spansOf(expandTexts([text])).map((span, i) => (i === index ? span.replace('60m', '15m') : span));
      assert.deepEqual(spansOf(expandTexts([changed])), expected);
      assert.equal(nth(changed, index).title, 'Later and longer');
    }
  });

  it('of a zone that only the object knows keeps its VTIMEZONE', () => {
    const text = fixture('customized-time-zone');
    const changed = changeEnd(text, contextOf(nth(text, 1)), nth(text, 1).startMs + HOUR_MS / 2);
    assert.deepEqual(spansOf(expandTexts([changed])), ['custom 03-24T05:30Z 60m', 'custom 03-31T05:30Z 30m']);
    const zone = (of: string): string => of.slice(of.indexOf('BEGIN:VTIMEZONE'), of.indexOf('END:VTIMEZONE'));
    assert.equal(zone(changed), zone(text));
  });

  it('keeps the quotes of a zone that needs them', () => {
    const text = fixture('windows-dialog-name');
    const changed = changeEnd(text, contextOf(nth(text, 0)), nth(text, 0).startMs + HOUR_MS / 2);
    assert.deepEqual(spansOf(expandTexts([changed])), ['dialog 04-01T07:00Z 30m']);
  });

  it('of an all-day event is the end of a day', () => {
    const text = fixture('all-day');
    const three = nth(text, 1);
    const changed = changeEnd(text, contextOf(three), three.startMs + 30 * HOUR_MS);
    assert.equal(spansOf(expandTexts([changed]))[1], 'three 03-31T22:00Z 2880m');
  });

  it('counts changes up', () => {
    const text = fixture('superseded-version');
    const changed = changeEnd(text, contextOf(nth(text, 0)), nth(text, 0).startMs + HOUR_MS / 2);
    assert.ok(linesOf(changed).includes('SEQUENCE:2'));
    assert.deepEqual(spansOf(expandTexts([changed])), ['twice 04-01T12:00Z 30m']);
  });
});

describe('taking an occurrence off', () => {
  for (const name of [
    'exdate-in-utc',
    'rdate',
    'this-and-future',
    'recurrence-id-in-other-zone',
    'exdate-time-on-all-day-series',
    'outlook-1601-rules',
  ])
    it(`leaves the others: ${name}`, () => {
      const text = fixture(name);
      const all = spansOf(expandTexts([text]));
      assert.ok(all.length > 1);
      for (const index of all.keys()) {
        const cancelled = cancelOccurrence(text, contextOf(nth(text, index)));
        assert.deepEqual(spansOf(expandTexts([cancelled])), all.toSpliced(index, 1), `${name} ${index}`);
      }
    });

  it('marks an exception that is alone in its object', () => {
    const text = fixture('server-expanded');
    const cancelled = cancelOccurrence(text, contextOf(nth(text, 0)));
    assert.deepEqual(spansOf(expandTexts([cancelled])), ['expanded 03-26T08:00Z 30m']);
  });

  it('by the room’s answer', () => {
    const text = fixture('declined-by-the-room').replace(
      'PARTSTAT=DECLINED;CN=Room',
      'PARTSTAT=ACCEPTED;RSVP=TRUE;CN="Room: 1; first"',
    );
    const options = { roomAddress: 'room@example.org' };
    assert.equal(expandTexts([text], options).events.length, 2);
    const declined = declineOccurrence(text, contextOf(nth(text, 0)), 'Room@example.org');
    assert.ok(
      declined
        ?.replaceAll('\r\n ', '')
        .includes('ATTENDEE;CUTYPE=ROOM;CN="Room: 1; first";PARTSTAT=DECLINED:MAILTO:Room@Example.org'),
    );
    assert.deepEqual(spansOf(expandTexts([declined ?? ''], options)), ['other 04-01T09:00Z 60m']);
    assert.equal(declineOccurrence(text, contextOf(nth(text, 0)), 'other@example.org'), null);
  });

  it('by the room’s answer to one occurrence', () => {
    const text = fixture('dst-change-inside-series').replace('SUMMARY', 'ATTENDEE:mailto:room@example.org\r\nSUMMARY');
    const declined = declineOccurrence(text, contextOf(nth(text, 0)), 'room@example.org');
    const options = { roomAddress: 'room@example.org' };
    assert.deepEqual(spansOf(expandTexts([declined ?? ''], options)), ['dst 04-04T07:00Z 30m']);
  });
});

describe('deleting', () => {
  it('leaves the other events of the object, or nothing', () => {
    const text = fixture('private-event');
    const rest = deleteEvent(text, contextOf(nth(text, 0)));
    assert.deepEqual(spansOf(expandTexts([rest ?? ''])), ['confidential 04-01T09:00Z 60m']);
    assert.equal(deleteEvent(fixture('this-and-future'), contextOf(nth(fixture('this-and-future'), 0))), null);
  });
});

describe('writing to what cannot be written', () => {
  const context: WriteContext = { uid: 'dst', occurrence: null, zone: 'Europe/Paris', nowMs };
  const code = (expected: string) => (error: unknown) =>
    error instanceof Error && 'code' in error && error.code === expected;

  it('is refused', () => {
    const series = fixture('dst-change-inside-series');
    assert.throws(() => changeEnd(fixture('cut-off'), context, 0), code('calendar/unreadable'));
    assert.throws(() => changeEnd('', context, 0), code('calendar/unreadable'));
    assert.throws(() => changeEnd(series, { ...context, uid: 'other' }, 0), code('calendar/not-found'));
    assert.throws(() => changeEnd(series, context, 0), code('calendar/not-found'));
    assert.throws(() => cancelOccurrence(series, context), code('calendar/not-found'));
    assert.throws(
      () => cancelOccurrence(fixture('floating-time'), { ...context, uid: null, occurrence: 0 }),
      code('calendar/not-found'),
    );
  });
});
