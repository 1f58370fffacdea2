import assert from 'node:assert/strict';
import { exactBuffer, HeldFrames, type EncodedFrame } from '../../../server/guest/engine/held-frames.ts';
import { UNKNOWN_KEY_HOLD_MS } from '../../../src/crypto/epoch-keys.ts';
import type { OpenResult } from '../../../src/crypto/frame-keys-web.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

const frame = (...bytes: number[]): EncodedFrame => ({ data: Uint8Array.from(bytes).buffer });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream whose frames open when their first byte is a known key. */
function setUp(): {
  clock: ManualClock;
  keys: Set<number>;
  held: HeldFrames<EncodedFrame>;
  passed: number[][];
  events: string[];
} {
  const clock = new ManualClock();
  const keys = new Set<number>();
  const passed: number[][] = [];
  const events: string[] = [];
  const held = new HeldFrames<EncodedFrame>({
    clock,
    open: async (bytes): Promise<OpenResult> => {
      if (bytes[0] === 255) return { kind: 'rejected', reason: 'authentication' };
      return keys.has(bytes[0] ?? -1) ? { kind: 'opened', plaintext: bytes.subarray(1) } : { kind: 'unknown-key' };
    },
    pass: ({ data }) => void passed.push([...new Uint8Array(data)]),
    rejected: (reason) => void events.push(reason),
    withoutKey: () => void events.push('without-key'),
  });
  return { clock, keys, held, passed, events };
}

describe('frames of a received stream', () => {
  it('pass in order once they are opened, and only what was opened', async () => {
    const { keys, held, passed, events } = setUp();
    keys.add(1);
    held.push(frame(1, 10));
    held.push(frame(255, 66));
    held.push(frame(1, 11));
    await settled();
    assert.deepEqual(passed, [[10], [11]]);
    assert.deepEqual(events, ['authentication']);
  });

  it('wait for a key that comes in time, and those behind wait with them', async () => {
    const { clock, keys, held, passed, events } = setUp();
    keys.add(1);
    held.push(frame(2, 20));
    held.push(frame(1, 10));
    await settled();
    assert.deepEqual(passed, []);
    clock.advance(UNKNOWN_KEY_HOLD_MS - 1);
    keys.add(2);
    held.handleKeys();
    await settled();
    assert.deepEqual(passed, [[20], [10]]);
    assert.deepEqual(events, []);
    assert.equal(clock.pending, 0);
  });

  it('are dropped half a second after their own arrival, not after each other', async () => {
    const { clock, keys, held, passed, events } = setUp();
    keys.add(1);
    held.push(frame(2, 20));
    clock.advance(300);
    held.push(frame(2, 21));
    held.push(frame(1, 10));
    await settled();
    clock.advance(200);
    await settled();
    assert.deepEqual(events, ['without-key']);
    clock.advance(300);
    await settled();
    assert.deepEqual(events, ['without-key', 'without-key']);
    assert.deepEqual(passed, [[10]]);
  });

  it('are bounded in number and in bytes', async () => {
    const { held, events } = setUp();
    for (let i = 0; i < 200; i++) held.push(frame(2, i));
    assert.ok(events.length >= 100);
    const large = setUp();
    for (let i = 0; i < 6; i++) large.held.push({ data: new ArrayBuffer(1_000_000) });
    assert.equal(large.events.length, 2);
  });

  it('that are empty are padding, and neither shown nor counted', async () => {
    const { held, passed, events } = setUp();
    held.push(frame());
    await settled();
    assert.deepEqual([passed, events], [[], []]);
  });

  it('go nowhere after the stream was closed', async () => {
    const { keys, held, passed, clock } = setUp();
    held.push(frame(2, 20));
    await settled();
    held.close();
    keys.add(2);
    held.handleKeys();
    held.push(frame(2, 21));
    await settled();
    assert.deepEqual(passed, []);
    assert.equal(clock.pending, 0);
  });

  it('get a buffer of their own size', () => {
    const whole = Uint8Array.from([1, 2, 3]);
    assert.equal(exactBuffer(whole), whole.buffer);
    assert.equal(exactBuffer(whole.subarray(1)).byteLength, 2);
  });
});
