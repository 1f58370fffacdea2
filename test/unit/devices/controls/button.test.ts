import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Button, type ButtonEvent, ordinaryButton } from '../../../../src/devices/controls/button.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';

function setUp() {
  const clock = new ManualClock();
  const events: { event: ButtonEvent; atMs: number }[] = [];
  const button = new Button(ordinaryButton, clock, (event) => events.push({ event, atMs: clock.nowMs() }));
  /** Edges now, one a millisecond. */
  const edges = (...levels: boolean[]): void =>
    levels.forEach((level) => {
      button.handleEdge(level, clock.nowMs() * 1000);
      clock.advance(1);
    });
  const names = (): ButtonEvent[] => events.map(({ event }) => event);
  return { clock, button, events, edges, names };
}

describe('Button', () => {
  it('tells a press with its first edge and a bouncing one once', () => {
    const { clock, edges, events, names } = setUp();
    edges(true, false, true, false, true);
    assert.deepEqual(events, [{ event: 'press', atMs: 0 }]);
    clock.advance(300);
    edges(false, true, false);
    clock.advance(100);
    assert.deepEqual(names(), ['press', 'release']);
  });

  it('tells the release of a press shorter than the bouncing', () => {
    const { clock, edges, names } = setUp();
    edges(true, false);
    clock.advance(100);
    assert.deepEqual(names(), ['press', 'release']);
  });

  it('tells a long press once, while it is held', () => {
    const { clock, edges, events, names } = setUp();
    edges(true);
    clock.advance(5_000);
    assert.deepEqual(events[1], { event: 'long-press', atMs: 1_500 });
    edges(false);
    assert.deepEqual(names(), ['press', 'long-press', 'release']);
  });

  it('tells no long press of two short ones', () => {
    const { clock, edges, names } = setUp();
    for (let i = 0; i < 2; i++) {
      edges(true);
      clock.advance(900);
      edges(false);
      clock.advance(100);
    }
    clock.advance(5_000);
    assert.deepEqual(names(), ['press', 'release', 'press', 'release']);
  });

  it('goes by the times of the edges when they are heard late and all at once', () => {
    const { button, clock, names } = setUp();
    clock.advance(1_000);
    button.handleEdge(true, 0);
    button.handleEdge(false, 200_000);
    button.handleEdge(true, 400_000);
    clock.advance(100);
    assert.deepEqual(names(), ['press', 'release', 'press']);
  });

  it('alternates, and ends where the line is, whatever edges come', () => {
    const edge = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 80 }), (list) => {
        const { button, clock, names } = setUp();
        for (const [level, ms] of list) {
          button.handleEdge(level, clock.nowMs() * 1000);
          clock.advance(ms);
        }
        clock.advance(50);
        const changes = names().filter((event) => event !== 'long-press');
        changes.forEach((event, i) => assert.equal(event, i % 2 === 0 ? 'press' : 'release'));
        assert.equal(button.pressed, list.at(-1)?.[0] ?? false);
        button.close();
        assert.equal(clock.pending, 0);
      }),
    );
  });
});
