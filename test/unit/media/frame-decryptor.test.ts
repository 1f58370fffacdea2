import assert from 'node:assert/strict';
import { FrameDecryptor } from '../../../src/call/media/frame-decryptor.ts';
import { FrameOpener, FrameSealer } from '../../../src/crypto/frame-keys.ts';
import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

const keys = (epoch: number, selfLeaf: number): EpochKeys => ({
  epoch,
  baseKey: new Uint8Array(32).fill(epoch),
  selfLeaf,
  leaves: { me: 0, ana: 1, eve: 2 },
});

function scene() {
  const clock = new ManualClock();
  const opener = new FrameOpener();
  const sealer = new FrameSealer();
  const [delivered, reported]: [string[], string[]] = [[], []];
  const decryptor = new FrameDecryptor<{ ciphertext: Uint8Array }>({
    open: (bytes) => opener.open({ peer: 'ana', source: 'camera' }, bytes, clock.nowMs()),
    clock,
    deliver: (_, plaintext) => delivered.push(Buffer.from(plaintext).toString()),
    reportRejected: (reason) => reported.push(reason),
  });
  const seal = (text: string): { ciphertext: Uint8Array } => {
    const ciphertext = sealer.seal('camera', Buffer.from(text));
    assert.ok(ciphertext);
    return { ciphertext };
  };
  return { clock, opener, sealer, decryptor, delivered, reported, seal };
}

describe('frame decryptor', () => {
  it('holds frames of a key that comes in time and delivers them in order', () => {
    const { clock, opener, sealer, decryptor, delivered, seal } = scene();
    sealer.setKeys(keys(1, 1));
    decryptor.push(seal('one'));
    clock.advance(400);
    decryptor.push(seal('two'));
    opener.setKeys(keys(1, 0), clock.nowMs());
    decryptor.push(seal('three'));
    decryptor.retry();
    assert.deepEqual(delivered, ['one', 'two', 'three']);
    assert.equal(decryptor.withoutKey, 0);
    assert.equal(clock.pending, 0);
  });

  it('drops and counts frames whose key does not come, each after its own time', () => {
    const { clock, sealer, decryptor, delivered, seal } = scene();
    sealer.setKeys(keys(1, 1));
    decryptor.push(seal('one'));
    clock.advance(300);
    decryptor.push(seal('two'));
    clock.advance(250);
    assert.equal(decryptor.withoutKey, 1);
    clock.advance(1_000);
    assert.equal(decryptor.withoutKey, 2);
    assert.deepEqual(delivered, []);
    assert.equal(clock.pending, 0);
  });

  it('does not hold without bound', () => {
    const { sealer, decryptor, seal } = scene();
    sealer.setKeys(keys(1, 1));
    for (let i = 0; i < 1_000; i++) decryptor.push(seal('x'));
    assert.ok(decryptor.withoutKey >= 1_000 - 128);
  });

  it('counts every forgery and replay and speaks of them once a second', () => {
    const { clock, opener, sealer, decryptor, delivered, reported, seal } = scene();
    opener.setKeys(keys(1, 0), 0);
    sealer.setKeys(keys(1, 1));
    const good = seal('good');
    decryptor.push(good);
    decryptor.push(good);
    const forged = seal('bad').ciphertext.slice();
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    for (let i = 0; i < 50; i++) decryptor.push({ ciphertext: forged });
    clock.advance(1_000);
    sealer.setKeys(keys(1, 2));
    decryptor.push(seal('as ana, says the server'));
    assert.deepEqual(delivered, ['good']);
    assert.deepEqual(reported, ['replay', 'wrong-sender']);
    assert.equal(decryptor.rejected, 52);
  });

  it('forgets what waits when the keys are dropped', () => {
    const { clock, opener, sealer, decryptor, delivered, seal } = scene();
    sealer.setKeys(keys(1, 1));
    decryptor.push(seal('one'));
    decryptor.drop();
    opener.setKeys(keys(1, 0), 0);
    decryptor.retry();
    assert.deepEqual(delivered, []);
    assert.equal(clock.pending, 0);
  });
});
