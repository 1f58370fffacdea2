import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StepBudget } from '../../../src/calendar/ical/limits.ts';
import { parseProperty } from '../../../src/calendar/ical/property.ts';
import { expandRule, type RecurrenceRule } from '../../../src/calendar/ical/rule.ts';
import { ruleOf } from '../../../src/calendar/ical/rule-value.ts';

const DAY_MS = 86_400_000;

function rule(text: string): RecurrenceRule {
  const property = parseProperty(`RRULE:${text}`);
  const written = property === null ? null : ruleOf(property);
  assert.ok(written, text);
  return { ...written, untilWallMs: written.until?.wallMs ?? null };
}

/** Wall times of `start` and the end of a span, as ISO texts without the zone. */
function expand(text: string, start: string, end: string, from = start, steps = 200_000): string[] {
  const span = { fromMs: Date.parse(`${from}Z`), toMs: Date.parse(`${end}Z`) };
  const found = expandRule(rule(text), Date.parse(`${start}Z`), span, new StepBudget(steps, null));
  return found.map((ms) => new Date(ms).toISOString().slice(0, 16));
}

const days = (text: string, start: string, end: string): string => {
  return expand(text, start, end)
    .map((at) => at.slice(2, 10))
    .join(' ');
};

describe('examples of RFC 5545 section 3.8.5.3', () => {
  const start = '1997-09-02T09:00';
  for (const [text, from, end, expected] of [
    ['FREQ=DAILY;COUNT=3', start, '1998-01-01T00:00', '97-09-02 97-09-03 97-09-04'],
    ['FREQ=DAILY;INTERVAL=10;COUNT=5', start, '1998-01-01T00:00', '97-09-02 97-09-12 97-09-22 97-10-02 97-10-12'],
    ['FREQ=WEEKLY;INTERVAL=2;WKST=SU', start, '1997-11-01T00:00', '97-09-02 97-09-16 97-09-30 97-10-14 97-10-28'],
    [
      'FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH',
      start,
      '1998-01-01T00:00',
      '97-09-02 97-09-04 97-09-09 97-09-11 97-09-16 97-09-18 97-09-23 97-09-25 97-09-30 97-10-02',
    ],
    [
      'FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR',
      '1997-09-01T09:00',
      '1997-10-01T00:00',
      '97-09-01 97-09-03 97-09-05 97-09-15 97-09-17 97-09-19 97-09-29',
    ],
    ['FREQ=MONTHLY;COUNT=4;BYDAY=1FR', '1997-09-05T09:00', '1998-06-01T00:00', '97-09-05 97-10-03 97-11-07 97-12-05'],
    [
      'FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU',
      '1997-09-07T09:00',
      '1998-06-01T00:00',
      '97-09-07 97-09-28 97-11-02 97-11-30 98-01-04 98-01-25',
    ],
    ['FREQ=MONTHLY;COUNT=3;BYDAY=-2MO', '1997-09-22T09:00', '1998-06-01T00:00', '97-09-22 97-10-20 97-11-17'],
    ['FREQ=MONTHLY;BYMONTHDAY=-3', '1997-09-28T09:00', '1998-01-01T00:00', '97-09-28 97-10-29 97-11-28 97-12-29'],
    [
      'FREQ=MONTHLY;COUNT=6;BYMONTHDAY=1,-1',
      '1997-09-30T09:00',
      '1998-06-01T00:00',
      '97-09-30 97-10-01 97-10-31 97-11-01 97-11-30 97-12-01',
    ],
    ['FREQ=YEARLY;COUNT=4;BYMONTH=6,7', '1997-06-10T09:00', '2000-01-01T00:00', '97-06-10 97-07-10 98-06-10 98-07-10'],
    [
      'FREQ=YEARLY;INTERVAL=3;COUNT=5;BYYEARDAY=1,100,200',
      '1997-01-01T09:00',
      '2010-01-01T00:00',
      '97-01-01 97-04-10 97-07-19 00-01-01 00-04-09',
    ],
    ['FREQ=YEARLY;BYDAY=20MO', '1997-05-19T09:00', '2000-01-01T00:00', '97-05-19 98-05-18 99-05-17'],
    ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', '1997-05-12T09:00', '2000-01-01T00:00', '97-05-12 98-05-11 99-05-17'],
    ['FREQ=YEARLY;BYMONTH=3;BYDAY=TH', '1997-03-13T09:00', '1997-12-01T00:00', '97-03-13 97-03-20 97-03-27'],
    ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', start, '1999-01-01T00:00', '98-02-13 98-03-13 98-11-13'],
    [
      'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13',
      '1997-09-13T09:00',
      '1998-01-01T00:00',
      '97-09-13 97-10-11 97-11-08 97-12-13',
    ],
    [
      'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
      '1996-11-05T09:00',
      '2005-01-01T00:00',
      '96-11-05 00-11-07 04-11-02',
    ],
    [
      'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3',
      '1997-09-04T09:00',
      '1998-01-01T00:00',
      '97-09-04 97-10-07 97-11-06',
    ],
    [
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2',
      '1997-09-29T09:00',
      '1998-01-01T00:00',
      '97-09-29 97-10-30 97-11-27 97-12-30',
    ],
    [
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
      '1997-08-05T09:00',
      '1998-01-01T00:00',
      '97-08-05 97-08-10 97-08-19 97-08-24',
    ],
    [
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
      '1997-08-05T09:00',
      '1998-01-01T00:00',
      '97-08-05 97-08-17 97-08-19 97-08-31',
    ],
    [
      'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5',
      '2007-01-15T09:00',
      '2008-01-01T00:00',
      '07-01-15 07-01-30 07-02-15 07-03-15 07-03-30',
    ],
  ] as const)
    it(text, () => assert.equal(days(text, from, end), expected));

  it('hours and minutes', () => {
    assert.deepEqual(expand('FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000', start, '1998-01-01T00:00'), [
      '1997-09-02T09:00',
      '1997-09-02T12:00',
      '1997-09-02T15:00',
    ]);
    assert.equal(expand('FREQ=MINUTELY;INTERVAL=15;COUNT=6', start, '1998-01-01T00:00').at(-1), '1997-09-02T10:15');
    const daily = expand('FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40', start, '1997-09-04T00:00');
    assert.deepEqual(
      daily,
      expand('FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16', start, '1997-09-04T00:00'),
    );
    assert.equal(daily.length, 48);
    assert.deepEqual(expand('FREQ=SECONDLY;BYMONTHDAY=4;BYHOUR=7;BYMINUTE=5;BYSECOND=0', start, '1997-11-01T00:00'), [
      '1997-09-04T07:05',
      '1997-10-04T07:05',
    ]);
  });

  it('29 February, and DTSTART beside the rule counts', () => {
    assert.equal(days('FREQ=YEARLY', '2020-02-29T09:00', '2030-01-01T00:00'), '20-02-29 24-02-29 28-02-29');
    assert.equal(days('FREQ=WEEKLY;BYDAY=MO;COUNT=3', '2025-01-01T09:00', '2026-01-01T00:00'), '25-01-06 25-01-13');
  });
});

