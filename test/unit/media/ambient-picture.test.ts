import assert from 'node:assert/strict';
import fc from 'fast-check';
import { generate } from 'lean-qr';
import { ambientPicture, type AmbientView } from '../../../src/call/media/ambient-picture.ts';

const view: AmbientView = {
  room: 'Salle Monet',
  time: '14:05',
  date: 'Tuesday 3 March',
  status: { isFree: true, text: 'Free until 15:00' },
  next: 'Next: 15:00 · Budget',
  join: { link: `https://meet.example/m/${'A'.repeat(22)}#${'b'.repeat(43)}`, text: 'Join from a phone' },
  pairing: { text: 'Enter this code on the panel', code: '482 913' },
};

describe('the picture of a display between calls', () => {
  it('is one box of the whole screen, whatever people have called their meetings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const drawn = ambientPicture({ ...view, room: text, next: text, date: text }, { width: 1920, height: 1080 });
        assert.match(drawn, /^ambient 0,0,1920,1080 <svg [^\n]*<\/svg>$/);
        assert.ok(Buffer.byteLength(drawn) < 64_000);
      }),
    );
    const bold = ambientPicture(
      { ...view, next: '</text><image href="file:///etc/passwd"/>' },
      { width: 640, height: 360 },
    );
    assert.ok(!bold.includes('<image'));
  });

  it('says what is known and leaves out what is not', () => {
    const text = ambientPicture(view, { width: 1920, height: 1080 });
    for (const words of ['Salle Monet', '14:05', 'Free until 15:00', 'Budget', '482 913', 'Join from a phone'])
      assert.ok(text.includes(words), words);
    const bare = ambientPicture(
      { ...view, status: null, next: null, join: null, pairing: null },
      { width: 1920, height: 1080 },
    );
    assert.equal(bare.match(/<text/g)?.length, 3);
    assert.ok(!bare.includes('<path'));
  });

  it('draws the link as a code that has every module of it, and not as text', () => {
    const text = ambientPicture(view, { width: 1920, height: 1080 });
    assert.ok(!text.includes('meet.example'));
    const path = /<path fill="#000"[^>]* d="([^"]*)"/.exec(text)?.[1] ?? '';
    const dark = new Set<string>();
    for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
      for (let i = 0; i < Number(run); i++) dark.add(`${Number(x) + i},${y ?? ''}`);
    const code = generate(view.join?.link ?? '');
    for (let y = 0; y < code.size; y++)
      for (let x = 0; x < code.size; x++) assert.equal(dark.has(`${x},${y}`), code.get(x, y), `${x},${y}`);
  });
});
