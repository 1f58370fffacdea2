import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ViewerDecision } from '../../../src/call/demand/viewer-demand.ts';
import type { StreamStats } from '../../../src/call/media-engine.ts';
import type { Layers } from '../../../src/call/signalling/messages.ts';
import {
  fullSizeLayers,
  startFigures,
  stepFigures,
  type FiguresInput,
  type StreamFigures,
} from '../../../src/call/stream-figures.ts';

const stats = (patch: Partial<StreamStats> = {}): StreamStats => ({
  id: 'v',
  direction: 'receive',
  peer: 'ana',
  source: 'camera',
  wanted: null,
  layers: null,
  limit: null,
  packets: 0,
  bytes: 0,
  packetsLost: 0,
  framesEncoded: null,
  framesDecoded: 0,
  width: 1280,
  height: 720,
  keyFrames: 1,
  framesRejected: 0,
  framesWithoutKey: 0,
  ...patch,
});
const layers = (spatial: number, temporal = 2): Layers => ({ spatial, temporal });
const decision = (patch: Partial<ViewerDecision> = {}): ViewerDecision => ({
  consumer: 'v',
  layers: layers(2),
  priority: 1,
  reason: null,
  ...patch,
});

/** One step each second; the figures of the last. */
function run(steps: readonly (Partial<FiguresInput> & { stats: readonly StreamStats[] })[]): readonly StreamFigures[] {
  let state = startFigures();
  let figures: readonly StreamFigures[] = [];
  steps.forEach((step, second) => {
    const input = { decisions: [], forwarded: new Map(), camerasOff: new Set<string>(), ...step };
    ({ state, figures } = stepFigures(state, input, second * 1_000));
  });
  return figures;
}
const seconds = (count: number, each: (second: number) => Partial<StreamStats>): { stats: StreamStats[] }[] =>
  Array.from({ length: count }, (_, second) => ({ stats: [stats(each(second))] }));

describe('figures of a stream', () => {
  it('are what came over the last seconds, whatever was before', () => {
    const early = seconds(20, () => ({ bytes: 9_000_000, packets: 9_000, framesDecoded: 500 }));
    const late = seconds(5, (s) => ({
      bytes: 9_000_000 + s * 125_000,
      packets: 9_000 + s * 95,
      packetsLost: s * 5,
      framesDecoded: 500 + s * 30,
    }));
    const [now] = run([...early, ...late]);
    assert.equal(Math.round(now?.kbps ?? 0), 1_000);
    assert.equal(now?.framesPerSecond, 30);
    assert.equal(now.loss, 0.05);
  });

  it('count what was lost of what was sent, not on top of it', () => {
    const sent = (s: number): Partial<StreamStats> => ({ direction: 'send', packets: s * 100, packetsLost: s * 10 });
    assert.equal(run(seconds(4, sent))[0]?.loss, 0.1);
  });

  it('begin anew when a later login counts from nothing', () => {
    const [now] = run([
      ...seconds(5, (s) => ({ bytes: 5_000_000 + s, packets: 5_000, framesDecoded: 900 })),
      ...seconds(2, (s) => ({ bytes: s * 12_500, packets: s * 10, framesDecoded: s * 15 })),
    ]);
    assert.deepEqual([now?.kbps, now?.framesPerSecond, now?.loss], [100, 15, 0]);
  });

  it('take packets that arrive late after all for no new start, and no loss below none', () => {
    const [now] = run(seconds(4, (s) => ({ bytes: s * 1_250, packets: s * 10, packetsLost: 3 - s })));
    assert.deepEqual([now?.kbps, now?.loss], [10, 0]);
  });

  it('say nothing of frames for sound, and nothing of loss while nothing flows', () => {
    const [sound] = run(seconds(3, (s) => ({ source: 'microphone', framesDecoded: null, bytes: s })));
    assert.deepEqual([sound?.framesPerSecond, sound?.loss], [null, null]);
    assert.equal(run(seconds(1, () => ({ bytes: 77 })))[0]?.kbps, 0);
  });

  it('keep two streams of the same name apart by their direction', () => {
    const both = (s: number): { stats: StreamStats[] } => ({
      stats: [stats({ direction: 'send', bytes: s * 125 }), stats({ bytes: s * 1_250 })],
    });
    assert.deepEqual(
      run([0, 1, 2].map(both)).map(({ kbps }) => kbps),
      [1, 10],
    );
  });

  it('are never negative, infinite or no number, whatever is counted', () => {
    const count = fc.nat(1e9);
    const sample = fc.record({ bytes: count, packets: count, packetsLost: fc.integer(), framesDecoded: count });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 12 }), (samples) => {
        const [now] = run(samples.map((each) => ({ stats: [stats(each)] })));
        assert.ok(now && now.kbps >= 0 && Number.isFinite(now.kbps));
        assert.ok((now.framesPerSecond ?? 0) >= 0 && Number.isFinite(now.framesPerSecond ?? 0));
        assert.ok(now.loss === null || (now.loss >= 0 && now.loss <= 1));
      }),
    );
  });
});

