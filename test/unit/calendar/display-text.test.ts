import assert from 'node:assert/strict';
import fc from 'fast-check';
import { displayText } from '../../../src/calendar/display-text.ts';

describe('displayText', () => {
  it('is one line without controls', () => {
    assert.equal(displayText(' Budget\r\n\t2026\u0000\u0007\u001b[31m\u2028x ', 50), 'Budget 2026 [31m x');
  });

  it('cannot turn the text around it', () => {
    assert.equal(displayText('\u202egpj.exe\u202c \u2066a\u2069\u200f\u061c', 50), 'gpj.exe a');
    assert.equal(displayText('a\u200bb\ufeffc\u{e0041}d\u00ade', 50), 'abcde');
  });

  it('leaves scripts, joined letters and emoji as they are', () => {
    for (const text of ['<script>alert(1)</script>', 'می\u200cخواهم', '👩‍👩‍👧‍👦 家族', 'Ünïcödé', 'اجتماع'])
      assert.equal(displayText(text, 50), text);
  });

  it('counts as people do', () => {
    assert.equal(displayText('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3), '👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦');
    assert.equal(displayText('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3), '👩‍👩‍👧‍👦👩‍👩‍👧‍👦…');
    assert.equal(displayText('Weekly meeting', 8), 'Weekly…');
  });

  it('bounds heaps of marks and long texts', () => {
    assert.ok(displayText(`a${'\u0301'.repeat(10_000)}b`, 10).length <= 50);
    const start = performance.now();
    assert.equal(displayText('x'.repeat(10_000_000), 10), 'xxxxxxxxx…');
    assert.ok(performance.now() - start < 1_000);
  });

  it('never shows more, or what is hidden', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        const once = displayText(text, max);
        assert.ok(once.isWellFormed());
        assert.doesNotMatch(once, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        assert.equal([...new Intl.Segmenter().segment(once)].length <= max, true);
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});
