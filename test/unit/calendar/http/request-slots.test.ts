import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RequestSlots } from '../../../../src/calendar/http/request-slots.ts';

const never = new AbortController().signal;

describe('request slots', () => {
  it('run as many as they may, in order, whatever ends how', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (limit, fates) => {
          const slots = new RequestSlots(limit);
          const begun: number[] = [];
          let [running, most] = [0, 0];
          const job = async (index: number, succeeds: boolean): Promise<number> => {
            begun.push(index);
            running += 1;
            most = Math.max(most, running);
            await Promise.resolve();
            running -= 1;
            if (!succeeds) throw new Error(String(index));
            return index;
          };
          const results = await Promise.allSettled(fates.map((fate, i) => slots.run(() => job(i, fate), never)));
          assert.deepEqual(
            results.map(({ status }) => status === 'fulfilled'),
            fates,
          );
          assert.deepEqual(begun, [...fates.keys()]);
          assert.equal(most, Math.min(limit, fates.length));
        },
      ),
    );
  });

  it('let go of who aborts while waiting, and of nobody else', async () => {
    const slots = new RequestSlots(1);
    const gate = Promise.withResolvers<undefined>();
    const abort = new AbortController();
    const first = slots.run(() => gate.promise, never);
    const second = slots.run(async () => 'second', abort.signal);
    const third = slots.run(async () => 'third', never);
    const refused = assert.rejects(second, /enough/);
    abort.abort(new Error('enough'));
    await refused;
    gate.resolve(undefined);
    await first;
    assert.equal(await third, 'third');
    assert.equal(await slots.run(async () => 'fourth', never), 'fourth');
  });
});
