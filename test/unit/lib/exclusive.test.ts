import assert from 'node:assert/strict';
import { UsageError } from '../../../src/lib/errors.ts';
import { ExclusiveRunner } from '../../../src/lib/exclusive.ts';

const closed = (): Error => new UsageError('test/closed', 'closed');

describe('ExclusiveRunner', () => {
  it('runs jobs one at a time and in order', async () => {
    const runner = new ExclusiveRunner(closed);
    const trace: string[] = [];
    const job = (name: string) => async (): Promise<string> => {
      trace.push(`${name} begins`);
      await new Promise(setImmediate);
      trace.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all(['a', 'b', 'c'].map((name) => runner.run(job(name))));
    assert.deepEqual(results, ['a', 'b', 'c']);
    assert.deepEqual(trace, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    await Promise.resolve();
    assert.equal(runner.pending, 0);
  });

  it('gives a failure to its caller only', async () => {
    const runner = new ExclusiveRunner(closed);
    const failing = runner.run(() => Promise.reject(new Error('this one')));
    const throwing = runner.run(() => {
      throw new Error('before its promise');
    });
    const next = runner.run(() => Promise.resolve('fine'));
    await assert.rejects(failing, /this one/);
    await assert.rejects(throwing, /before its promise/);
    assert.equal(await next, 'fine');
  });

  it('waits at close for the running job and refuses the waiting ones', async () => {
    const runner = new ExclusiveRunner(closed);
    let finish: () => void = () => undefined;
    const running = runner.run(() => new Promise<void>((resolve) => (finish = resolve)));
    const waiting = assert.rejects(
      runner.run(() => Promise.resolve()),
      { code: 'test/closed' },
    );
    await Promise.resolve();
    let isClosed = false;
    const closing = runner.close().then(() => (isClosed = true));
    await new Promise(setImmediate);
    assert.equal(isClosed, false);
    finish();
    await Promise.all([running, waiting, closing]);
    await assert.rejects(
      runner.run(() => Promise.resolve()),
      { code: 'test/closed' },
    );
  });
});
