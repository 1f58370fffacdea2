import assert from 'node:assert/strict';
import { AudioSlots, wrapRtp } from '../../../src/call/media/audio-slots.ts';

describe('audio slots', () => {
  it('keeps the distances of a stream and survives wrapping', () => {
    const slots = new AudioSlots(2);
    const first = slots.place('a', 65_535, 0xffff_ffff - 400, 1_000);
    const second = slots.place('a', 0, 559, 1_020);
    const lost = slots.place('a', 2, 559 + 1_920, 1_060);
    assert.ok(first && second && lost);
    assert.equal((second.sequence - first.sequence) & 0xffff, 1);
    assert.equal((second.timestamp - first.timestamp) >>> 0, 960);
    assert.equal((lost.sequence - second.sequence) & 0xffff, 2);
  });

  it('continues a slot in numbers and time when another stream takes it', () => {
    const slots = new AudioSlots(1);
    const before = slots.place('a', 500, 10_000, 1_000);
    slots.release('a');
    const after = slots.place('b', 9, 3_000_000_000, 3_000);
    assert.ok(before && after);
    assert.equal((after.sequence - before.sequence) & 0xffff, 1);
    assert.equal((after.timestamp - before.timestamp) >>> 0, 2_000 * 48);
  });

  it('takes a restarted sender in without a gap', () => {
    const slots = new AudioSlots(1);
    const before = slots.place('a', 500, 10_000, 1_000);
    const after = slots.place('a', 40_000, 2_000_000_000, 1_020);
    assert.ok(before && after);
    assert.equal((after.sequence - before.sequence) & 0xffff, 1);
    assert.equal((after.timestamp - before.timestamp) >>> 0, 960);
  });

  it('gives the slot of the one not heard longest to a talker, never to a keep-alive', () => {
    const slots = new AudioSlots(2);
    slots.place('a', 1, 0, 0);
    slots.place('b', 1, 0, 0);
    slots.heard(0, 5_000);
    slots.heard(1, 2_000);
    for (let i = 0; i < 10; i++) assert.equal(slots.place('c', i, i * 19_200, 5_000 + i * 400), null);
    for (let i = 0; i < 3; i++) assert.equal(slots.place('c', 20 + i, i * 960, 10_000 + i * 20), null);
    assert.equal(slots.place('c', 23, 2_880, 10_060)?.slot, 1);
    assert.equal(slots.streamOf(1), 'c');
  });

  it('leaves those who are speaking alone', () => {
    const slots = new AudioSlots(1);
    slots.place('a', 1, 0, 0);
    for (let i = 0; i < 100; i++) {
      slots.heard(0, i * 20);
      assert.equal(slots.place('b', i, i * 960, i * 20), null);
    }
  });

  it('writes a minimal RTP header', () => {
    const packet = wrapRtp(111, { sequence: 0x1234, timestamp: 0xfffffffe }, Buffer.from([7, 8]));
    assert.equal(packet.toString('hex'), '806f1234fffffffe000000010708');
  });
});
