import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Box, statusHeight } from '../../../src/call/media/display-boxes.ts';
import { type Arrangement, arrange, type Layout, type Scene } from '../../../src/call/media/display-layout.ts';

const hd = { width: 1280, height: 720 };
const people = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);
const scene = (changes: Partial<Scene>): Scene => ({
  mode: 'grid',
  page: 1,
  selfView: true,
  people: [],
  screens: [],
  speaker: null,
  ...changes,
});
const one = (changes: Partial<Scene>): Layout => only(arrange(scene(changes), [hd]));
const only = ({ displays: [layout] }: Arrangement): Layout => {
  assert.ok(layout);
  return layout;
};
const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const area = (box: Box | undefined | null): number => (box ? box.width * box.height : 0);

describe('layout of the room display', () => {
  const scenes = fc
    .record({
      mode: fc.constantFrom('speaker' as const, 'grid' as const),
      page: fc.integer({ min: -3, max: 12 }),
      selfView: fc.boolean(),
      count: fc.integer({ min: 0, max: 60 }),
      shares: fc.integer({ min: 0, max: 8 }),
      speaks: fc.nat({ max: 80 }),
    })
    .map(({ count, shares, speaks, ...rest }): Scene => ({
      ...rest,
      people: people(count),
      screens: Array.from({ length: shares }, (_, i) => `s${i}`),
      speaker: speaks < count ? `p${speaks}` : null,
    }));
  const sizes = fc.oneof(
    fc.constantFrom(hd, { width: 1920, height: 1080 }, { width: 1024, height: 768 }, { width: 720, height: 1280 }),
    fc.record({ width: fc.integer({ min: 160, max: 4096 }), height: fc.integer({ min: 120, max: 4096 }) }),
  );
  const displays = fc.array(sizes, { minLength: 1, maxLength: 2 });

  it('keeps every window on its screen, below the status line, and off the others', () => {
    fc.assert(
      fc.property(scenes, displays, (given, screens) => {
        const arranged = arrange(given, screens);
        assert.equal(arranged.displays.length, screens.length);
        assert.ok(arranged.page >= 1 && arranged.page <= arranged.pages);
        for (const [i, { boxes, selfView, large }] of arranged.displays.entries()) {
          const { width, height } = screens[i] ?? hd;
          const list = [...boxes.values()];
          for (const box of selfView ? [...list, selfView] : list) {
            assert.ok([box.x, box.y, box.width, box.height].every((each) => each % 2 === 0));
            assert.ok(box.width > 0 && box.height > 0 && box.x >= 0 && box.y >= statusHeight(height));
            assert.ok(box.x + box.width <= width && box.y + box.height <= height, JSON.stringify([box, width, height]));
          }
          for (const [n, box] of list.entries())
            for (const other of list.slice(n + 1)) assert.ok(!overlap(box, other), JSON.stringify([box, other]));
          const covered = selfView ? list.filter((box) => overlap(box, selfView)) : [];
          assert.ok(covered.length <= 1);
          for (const box of covered) assert.ok(area(selfView) <= area(box) / 8 || area(box) < 5_000);
          if (large !== null) for (const box of list) assert.ok(area(box) <= area(boxes.get(large)));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('shows everybody on one page and one only, in the order in which they came', () => {
    fc.assert(
      fc.property(scenes, sizes, (given, size) => {
        if (given.mode !== 'grid' || given.screens.length > 0) return;
        const seen: string[] = [];
        const { pages } = arrange(given, [size]);
        for (let page = 1; page <= pages; page++) seen.push(...only(arrange({ ...given, page }, [size])).boxes.keys());
        assert.deepEqual(seen, given.people);
      }),
    );
  });

  it('moves nobody in a grid because somebody speaks', () => {
    fc.assert(
      fc.property(scenes, sizes, (given, size) => {
        if (given.mode !== 'grid' || given.screens.length > 0) return;
        assert.deepEqual(arrange(given, [size]), arrange({ ...given, speaker: null }, [size]));
      }),
    );
  });

  it('finds everybody on the pages of a filmstrip', () => {
    fc.assert(
      fc.property(scenes, (given) => {
        if (given.screens.length > 2) return;
        const seen = new Set<string>();
        const { pages } = arrange(given, [hd]);
        for (let page = 1; page <= pages; page++)
          for (const id of only(arrange({ ...given, page }, [hd])).boxes.keys()) seen.add(id);
        assert.deepEqual([...seen].sort(), [...given.people, ...given.screens].sort());
      }),
    );
  });

  it('puts 25 on a page, and fewer on a screen where they could not be told apart', () => {
    assert.equal(one({ people: people(25) }).boxes.size, 25);
    assert.deepEqual(
      [arrange(scene({ people: people(26) }), [hd]).pages, one({ people: people(26) }).boxes.size],
      [2, 25],
    );
    const small = arrange(scene({ people: people(25) }), [{ width: 640, height: 480 }]);
    assert.ok(small.pages > 1 && small.pages <= 3);
    for (const box of only(small).boxes.values()) assert.ok(box.width >= 160);
  });

  it('gives nine people equal windows, with ourselves the last', () => {
    const { boxes, selfView } = one({ people: people(9) });
    assert.equal(new Set([...boxes.values(), selfView].map((box) => box?.width)).size, 1);
  });

  it('shows ourselves large when alone, small in the other’s corner when two, and not at all when not wanted', () => {
    assert.ok((one({}).selfView?.width ?? 0) > 1_000);
    assert.ok((one({ people: ['a'] }).selfView?.width ?? 0) < 250);
    assert.equal(one({ people: ['a'], selfView: false }).selfView, null);
  });

  it('shows the speaker large, the first until somebody has spoken, with the others beside', () => {
    const quiet = one({ mode: 'speaker', people: people(4) });
    assert.equal(quiet.large, 'p0');
    const spoken = one({ mode: 'speaker', people: people(4), speaker: 'p2' });
    assert.deepEqual([spoken.large, [...spoken.boxes.keys()]], ['p2', ['p2', 'p0', 'p1', 'p3']]);
    assert.ok((spoken.boxes.get('p2')?.width ?? 0) > 0.75 * hd.width);
    assert.ok(area(spoken.selfView) === area(spoken.boxes.get('p0')));
  });

  it('shows the newest share large, then the other one, then who speaks, then everybody else', () => {
    for (const mode of ['grid', 'speaker'] as const) {
      const { boxes, large } = one({ mode, people: people(3), screens: ['new', 'old'], speaker: 'p1' });
      assert.equal(large, 'new');
      assert.deepEqual([...boxes.keys()], ['new', 'old', 'p1', 'p0', 'p2']);
      assert.ok(area(boxes.get('new')) > 10 * area(boxes.get('old')));
    }
    assert.deepEqual(
      [...one({ people: people(9), screens: ['s'], speaker: 'p7', page: 2 }).boxes.keys()],
      ['s', 'p7', 'p3', 'p4', 'p5'],
    );
  });

  it('has the filmstrip where it leaves the large window larger', () => {
    for (const [size, side] of [
      [hd, 'right'],
      [{ width: 720, height: 1280 }, 'below'],
      [{ width: 1024, height: 768 }, 'below'],
    ] as const) {
      const { boxes } = only(arrange(scene({ mode: 'speaker', people: people(3) }), [size]));
      const [large, small] = [boxes.get('p0'), boxes.get('p1')];
      assert.ok(large && small);
      assert.equal(small.x >= large.x + large.width ? 'right' : 'below', side);
    }
  });

  describe('on two displays', () => {
    const two = (changes: Partial<Scene>): readonly Layout[] => arrange(scene(changes), [hd, hd]).displays;
    const shown = (changes: Partial<Scene>): string[][] => two(changes).map(({ boxes }) => [...boxes.keys()]);

    it('has people on one and what is shared on the other', () => {
      assert.deepEqual(shown({ people: people(3), screens: ['s', 't'], speaker: 'p1' }), [
        ['p0', 'p1', 'p2'],
        ['s', 't'],
      ]);
      assert.deepEqual(shown({ mode: 'speaker', people: people(3), screens: ['s'], speaker: 'p1' }), [
        ['p1', 'p0', 'p2'],
        ['s'],
      ]);
    });

    it('has everybody on one and the speaker on the other while nothing is shared', () => {
      assert.deepEqual(shown({ people: people(3), speaker: 'p1' }), [['p0', 'p1', 'p2'], ['p1']]);
      assert.deepEqual(shown({ mode: 'speaker', people: people(3), speaker: 'p1' }), [['p1'], ['p0', 'p1', 'p2']]);
      assert.equal(two({ people: people(3), speaker: 'p1' })[1]?.large, 'p1');
    });

    it('shows ourselves once', () => {
      for (const screens of [[], ['s']])
        for (const mode of ['grid', 'speaker'] as const)
          assert.equal(two({ mode, screens, people: people(2) }).filter(({ selfView }) => selfView).length, 1);
    });
  });
});
