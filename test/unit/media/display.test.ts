import assert from 'node:assert/strict';
import fc from 'fast-check';
import { labels } from '../../../src/call/media/display-labels.ts';
import { type Box, STATUS_LINES, arrange } from '../../../src/call/media/display-layout.ts';

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('room display', () => {
  const windows = fc
    .array(fc.constantFrom('camera' as const, 'screen' as const), { maxLength: 40 })
    .map((sources) => sources.map((source, i) => ({ id: `w${i}`, source })));
  const sizes = fc.constantFrom([1280, 720], [1920, 1080], [1024, 768], [720, 1280]);

  it('keeps every window on the screen, below the status line, and off the others', () => {
    fc.assert(
      fc.property(windows, sizes, fc.boolean(), (all, [width = 0, height = 0], selfView) => {
        const arranged = arrange({ width, height, windows: all, selfView });
        const list = [...arranged.boxes.values()];
        assert.ok(list.length > 0 || all.length === 0);
        const own = arranged.selfView;
        if (own && list.length > 1) for (const box of list) assert.ok(!overlap(own, box), JSON.stringify([own, box]));
        for (const [i, box] of list.entries()) {
          assert.ok(
            box.width > 0 && box.height > 0 && box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height,
          );
          assert.ok(box.y >= Math.round((STATUS_LINES * height) / 720));
          for (const other of list.slice(i + 1)) assert.ok(!overlap(box, other), JSON.stringify([box, other]));
        }
      }),
    );
  });

  it('gives a shared screen most of the room and nine people equal windows', () => {
    const people = Array.from({ length: 9 }, (_, i) => ({ id: `p${i}`, source: 'camera' as const }));
    const grid = [...arrange({ width: 1280, height: 720, windows: people, selfView: true }).boxes.values()];
    assert.equal(grid.length, 9);
    assert.equal(new Set(grid.map((box) => box.width)).size, 1);
    const shared = arrange({
      width: 1280,
      height: 720,
      windows: [...people, { id: 's', source: 'screen' }],
      selfView: true,
    });
    assert.ok((shared.boxes.get('s')?.width ?? 0) > 0.7 * 1280);
  });

  it('shows ourselves large when alone', () => {
    assert.ok((arrange({ width: 1280, height: 720, windows: [], selfView: true }).selfView?.width ?? 0) > 1_000);
  });

  it('draws hostile names as text, one box a line', () => {
    const layout = arrange({ width: 1280, height: 720, windows: [{ id: 'w', source: 'camera' }], selfView: false });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const person = { peer: 'p', name, verified: false, speaking: false, muted: true, cameraOn: true, self: false };
        const status = { room: name, code: null };
        const text = labels({
          width: 1280,
          height: 720,
          layout,
          windows: new Map([['w', { peer: 'p', source: 'camera' }]]),
          people: [person],
          status,
          time: '12:00',
        });
        const lines = text.split('\n');
        assert.equal(lines.length, 2);
        for (const line of lines) assert.match(line, /^[a-z0-9]+ \d+,\d+,\d+,\d+ <svg [^\n]*<\/svg>$/);
      }),
    );
    const bold = {
      peer: 'p',
      name: '</text><image href="file:///etc/passwd"/>',
      verified: false,
      speaking: false,
      muted: false,
      cameraOn: true,
      self: false,
    };
    const drawn = labels({
      width: 1280,
      height: 720,
      layout,
      windows: new Map([['w', { peer: 'p', source: 'camera' }]]),
      people: [bold],
      status: { room: 'R', code: '1' },
      time: '',
    });
    assert.ok(!drawn.includes('<image'));
  });

  it('puts initials in the place of a camera that is off, ours included, and calls a screen a screen', () => {
    const windows = [
      { id: 'w', source: 'camera' as const },
      { id: 's', source: 'screen' as const },
    ];
    const layout = arrange({ width: 1280, height: 720, windows, selfView: true });
    const person = {
      peer: 'p',
      name: 'Ana Ruiz',
      verified: false,
      speaking: true,
      muted: false,
      cameraOn: true,
      self: false,
    };
    const draw = (cameraOn: boolean): string =>
      labels({
        width: 1280,
        height: 720,
        layout,
        windows: new Map(windows.map(({ id, source }) => [id, { peer: 'p', source }])),
        people: [
          { ...person, cameraOn },
          { ...person, peer: 'own', cameraOn, self: true },
        ],
        status: { room: 'R', code: '1' },
        time: '',
      });
    assert.ok(draw(false).includes('>AR</text>') && draw(false).includes('>Camera off</text>'));
    assert.ok(!draw(true).includes('>AR</text>') && !draw(true).includes('>Camera off</text>'));
    assert.ok(draw(true).includes('>Ana Ruiz · screen</text>'));
  });
});
