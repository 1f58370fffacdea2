import assert from 'node:assert/strict';
import { AdminError } from '../../../src/kiosk/admin/admin-error.ts';
import { PinLock } from '../../../src/kiosk/admin/pin-lock.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { countedBytes, memoryFile } from '../../support/stub-kiosk.ts';

const refused =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof AdminError && error.code === code;

describe('lock of the settings', () => {
  const make = (kept = memoryFile()) => {
    const clock = new ManualClock();
    return { clock, kept, lock: new PinLock({ clock, randomBytes: countedBytes(), kept }) };
  };

  it('first-use: a PIN is chosen without one, and never again', async () => {
    const { lock, kept } = make();
    assert.equal(await lock.isPinSet(), false);
    const token = await lock.setPin('1234', null);
    lock.require(token);
    assert.doesNotMatch(kept.content ?? '', /1234/);
    await assert.rejects(lock.setPin('5678', null), refused('admin/locked'));
    lock.require(await lock.setPin('5678', token));
    assert.throws(() => lock.require(token), refused('admin/locked'), 'a new PIN ends older tokens');
  });

  it('refuses what is no PIN, and opens with the right one only', async () => {
    const { lock } = make();
    for (const pin of ['', '123', '123456789', 'abcd', '12 4'])
      await assert.rejects(lock.setPin(pin, null), { code: 'admin/pin-invalid' });
    await lock.setPin('0042', null);
    await assert.rejects(lock.unlock('0043'), refused('admin/pin-wrong'));
    await assert.rejects(lock.unlock('42'), refused('admin/pin-wrong'));
    lock.require(await lock.unlock('0042'));
  });

  it('guessing: after five wrong ones each costs a wait that doubles, which the right one waits for too', async () => {
    const { lock, clock } = make();
    await lock.setPin('0042', null);
    for (let tries = 0; tries < 5; tries += 1) await assert.rejects(lock.unlock('9999'), refused('admin/pin-wrong'));
    await assert.rejects(lock.unlock('0042'), (error) => error instanceof AdminError && error.retryAfterMs === 30_000);
    clock.advance(30_000);
    await assert.rejects(lock.unlock('9999'), refused('admin/pin-wrong'));
    clock.advance(59_000);
    await assert.rejects(lock.unlock('0042'), refused('admin/pin-wait'));
    clock.advance(1_000);
    lock.require(await lock.unlock('0042'));
    await assert.rejects(lock.unlock('9999'), refused('admin/pin-wrong'));
    await lock.unlock('0042');
  });

  it('a restart forgets no wrong tries', async () => {
    const { lock, kept } = make();
    await lock.setPin('0042', null);
    for (let tries = 0; tries < 4; tries += 1) await assert.rejects(lock.unlock('9999'), refused('admin/pin-wrong'));
    const again = make(kept).lock;
    await assert.rejects(again.unlock('9999'), refused('admin/pin-wrong'));
    await assert.rejects(again.unlock('0042'), refused('admin/pin-wait'));
  });

  it('locks itself when nobody touches it, and when told to', async () => {
    const { lock, clock } = make();
    const token = await lock.setPin('1234', null);
    clock.advance(299_000);
    lock.require(token);
    clock.advance(299_000);
    lock.require(token);
    clock.advance(301_000);
    assert.throws(() => lock.require(token), refused('admin/locked'));
    const next = await lock.unlock('1234');
    lock.lock(next);
    assert.throws(() => lock.require(next), refused('admin/locked'));
    assert.throws(() => lock.require(null), refused('admin/locked'));
  });

  it('a damaged file locks instead of opening', async () => {
    const { lock } = make(memoryFile('{"salt":"x"}'));
    await assert.rejects(lock.setPin('1234', null), refused('admin/locked'));
    await assert.rejects(lock.unlock('1234'), refused('admin/locked'));
  });
});