describe('expanding a rule', () => {
  const parts = fc.record({
    frequency: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY', 'HOURLY'),
    interval: fc.integer({ min: 1, max: 5 }),
    by: fc.constantFrom(
      '',
      ';BYDAY=MO,FR',
      ';BYMONTH=2,7',
      ';BYMONTHDAY=1,-1',
      ';BYDAY=MO,TU;BYSETPOS=1,-1',
      ';BYHOUR=8,17',
    ),
    startDay: fc.integer({ min: 15_000, max: 20_000 }),
    fromDay: fc.integer({ min: 15_000, max: 21_000 }),
  });

  it('from the middle is what expanding from the start gives there', () => {
    fc.assert(
      fc.property(parts, ({ frequency, interval, by, startDay, fromDay }) => {
        const text = `FREQ=${frequency};INTERVAL=${interval}${by}`;
        const startMs = startDay * DAY_MS + 9 * 3_600_000;
        const span = { fromMs: fromDay * DAY_MS, toMs: (fromDay + 20) * DAY_MS };
        const middle = expandRule(rule(text), startMs, span, new StepBudget(1_000_000, null));
        const all = expandRule(rule(text), startMs, { ...span, fromMs: startMs }, new StepBudget(10_000_000, null));
        assert.deepEqual(
          middle,
          all.filter((ms) => ms >= span.fromMs),
        );
        assert.deepEqual(
          middle,
          [...new Set(middle)].sort((a, b) => a - b),
        );
      }),
      { numRuns: 150, seed: 5 },
    );
  });

  it('ends when its steps do', () => {
    const budget = new StepBudget(1_000, null);
    const span = { fromMs: 0, toMs: 100 * 365 * DAY_MS };
    assert.ok(expandRule(rule('FREQ=SECONDLY'), 0, span, budget).length <= 1_000);
    assert.ok(budget.isExhausted);
  });

  for (const text of [
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYMONTHDAY=31;BYDAY=6MO',
    'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31',
    'FREQ=DAILY;INTERVAL=99999;BYMONTHDAY=31;BYMONTH=6;COUNT=1000',
    'FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1',
    'FREQ=HOURLY;BYHOUR=3;BYMONTH=4;BYMONTHDAY=31',
  ])
    it(`is soon done with what never happens: ${text}`, () => {
      const startedMs = performance.now();
      assert.deepEqual(expand(text, '1601-01-01T00:00', '2025-04-06T00:00', '2025-03-23T00:00'), []);
      assert.ok(performance.now() - startedMs < 1_000);
    });

  it('takes no rule that is none', () => {
    for (const text of [
      'FREQ=NEVER',
      'INTERVAL=2',
      'FREQ=DAILY;COUNT=0',
      'FREQ=DAILY;COUNT=x',
      'FREQ=DAILY;UNTIL=soon',
      'FREQ=DAILY;INTERVAL=1000000',
      'FREQ=MONTHLY;BYMONTHDAY=32',
      'FREQ=MONTHLY;BYMONTHDAY=0',
      'FREQ=YEARLY;BYMONTH=13',
      'FREQ=WEEKLY;BYDAY=XX',
    ]) {
      const property = parseProperty(`RRULE:${text}`);
      assert.equal(property === null ? null : ruleOf(property), null, text);
    }
    assert.equal(rule('freq=weekly;byday=mo;wkst=su').weekStart, 0);
  });
});
