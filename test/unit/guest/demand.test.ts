import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RemotePicture } from '../../../server/guest/call-controller.ts';
import { demandsOf, sameDemands, type WindowSize } from '../../../server/guest/view/demand.ts';

const picture = (consumer: string, source: 'camera' | 'screen' = 'camera'): RemotePicture => ({
  consumer,
  peer: consumer,
  source,
  stream: {} as MediaStream,
});
const size = (width: number, height: number, main = false): WindowSize => ({ width, height, cover: true, main });
const spatialFor = (width: number, height: number, before: number | null = null): number | null => {
  const previous = before === null ? [] : [{ consumer: 'a', layers: { spatial: before, temporal: 2 }, priority: 100 }];
  return demandsOf([picture('a')], new Map([['a', size(width, height)]]), previous)[0]?.layers?.spatial ?? null;
};

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
    assert.equal(demandsOf([picture('a')], new Map(), [])[0]?.layers, null);
    assert.equal(spatialFor(0, 0), null);
  });

  it('puts screens before the speaker, and the speaker before the others', () => {
    const windows = new Map([
      ['s', size(800, 600)],
      ['m', size(800, 600, true)],
      ['o', size(800, 600)],
    ]);
    const [screen, main, other] = demandsOf([picture('s', 'screen'), picture('m'), picture('o')], windows, []);
    assert.ok(screen && main && other);
    assert.ok(screen.priority > main.priority && main.priority > other.priority);
  });

  it('keeps a layer while a window shrinks a little, and gives it up when it shrinks more', () => {
    assert.equal(spatialFor(780, 440), 1);
    assert.equal(spatialFor(780, 440, 2), 2);
    assert.equal(spatialFor(600, 338, 2), 1);
  });

  it('never asks for less when a window grows, and answers the same when asked again', () => {
    const edge = fc.integer({ min: 2, max: 4_000 });
    fc.assert(
      fc.property(edge, edge, edge, edge, fc.constantFrom(null, 0, 1, 2), (w, h, dw, dh, before) => {
        const small = spatialFor(w, h, before);
        const large = spatialFor(w + dw, h + dh, before);
        assert.ok(small !== null && large !== null && large >= small);
        assert.equal(spatialFor(w, h, small), small);
      }),
    );
  });

  it('tells equal demands from different ones', () => {
    const demand = { consumer: 'a', layers: { spatial: 1, temporal: 2 }, priority: 100 };
    assert.ok(sameDemands([demand], [{ ...demand }]));
    assert.ok(!sameDemands([demand], [{ ...demand, layers: null }]));
    assert.ok(!sameDemands([demand], []));
  });
});
