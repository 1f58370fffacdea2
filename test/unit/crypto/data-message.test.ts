import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DataMessage } from '../../../src/crypto/data-message.ts';
import { cleanName, cleanText, decodeData, encodeData } from '../../../src/crypto/data-message.ts';
import { UsageError } from '../../../src/lib/errors.ts';

const profile = (name: string): DataMessage => ({
  type: 'profile',
  name,
  kind: 'guest',
  media: { microphone: 'muted', camera: 'none', sharing: false, hand: true },
});
const raw = (value: unknown, size = 1_024): Uint8Array => {
  const body = new TextEncoder().encode(JSON.stringify(value));
  const out = new Uint8Array(size);
  out.set([1, 0, 0, body.length >> 8, body.length & 255]);
  out.set(body, 5);
  return out;
};

describe('data message', () => {
  it('round-trips each kind', () => {
    for (const message of [
      profile('Žofia 🎈'),
      { type: 'chat', text: 'a\nb\tc' },
      { type: 'bye' },
    ] satisfies DataMessage[])
      assert.deepEqual(decodeData(encodeData(message)), message);
  });

  it('has one of four sizes, the same for all short ones', () => {
    assert.equal(encodeData({ type: 'bye' }).length, 256);
    assert.equal(encodeData(profile('Ana')).length, 256);
    assert.equal(encodeData({ type: 'chat', text: 'yes' }).length, 256);
    assert.equal(encodeData({ type: 'chat', text: 'x'.repeat(3_000) }).length, 4_096);
    assert.equal(encodeData({ type: 'chat', text: '\u{1f388}'.repeat(2_000) }).length, 32_768);
    assert.equal(encodeData({ type: 'chat', text: `x${'\n'.repeat(3_998)}x` }).length, 32_768);
  });

  it('cleans names and texts on both sides', () => {
    assert.equal(cleanName('  A\u202ena\u0000 \n B\u2066 '), 'Ana B');
    assert.equal([...cleanName('🎈'.repeat(100))].length, 64);
    assert.equal(cleanText('a\u0007b\u202e\nc'), 'ab\nc');
    assert.equal(cleanName('👩‍👩‍👧 می‌خواهم'), '👩‍👩‍👧 می‌خواهم', 'joiners of emoji and Persian stay');
    assert.deepEqual(decodeData(raw(profile('A\u202eB'))), profile('AB'));
    assert.deepEqual(decodeData(raw({ type: 'chat', text: '\ud800x' })), { type: 'chat', text: '\ufffdx' });
  });

  it('refuses to send what is empty or too long', () => {
    assert.throws(() => encodeData(profile(' \u202e ')), UsageError);
    assert.throws(() => encodeData({ type: 'chat', text: '' }), UsageError);
    assert.throws(() => encodeData({ type: 'chat', text: 'x'.repeat(4_001) }), UsageError);
  });

  it('drops other sizes, other versions, bytes after the end, unknown fields and kinds', () => {
    const good = encodeData({ type: 'bye' });
    assert.equal(decodeData(good.subarray(0, 255)), null);
    assert.equal(decodeData(Uint8Array.from(good).fill(2, 0, 1)), null);
    assert.equal(decodeData(Uint8Array.from(good).fill(1, 255)), null);
    assert.equal(decodeData(Uint8Array.from(good).fill(255, 1, 5)), null);
    for (const value of [
      { type: 'bye', extra: 1 },
      { type: 'hack' },
      null,
      [],
      'x',
      { type: 'chat', text: 5 },
      { ...profile('x'), kind: 'admin' },
    ])
      assert.equal(decodeData(raw(value)), null);
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 256, maxLength: 256 }), (bytes) => {
        bytes.set([1, 0, 0, 0]);
        assert.equal(decodeData(bytes), null);
      }),
    );
    fc.assert(fc.property(fc.json(), (text) => void decodeData(raw(JSON.parse(text), 32_768))));
  });
});
