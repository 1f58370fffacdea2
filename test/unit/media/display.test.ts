import assert from 'node:assert/strict';
import fc from 'fast-check';
import { labels } from '../../../src/call/media/display-labels.ts';
import type { Box } from '../../../src/call/media/display-boxes.ts';
import type { Layout } from '../../../src/call/media/display-layout.ts';

const whole = { x: 8, y: 36, width: 1264, height: 676 };
const layoutOf = (ids: readonly string[], selfView: Box | null = null): Layout => ({
  boxes: new Map(ids.map((id, i) => [id, { ...whole, width: 600, x: 8 + 608 * i }])),
  large: null,
  selfView,
});

describe('labels of the room display', () => {
  it('draws hostile names as text, one box a line', () => {
    const layout = layoutOf(['w']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const person = { peer: 'p', name, verified: false, speaking: false, muted: true, cameraOn: true, self: false };
        const status = { room: name, code: null, warning: null, notice: null };
        const text = labels({
          width: 1280,
          height: 720,
          layout,
          windows: new Map([['w', { peer: 'p', source: 'camera', pictured: true }]]),
          people: [person],
          status,
          time: '12:00',
          page: '',
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
      windows: new Map([['w', { peer: 'p', source: 'camera', pictured: true }]]),
      people: [bold],
      status: { room: 'R', code: '1', warning: null, notice: null },
      time: '',
      page: '',
    });
    assert.ok(!drawn.includes('<image'));
  });

  it('says what the people in the room must see, in one box that stays on the display', () => {
    const draw = (warning: string | null, width: number): string[] =>
      labels({
        width,
        height: 720,
        layout: layoutOf([]),
        windows: new Map(),
        people: [],
        status: { room: 'R', code: '1', warning, notice: null },
        time: '',
        page: '',
      })
        .split('\n')
        .filter((line) => /^(warning|notice) /.test(line));
    assert.deepEqual(draw(null, 1280), []);
    for (const width of [640, 1280]) {
      const [line = '', ...rest] = draw('You are <muted>', width);
      assert.deepEqual(rest, []);
      const [x = NaN, , wide = NaN] = /^warning (\d+),(\d+),(\d+),/.exec(line)?.slice(1).map(Number) ?? [];
      assert.ok(x >= 0 && x + wide <= width && Math.abs(x + wide / 2 - width / 2) <= 1, line);
      assert.ok(line.includes('&#60;muted'), line);
    }
  });

  it('shows what somebody may look for at the left, in nobody’s way', () => {
    const draw = (warning: string | null): string => {
      const status = { room: 'R', code: '1', warning, notice: 'Code for the <panel>: 482 913' };
      const none = { layout: layoutOf([]), windows: new Map(), people: [], time: '', page: '' };
      return labels({ width: 1280, height: 720, ...none, status });
    };
    const placeOf = (text: string, key: string): number[] =>
      new RegExp(`^${key} (\\d+),(\\d+),(\\d+),(\\d+) `, 'm').exec(text)?.slice(1).map(Number) ?? [];
    const [x = NaN, y = NaN, width = NaN] = placeOf(draw(null), 'notice');
    assert.ok(x < 20 && y >= (placeOf(draw(null), 'status')[3] ?? NaN) && x + width < 640);
    const warned = draw('You are muted');
    const [, top = NaN, , high = NaN] = placeOf(warned, 'warning');
    assert.ok((placeOf(warned, 'notice')[1] ?? 0) >= top + high, 'under the warning');
    assert.ok(warned.includes('482 913') && warned.includes('&#60;panel'));
  });

  it('puts initials in the place of a camera that is off, ours included, and calls a screen a screen', () => {
    const windows = [
      { id: 'w', source: 'camera' as const },
      { id: 's', source: 'screen' as const },
    ];
    const layout = layoutOf(['w', 's'], { x: 900, y: 500, width: 100, height: 60 });
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
        windows: new Map(windows.map(({ id, source }) => [id, { peer: 'p', source, pictured: cameraOn }])),
        people: [
          { ...person, cameraOn },
          { ...person, peer: 'own', cameraOn, self: true },
        ],
        status: { room: 'R', code: '1', warning: null, notice: null },
        time: '',
        page: '',
      });
    assert.ok(draw(false).includes('>AR</text>') && draw(false).includes('>Camera off</text>'));
    assert.ok(!draw(true).includes('>AR</text>') && !draw(true).includes('>Camera off</text>'));
    assert.ok(draw(true).includes('>Ana Ruiz · screen</text>'));
    person.name = 'Ana 😀';
    assert.ok(draw(false).includes('>A😀</text>') && draw(false).includes('<circle cx="50%"'));
  });

  it('never draws over ourselves in a corner: a name ends before it, and the place of a missing picture has a hole', () => {
    const own = { x: 300, y: 500, width: 296, height: 200 };
    const person = {
      peer: 'p',
      name: 'W'.repeat(40),
      verified: true,
      speaking: false,
      muted: true,
      cameraOn: false,
      self: false,
    };
    const lines = labels({
      width: 1280,
      height: 720,
      layout: layoutOf(['w'], own),
      windows: new Map([['w', { peer: 'p', source: 'camera', pictured: false }]]),
      people: [person],
      status: { room: 'R', code: null, warning: null, notice: null },
      time: '',
      page: '',
    }).split('\n');
    const [, x = 0, , width = 0] =
      /^name1 (\d+),(\d+),(\d+),/.exec(lines.find((line) => line.startsWith('name1')) ?? '')?.map(Number) ?? [];
    assert.ok(width > 100 && x + width <= own.x, `${x} ${width}`);
    assert.match(
      lines.find((line) => line.startsWith('off1')) ?? '',
      /fill-rule="evenodd" d="[^"]*M292 464h296v200h-296z"/,
    );
  });
});
