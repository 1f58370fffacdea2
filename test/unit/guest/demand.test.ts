import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unmeasuredDecoding } from '../../../src/call/demand/decode-capacity.ts';
import type { RemotePicture } from '../../../server/guest/call-controller.ts';
import {
  startPageDemand,
  stepPageDemand,
  type PageDemand,
  type WindowSize,
} from '../../../server/guest/view/demand.ts';

const picture = (consumer: string, source: 'camera' | 'screen' = 'camera'): RemotePicture => ({
  consumer,
  peer: consumer,
  source,
  stream: {} as MediaStream,
});
const size = (width: number, height: number, main = false): WindowSize => ({ width, height, cover: true, main });

function ask(
  pictures: readonly RemotePicture[],
  windows: Record<string, WindowSize>,
  state: PageDemand = startPageDemand(),
  nowMs = 0,
) {
  const view = { pictures, windows: new Map(Object.entries(windows)), speaker: 'talks' };
  return stepPageDemand(state, view, unmeasuredDecoding, nowMs);
}

const spatialFor = (width: number, height: number): number | null =>
  ask([picture('a')], { a: size(width, height) }).demands?.[0]?.layers?.spatial ?? null;

describe('demand of the guest page', () => {
  it('asks for the layer that fills the window', () => {
    assert.equal(spatialFor(160, 90), 0);
    assert.equal(spatialFor(320, 180), 0);
    assert.equal(spatialFor(640, 360), 1);
    assert.equal(spatialFor(1280, 720), 2);
    assert.equal(spatialFor(2560, 1440), 2);
  });

  it('counts the side that is cut: a portrait window needs the height', () => {
    assert.equal(spatialFor(300, 700), 2);
    assert.equal(spatialFor(100, 360), 1);
  });

  it('pauses what no window shows, or a window without area', () => {
    assert.deepEqual(ask([picture('a')], {}).demands, [{ consumer: 'a', layers: null, priority: 1, reason: 'hidden' }]);
    assert.equal(spatialFor(0, 0), null);
  });

  it('puts screens before the main window, that before the speaker, and the speaker before the others', () => {
    const windows = { s: size(800, 600), m: size(800, 600, true), talks: size(800, 600), o: size(800, 600) };
    const { demands } = ask([picture('o'), picture('talks'), picture('m'), picture('s', 'screen')], windows);
    assert.deepEqual(
      demands?.map(({ consumer }) => consumer),
      ['s', 'm', 'talks', 'o'],
    );
    const priorities = demands.map(({ priority }) => priority);
    assert.ok(priorities.every((priority, i) => i === 0 || priority < (priorities[i - 1] ?? 0)));
  });

  it('says nothing while nothing changes, and gives a layer up when a window stays smaller', () => {
    const large = ask([picture('a')], { a: size(1280, 720) });
    const little = ask([picture('a')], { a: size(780, 440) }, large.state, 100);
    assert.deepEqual([little.demands, little.recheckInMs], [null, null]);
    const small = ask([picture('a')], { a: size(600, 338) }, little.state, 200);
    assert.deepEqual([small.demands, small.recheckInMs], [null, 1_000]);
    const later = ask([picture('a')], { a: size(600, 338) }, small.state, 1_200);
    assert.deepEqual(later.demands, [
      { consumer: 'a', layers: { spatial: 1, temporal: 2 }, priority: 2, reason: 'window' },
    ]);
  });

  it('never asks for less when a window grows, and not twice for the same', () => {
    const edge = fc.integer({ min: 2, max: 4_000 });
    fc.assert(
      fc.property(edge, edge, edge, edge, (w, h, dw, dh) => {
        const small = ask([picture('a')], { a: size(w, h) });
        const large = ask([picture('a')], { a: size(w + dw, h + dh) }, small.state, 1);
        const [before, after] = [small.demands?.[0]?.layers, (large.demands ?? small.demands)?.[0]?.layers];
        assert.ok(before && after && after.spatial >= before.spatial);
        assert.equal(ask([picture('a')], { a: size(w, h) }, small.state, 1).demands, null);
      }),
    );
  });
});
