import assert from 'node:assert/strict';
import { calendarLimits } from '../../../src/calendar/ical/limits.ts';
import { readComponents } from '../../../src/calendar/ical/components.ts';
import { zoneOfComponent } from '../../../src/calendar/ical/vtimezone.ts';
import { IntlZone, isIanaZone } from '../../../src/calendar/zone/intl-zone.ts';
import { toUtc, toWall, utcZone } from '../../../src/calendar/zone/zone.ts';
import { ZoneBook } from '../../../src/calendar/zone/zone-book.ts';
import { fixture } from './ical-fixtures.ts';

const HOUR_MS = 3_600_000;

describe('zones of the IANA database', () => {
  const zones = [
    'Europe/Paris',
    'America/New_York',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Apia',
  ];
  for (const id of zones)
    it(`${id} is as Intl has it, at every third hour of five years and far from now`, () => {
      const zone = new IntlZone(id);
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone: id, dateStyle: 'short', timeStyle: 'medium' });
      const asked = (ms: number): number => Date.parse(`${format.format(ms).replace(' ', 'T')}Z`) - ms;
      for (let ms = Date.UTC(2023, 0, 1); ms < Date.UTC(2028, 0, 1); ms += 3 * HOUR_MS)
        if (zone.offsetMs(ms) !== asked(ms)) assert.fail(`${id} ${new Date(ms).toISOString()}`);
      for (const year of [1950, 1999, 2011, 2100])
        assert.equal(zone.offsetMs(Date.UTC(year, 6, 1)), asked(Date.UTC(year, 6, 1)));
    });

  it('read skipped hours by the offset before, repeated ones as the first', () => {
    const paris = new IntlZone('Europe/Paris');
    const wall = (month: number, day: number, hour: number): number => Date.UTC(2025, month - 1, day, hour, 30);
    assert.equal(new Date(toUtc(paris, wall(3, 30, 2))).toISOString(), '2025-03-30T01:30:00.000Z');
    assert.equal(new Date(toUtc(paris, wall(3, 30, 1))).toISOString(), '2025-03-30T00:30:00.000Z');
    assert.equal(new Date(toUtc(paris, wall(3, 30, 3))).toISOString(), '2025-03-30T01:30:00.000Z');
    assert.equal(new Date(toUtc(paris, wall(10, 26, 2))).toISOString(), '2025-10-26T00:30:00.000Z');
    assert.equal(new Date(toUtc(paris, wall(10, 26, 3))).toISOString(), '2025-10-26T02:30:00.000Z');
  });

  it('are there and back again', () => {
    const zone = new IntlZone('America/St_Johns');
    for (let ms = Date.UTC(2025, 0, 1); ms < Date.UTC(2026, 0, 1); ms += 7 * HOUR_MS) {
      const there = toUtc(zone, toWall(zone, ms));
      assert.ok(there === ms || there === ms - HOUR_MS, new Date(ms).toISOString());
    }
  });

  it('know names from offsets and nonsense', () => {
    for (const id of ['Europe/Paris', 'utc', 'EST5EDT', 'Etc/GMT+5']) assert.ok(isIanaZone(id), id);
    for (const id of ['', '+01:00', 'Europe/Nowhere', '../Paris', 'x'.repeat(500)]) assert.ok(!isIanaZone(id), id);
  });
});

describe('names of zones', () => {
  const book = new ZoneBook();
  const july = Date.UTC(2025, 6, 1);
  for (const [name, hours] of [
    ['Europe/Paris', 2],
    ['europe/paris', 2],
    [' "Europe/Paris" ', 2],
    ['Romance Standard Time', 2],
    ['E. Europe Standard Time', 3],
    ['Eastern Standard Time', -4],
    ['(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb', 2],
    ['(GMT-08:00) Pacific Time (US & Canada)', -7],
    ['/citadel.org/20190914_1/Asia/Tokyo', 9],
    ['/softwarestudio.org/Tzfile/America/Argentina/Buenos_Aires', -3],
    ['UTC', 0],
    ['GMT', 0],
    ['UTC+02:00', 2],
    ['GMT-0530', -5.5],
    ['+01:00', 1],
  ] as const)
    it(name, () => assert.equal(book.find(name)?.offsetMs(july), hours * HOUR_MS));

  it('are not guessed', () => {
    for (const name of ['', 'Customized Time Zone', 'Paris', 'UTC+25', '/a/b/c', 'x'.repeat(10_000)])
      assert.equal(book.find(name), null, name);
  });

  it('stand for one zone each', () => {
    assert.equal(book.find('/mozilla.org/1/Europe/Paris'), book.find('Europe/Paris'));
    assert.equal(book.find('Etc/UTC'), utcZone);
  });
});

describe('zones that an object brings along', () => {
  const zoneOf = (name: string): NonNullable<ReturnType<typeof zoneOfComponent>> => {
    const [component] = readComponents(fixture(name), calendarLimits, { left: 100 }).zones;
    assert.ok(component);
    const zone = zoneOfComponent('x', component);
    assert.ok(zone);
    return zone;
  };

  it('are right at every hour of ten years, by rules since 1601', () => {
    for (const [name, id] of [
      ['outlook-1601-rules', 'Europe/Paris'],
      ['english-outlook-vtimezone', 'America/Los_Angeles'],
    ] as const) {
      const [ours, theirs] = [zoneOf(name), new IntlZone(id)];
      // The second is put forward at two and back at midnight: an hour of November apart.
      const isApart = (ms: number): boolean =>
        name.startsWith('english') && /-1[01]-0\d/.test(new Date(ms).toISOString());
      for (let ms = Date.UTC(2020, 0, 1); ms < Date.UTC(2030, 0, 1); ms += HOUR_MS)
        if (!isApart(ms) && ours.offsetMs(ms) !== theirs.offsetMs(ms))
          assert.fail(`${name} ${new Date(ms).toISOString()}`);
    }
  });

  it('keep what was last said where rules have ended', () => {
    const zone = zoneOf('vtimezone-until-and-rdate');
    assert.equal(zone.offsetMs(Date.UTC(1999, 0, 1)), HOUR_MS);
    assert.equal(zone.offsetMs(Date.UTC(2010, 6, 1)), 2 * HOUR_MS);
    assert.equal(zone.offsetMs(Date.UTC(2019, 11, 1)), HOUR_MS);
    assert.equal(zone.offsetMs(Date.UTC(2024, 11, 1)), 2 * HOUR_MS);
    assert.equal(zone.offsetMs(Date.UTC(2025, 11, 1)), HOUR_MS);
  });

  it('are none where nothing sets a clock', () => {
    const component = { name: 'VTIMEZONE', lines: ['TZID:x'], parts: [], isTooLarge: false, isWhole: true };
    assert.equal(zoneOfComponent('x', component), null);
    const part = {
      name: 'STANDARD',
      lines: ['DTSTART:19700101T000000', 'TZOFFSETTO:soon'],
      parts: [],
      isTooLarge: false,
      isWhole: true,
    };
    assert.equal(zoneOfComponent('x', { ...component, parts: [part] }), null);
  });
});