describe('why a received video is less than everything', () => {
  const flows = (now: Layers | null): ReadonlyMap<string, Layers | null> => new Map([['v', now]]);
  const limitAfter = (count: number, input: Partial<FiguresInput>): StreamFigures | undefined =>
    run(Array.from({ length: count }, () => ({ stats: [stats()], ...input })))[0];

  it('is what the viewer decided by, beside what it asked for and what flows', () => {
    const small = decision({ layers: layers(0), reason: 'window' });
    const now = limitAfter(9, { decisions: [small], forwarded: flows(layers(0)) });
    assert.deepEqual([now?.wanted, now?.layers, now?.limit], [layers(0), layers(0), 'window']);
    const hidden = decision({ layers: null, reason: 'hidden' });
    assert.equal(limitAfter(9, { decisions: [hidden], forwarded: flows(null) })?.limit, 'hidden');
    assert.equal(limitAfter(9, { decisions: [decision()], forwarded: flows(layers(2)) })?.limit, null);
  });

  it('is the network once less has flowed than asked for, longer than following a wish takes', () => {
    const short = { decisions: [decision()], forwarded: flows(layers(1)) };
    assert.equal(limitAfter(3, short)?.limit, null);
    assert.equal(limitAfter(4, short)?.limit, 'network');
    assert.equal(limitAfter(9, { ...short, forwarded: flows(layers(2, 1)) })?.limit, 'network');
    assert.equal(limitAfter(9, { ...short, forwarded: flows(null) })?.limit, 'network');
  });

  it('is the network before a small window that is not even given what it asks for', () => {
    const window = decision({ layers: layers(1), reason: 'window' });
    assert.equal(limitAfter(9, { decisions: [window], forwarded: flows(layers(0)) })?.limit, 'network');
  });

  it('forgets a shortage that passed', () => {
    const step = (now: Layers): { stats: StreamStats[] } & Partial<FiguresInput> => ({
      stats: [stats()],
      decisions: [decision()],
      forwarded: flows(now),
    });
    const short = Array.from({ length: 5 }, () => step(layers(0)));
    assert.equal(run([...short, step(layers(2)), step(layers(0))])[0]?.limit, null);
  });

  it('is not the network while nothing was heard of the stream, or its camera is off', () => {
    assert.equal(limitAfter(9, { decisions: [decision()] })?.limit, null);
    const off = { decisions: [decision()], forwarded: flows(null), camerasOff: new Set(['ana']) };
    assert.equal(limitAfter(9, off)?.limit, null);
  });

  it('leaves what an engine says of a sent video', () => {
    const sent = stats({ id: 'v', direction: 'send', wanted: layers(1), layers: layers(0), limit: 'cpu' });
    const [now] = run(
      Array.from({ length: 9 }, () => ({ stats: [sent], decisions: [decision()], forwarded: flows(null) })),
    );
    assert.deepEqual([now?.wanted, now?.layers, now?.limit], [layers(1), layers(0), 'cpu']);
  });
});

describe('layers of a stream with fewer sizes', () => {
  it('count from the full picture', () => {
    assert.deepEqual(fullSizeLayers(layers(0, 1), 'L1T3'), layers(2, 1));
    assert.deepEqual(fullSizeLayers(layers(1), 'L2T3_KEY'), layers(2));
    assert.deepEqual(fullSizeLayers(layers(0), 'L3T3_KEY'), layers(0));
    assert.deepEqual(fullSizeLayers(layers(1), undefined), layers(1));
    assert.equal(fullSizeLayers(null, 'L1T3'), null);
  });
});
