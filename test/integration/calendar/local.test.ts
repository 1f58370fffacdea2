import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { CalendarEvent } from '../../../src/calendar/calendar-event.ts';
import { midnight } from '../../contract/calendar-source.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import type { LocalBench } from '../../support/local-bench.ts';
import { localBench } from '../../support/local-bench.ts';

const HOUR = 3_600_000;
const never = new AbortController().signal;
const day = { startMs: midnight, endMs: midnight + 24 * HOUR };
const at = (hour: number): { startMs: number; endMs: number } => ({
  startMs: midnight + hour * HOUR,
  endMs: midnight + (hour + 1) * HOUR,
});

describe("the room's own calendar", () => {
  let bench: LocalBench;

  beforeEach(async () => (bench = await localBench()));
  afterEach(async () => {
    await bench.source.close();
    await bench.close();
  });

  const read = async (): Promise<readonly CalendarEvent[]> => (await bench.source.read(day, never)).events;
  const files = (): Promise<string[]> => readdir(bench.folder);

  it('makes its file with the first booking, for nobody else to read', async () => {
    assert.deepEqual(await read(), []);
    assert.deepEqual(await files(), []);
    await bench.source.create({ title: 'first', ...at(9) }, never);
    assert.equal((await stat(bench.path)).mode & 0o777, 0o600);
    assert.deepEqual(await files(), ['calendar.ics']);
  });

  it('takes an empty file for a calendar without events', async () => {
    await writeFile(bench.path, '\n');
    assert.deepEqual(await read(), []);
    await bench.source.create({ title: 'first', ...at(9) }, never);
    assert.equal((await read()).length, 1);
  });

  it('keeps what it does not understand', async () => {
    await bench.seed({ title: 'theirs', ...at(9) });
    const text = (await readFile(bench.path, 'utf8')).replace('SUMMARY:', 'X-COLOUR;X-A="b:c":blue\\, \\;\r\nSUMMARY:');
    await writeFile(bench.path, text.replace('END:VCALENDAR', 'BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR'));
    await bench.source.create({ title: 'ours', ...at(10) }, never);
    const [theirs] = await read();
    await bench.source.changeEnd((theirs as CalendarEvent).reference, at(9).endMs - HOUR / 2, never);
    const after = await readFile(bench.path, 'utf8');
    for (const kept of [
      'X-COLOUR;X-A="b:c":blue\\, \\;\r\n',
      'BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\n',
      'TZID:Europe/Berlin\r\n',
    ])
      assert.ok(after.includes(kept), kept);
  });

  it('does not take a change of one event for a change of another', async () => {
    await bench.seed({ title: 'a', ...at(9) });
    await bench.seed({ title: 'b', ...at(11) });
    const [a, b] = (await read()) as [CalendarEvent, CalendarEvent];
    await bench.source.changeEnd(a.reference, at(9).endMs - HOUR / 2, never);
    await bench.source.release(b.reference, never);
    assert.equal((await read()).length, 1);
  });

  it('loses none of many changes at once', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, hour) => bench.source.create({ title: `n${hour}`, ...at(hour) }, never)),
    );
    assert.equal((await read()).length, 12);
  });

  for (const [what, content] of [
    ['half a file', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n'],
    ['something else', '{"events":[]}'],
    ['bytes that are no text', Buffer.from([0x42, 0xff, 0xfe, 0x00])],
  ] as const) {
    it(`keeps ${what} aside when it meets it again, and begins anew`, async () => {
      await writeFile(bench.path, content);
      const first = await calendarFailure(read());
      assert.deepEqual([first.code, first.context['keptAs']], ['calendar/unreadable', undefined]);
      assert.deepEqual(await files(), ['calendar.ics']);
      const second = await calendarFailure(read());
      assert.equal(second.code, 'calendar/unreadable');
      assert.deepEqual(await readFile(String(second.context['keptAs'])), Buffer.from(content));
      assert.deepEqual(await read(), []);
      await bench.source.create({ title: 'new', ...at(9) }, never);
      assert.deepEqual((await files()).length, 2);
    });
  }

  it('waits for a program that is in the middle of writing', async () => {
    await bench.seed({ title: 'theirs', ...at(9) });
    const whole = await readFile(bench.path);
    await writeFile(bench.path, whole.subarray(0, 100));
    await calendarFailure(read());
    await writeFile(bench.path, whole.subarray(0, 200));
    await calendarFailure(read());
    await writeFile(bench.path, whole);
    assert.equal((await read()).length, 1);
    assert.deepEqual(await files(), ['calendar.ics']);
  });

  it('writes nothing over a damaged file', async () => {
    await writeFile(bench.path, 'damaged');
    assert.equal(
      (await calendarFailure(bench.source.create({ title: 'x', ...at(9) }, never))).code,
      'calendar/unreadable',
    );
    assert.equal(await readFile(bench.path, 'utf8'), 'damaged');
  });

  it('says when it cannot read or write', async () => {
    await mkdir(bench.path);
    assert.equal((await calendarFailure(read())).code, 'calendar/refused');
    await rm(bench.folder, { recursive: true });
    assert.equal(
      (await calendarFailure(bench.source.create({ title: 'x', ...at(9) }, never))).code,
      'calendar/refused',
    );
    await mkdir(bench.folder);
  });
});
