import assert from 'node:assert/strict';
import { PanelWatch } from '../../../src/kiosk/panel-watch.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

describe('watch over the panel', () => {
  const make = () => {
    const clock = new ManualClock();
    const done: string[] = [];
    const watch = new PanelWatch({
      clock,
      reload: () => done.push('reload'),
      restart: () => done.push('restart'),
      onChange: () => done.push('change'),
    });
    return { clock, done, watch };
  };

  it('a room without a panel of its own is not waited for', () => {
    const { clock, done } = make();
    clock.advance(1_000_000);
    assert.deepEqual(done, []);
  });

  it('a page that lives is left alone', () => {
    const { clock, done, watch } = make();
    for (let time = 0; time < 60; time += 1) {
      watch.alive();
      clock.advance(10_000);
    }
    assert.deepEqual([done, watch.problems], [[], []]);
  });

  it('stopped-page: loaded again, then its browser started again, until it lives', () => {
    const { clock, done, watch } = make();
    watch.alive();
    clock.advance(35_000);
    assert.deepEqual(done, ['reload', 'change']);
    assert.equal(watch.problems[0]?.code, 'kiosk/panel-silent');
    assert.equal(watch.problems[0]?.since, clock.wallMs());
    clock.advance(55_000);
    assert.deepEqual(done.splice(0), ['reload', 'change', 'restart']);
    clock.advance(120_000);
    assert.deepEqual(done.splice(0), ['restart'], 'a browser that did not come back is tried again');
    watch.alive();
    assert.deepEqual([done, watch.problems], [['change'], []]);
    watch.close();
    assert.equal(clock.pending, 0);
  });
});
