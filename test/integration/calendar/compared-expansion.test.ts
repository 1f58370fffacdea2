import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expandCalendars } from '../../../src/calendar/ical/expand.ts';
import { calendarText, randomCalendar, type RandomCalendar } from './random-calendars.ts';

/**
 * Where python3-recurring-ical-events 2.0.1 is wrong, by what the event has. An event with one of these may differ; each row
 * must be needed by some event, so that none stays when the other is mended.
 */
const knownDifferences: Readonly<Record<string, string>> = {
  'count-beside-the-rule':
    'DTSTART always counts as the first occurrence (RFC 5545 section 3.8.5.3), also where the rule does not meet it; the other gives COUNT more',
  'several-a-day': 'the other takes an exception for all occurrences of its day',
  'positions-in-the-week':
    'BYSETPOS counts in the week (RFC 5545 section 3.3.10); in the first one the other counts from DTSTART, unlike in months and years',
};

const ROOM = 'Europe/Paris';
const CALENDARS = 500;
/** From here, 500 calendars have every known difference. */
const FIRST_SEED = 1_001;

interface Answer {
  readonly events?: readonly (readonly [uid: string, startMs: number, endMs: number])[];
  readonly error?: string;
}

describe('500 calendars as hazard makes them, and another expander', function () {
  this.timeout(300_000);
  const calendars = Array.from({ length: CALENDARS }, (_, i) => randomCalendar(FIRST_SEED + i));
  let answers: readonly Answer[] = [];

  before(() => {
    const jobs = calendars.map(({ events, startMs, endMs }) => ({
      text: calendarText(events),
      startMs,
      endMs,
      zone: ROOM,
    }));
    const script = fileURLToPath(new URL('other-expander.py', import.meta.url));
    const python = spawnSync('/usr/bin/python3', [script], { input: JSON.stringify(jobs), maxBuffer: 100_000_000 });
    assert.equal(python.status, 0, python.stderr.toString());
    answers = JSON.parse(python.stdout.toString()) as readonly Answer[];
  });

  it('agree on every occurrence of fourteen days', () => {
    const differing = new Set<string>();
    let compared = 0;
    for (const [index, calendar] of calendars.entries()) {
      const ours = expand(calendar);
      const theirs = answers[index];
      assert.ok(theirs?.events !== undefined, `calendar ${FIRST_SEED + index}: ${theirs?.error ?? 'no answer'}`);
      for (const { uid, features, text } of calendar.events) {
        const a = spans(ours, uid);
        const b = spans(theirs.events, uid);
        compared += a.length;
        if (JSON.stringify(a) === JSON.stringify(b)) continue;
        const excused = features.filter((feature) => feature in knownDifferences);
        assert.ok(
          excused.length > 0,
          `calendar ${FIRST_SEED + index}\n${text}\nours ${a.join(' ')}\ntheirs ${b.join(' ')}`,
        );
        for (const feature of excused) differing.add(feature);
      }
    }
    assert.ok(compared > 2_500, `${compared} occurrences compared`);
    assert.deepEqual([...differing].sort(), Object.keys(knownDifferences).sort());
  });
});

function expand({ events, startMs, endMs }: RandomCalendar): NonNullable<Answer['events']> {
  const object = { event: 'calendar', version: null, text: calendarText(events) };
  const reading = expandCalendars([object], { startMs, endMs }, ROOM, { referenceBy: 'uid' });
  assert.deepEqual(reading.problems, []);
  const references = reading.events.map(({ reference }) => `${reference.event} ${reference.occurrence ?? ''}`);
  assert.equal(new Set(references).size, references.length);
  return reading.events.map((event) => [event.reference.event, event.startMs, event.endMs] as const);
}

/** Each once: the other tells an RDATE that the rule meets as well twice, when clocks have changed since DTSTART. */
function spans(events: NonNullable<Answer['events']>, uid: string): string[] {
  const own = events.filter(([of]) => of === uid);
  return [...new Set(own.map(([, startMs, endMs]) => `${iso(startMs)}/${iso(endMs)}`))].sort();
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}
