import assert from 'node:assert/strict';
import { EventView } from '../../../../src/calendar/graph/event-view.ts';

const times = (hour: number): Record<string, unknown> => ({
  start: { dateTime: `2026-03-02T${String(hour).padStart(2, '0')}:00:00.0000000`, timeZone: 'UTC' },
  end: { dateTime: `2026-03-02T${String(hour + 1).padStart(2, '0')}:00:00.0000000`, timeZone: 'UTC' },
});
const single = (id: string, subject: string) => ({ id, type: 'singleInstance', subject, ...times(9) });
const master = (id: string, subject: string) => ({ id, type: 'seriesMaster', subject, ...times(9) });
const occurrence = (id: string, seriesMasterId: string, hour: number) => ({
  id,
  type: 'occurrence',
  seriesMasterId,
  ...times(hour),
});
const exception = (id: string, seriesMasterId: string, hour: number) => ({
  ...occurrence(id, seriesMasterId, hour),
  type: 'exception',
  subject: 'moved',
});
const removed = (id: string) => ({ id, '@removed': { reason: 'deleted' } });

describe('what a delta of Microsoft Graph has told', () => {
  const shown = (view: EventView): string[] => view.events.map(({ id, subject }) => `${id} ${subject ?? '?'}`);

  it('is events by id, the last word counting', () => {
    const view = new EventView();
    view.apply([single('a', 'one'), single('b', 'two'), single('a', 'three')]);
    assert.deepEqual(shown(view), ['b two', 'a three']);
    view.apply([removed('b'), single('c', 'four'), removed('c'), removed('d'), single('d', 'five')]);
    assert.deepEqual(shown(view), ['a three', 'd five']);
  });

  it('shows no master, and no occurrence before its master is known', () => {
    const view = new EventView();
    view.apply([occurrence('o1', 's', 9), occurrence('o2', 's', 11)]);
    assert.deepEqual(shown(view), []);
    assert.deepEqual(view.missingMasters, ['s']);
    view.apply([master('s', 'series'), occurrence('o1', 's', 9), occurrence('o2', 's', 11)]);
    assert.deepEqual(shown(view), ['o1 series', 'o2 series']);
    assert.deepEqual(view.missingMasters, []);
  });

  it('drops what is not among a series that comes whole, with its master or without', () => {
    for (const withMaster of [true, false]) {
      const view = new EventView();
      view.apply([master('s', 'series'), occurrence('o1', 's', 9), occurrence('o2', 's', 11), exception('e', 's', 13)]);
      view.apply([...(withMaster ? [master('s', 'renamed')] : []), occurrence('o2', 's', 11)]);
      assert.deepEqual(shown(view), [`o2 ${withMaster ? 'renamed' : 'series'}`]);
    }
  });

  it('keeps the rest of a series of which one exception is told, or the master alone', () => {
    const view = new EventView();
    view.apply([master('s', 'series'), occurrence('o1', 's', 9), exception('e', 's', 11)]);
    view.apply([exception('e', 's', 13)]);
    view.apply([master('s', 'renamed')]);
    assert.deepEqual(shown(view), ['o1 renamed', 'e moved']);
  });

  it('drops a whole series that is removed', () => {
    const view = new EventView();
    view.apply([master('s', 'series'), occurrence('o1', 's', 9), exception('e', 's', 11), single('a', 'one')]);
    view.apply([removed('s')]);
    assert.deepEqual(shown(view), ['a one']);
  });

  it('names what it cannot read until it can, or until it is gone', () => {
    const view = new EventView();
    view.apply([
      single('a', 'one'),
      { ...single('b', 'two'), start: 'x' },
      { ...single('c', 'x'), end: null },
      7,
      null,
    ]);
    assert.deepEqual(shown(view), ['a one']);
    assert.deepEqual(
      view.problems.map(({ event }) => event),
      ['b', 'c', null],
    );
    view.apply([single('b', 'two'), removed('c')]);
    assert.deepEqual(
      view.problems.map(({ event }) => event),
      [null],
    );
  });
});
