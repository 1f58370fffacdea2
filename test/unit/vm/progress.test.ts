import assert from 'node:assert/strict';
import { ManualClock } from '../../../src/lib/clock.ts';
import { Progress } from '../../vm/host/progress.ts';

describe('progress of the virtual room', () => {
  it('says each quarter of a minute that something still goes on, and only while nothing else is said', async () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const progress = new Progress(clock, (text) => lines.push(text));
    await progress.during('boot', async () => {
      clock.advance(20_000);
      assert.deepEqual(lines, ['    boot 15.0 s\n']);
      progress.line('something');
      clock.advance(14_000);
      assert.equal(lines.length, 2);
      clock.advance(6_000);
      assert.deepEqual(lines.slice(2), ['    boot 35.0 s\n']);
    });
    assert.deepEqual(lines.slice(3), [`  ✓ ${'boot'.padEnd(34)} 40.0 s\n`]);
    assert.equal(clock.pending, 0);
  });

  it('marks what failed and passes the error on', async () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const progress = new Progress(clock, (text) => lines.push(text));
    const failing = progress.during('boot', () => Promise.reject(new Error('no')));
    await assert.rejects(failing, /no/);
    assert.match(lines.join(''), /^ {2}✗ boot +0\.0 s\n$/);
    assert.equal(clock.pending, 0);
  });
});
