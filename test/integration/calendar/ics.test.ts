import assert from 'node:assert/strict';
import { midnight } from '../../contract/calendar-source.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import type { IcsBench } from '../../support/ics-bench.ts';
import { icsBench } from '../../support/ics-bench.ts';

const HOUR = 3_600_000;
const never = new AbortController().signal;
const day = { startMs: midnight, endMs: midnight + 24 * HOUR };

describe('a calendar published at an address', () => {
  let bench: IcsBench;

  beforeEach(async () => {
    bench = await icsBench();
    await bench.seed({ title: 'kept', startMs: midnight + 9 * HOUR, endMs: midnight + 10 * HOUR });
  });
  afterEach(async () => {
    await bench.source.close();
    await bench.close();
  });

  const titles = async (): Promise<string[]> => (await bench.source.read(day, never)).events.map(({ title }) => title);

  for (const [knows, statuses] of [
    ['etags', [200, 304, 200]],
    ['dates', [200, 304, 200]],
    ['nothing', [200, 200, 200]],
  ] as const) {
    it(`is fetched when it has changed, from a server that knows ${knows}`, async () => {
      bench.knows = knows;
      assert.deepEqual(await titles(), ['kept']);
      assert.deepEqual(await titles(), ['kept']);
      await bench.rename('kept', 'renamed');
      assert.deepEqual(await titles(), ['renamed']);
      assert.deepEqual(bench.answered, statuses);
    });
  }

  it('is known by the UIDs of its events', async () => {
    const { events } = await bench.source.read(day, never);
    assert.equal(events[0]?.reference.event, 'kept@seed');
  });

  for (const [what, body] of [
    ['a page to sign in on', '<!doctype html><title>Sign in</title>'],
    ['half a calendar', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n'],
    ['another code page', Buffer.from('BEGIN:VCALENDAR\r\nX-A:\xe4\r\nEND:VCALENDAR\r\n', 'latin1')],
    ['nothing', Buffer.alloc(0)],
    ['more than 20 MB', Buffer.alloc(20_000_001, 'x')],
  ] as const) {
    it(`does not take ${what} for one, and reads on when it is back`, async () => {
      await titles();
      bench.body = body;
      const error = await calendarFailure(titles());
      assert.equal(error.code, 'calendar/unreadable');
      assert.ok(!`${error.message}${JSON.stringify(error.context)}`.includes('secret-7f3a'));
      bench.body = null;
      assert.deepEqual(await titles(), ['kept']);
    });
  }

  it('takes a byte order mark', async () => {
    bench.body = '\ufeffBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n';
    assert.deepEqual(await titles(), []);
  });

  it('keeps its address to itself', async () => {
    await bench.disappear?.();
    const error = await calendarFailure(titles());
    assert.equal(error.code, 'calendar/unreachable');
    const told = [error.message, JSON.stringify(error.context), String(error.cause)].join(' ');
    assert.ok(!told.includes('secret-7f3a'), told);
  });
});
