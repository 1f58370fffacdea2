import assert from 'node:assert/strict';
import fc from 'fast-check';
import { watchCpuPressure } from '../../../server/guest/engine/cpu-pressure.ts';
import { decodeBudget, startDecodeCost, stepDecodeCost } from '../../../server/guest/engine/decode-cost.ts';
import { DroppedLayers } from '../../../server/guest/engine/dropped-layers.ts';
import { sentDemand } from '../../../server/guest/engine/sent-demand.ts';

const layers = (spatial: number, temporal = 2): { spatial: number; temporal: number } => ({ spatial, temporal });
const video = (totalDecodeTime: number, framesDecoded: number, frameWidth = 1280, frameHeight = 720): object[] => [
  { type: 'inbound-rtp', mid: 'probator', totalDecodeTime: 99, framesDecoded: 1, frameWidth: 1, frameHeight: 1 },
  { type: 'inbound-rtp', totalDecodeTime, framesDecoded, frameWidth, frameHeight },
];

describe('what decoding costs a guest', () => {
  const budgetAfter = (steps: readonly Record<string, object[]>[]) =>
    decodeBudget(
      steps.reduce((state, reports) => stepDecodeCost(state, new Map(Object.entries(reports))), startDecodeCost()),
      4,
      null,
    );

  it('is not known before something was decoded', () => {
    assert.deepEqual(budgetAfter([]), { msPerMegapixel: null, msPerSecond: 2_000, load: null });
    assert.equal(budgetAfter([{ a: [] }, { a: [{ type: 'inbound-rtp' }] }]).msPerMegapixel, null);
    assert.equal(budgetAfter([{ a: video(0.05, 1, 320, 180) }]).msPerMegapixel, null);
  });

  it('is time for pixels, all videos together', () => {
    const { msPerMegapixel } = budgetAfter([
      { a: video(0, 0), b: video(0, 0) },
      { a: video(0.06, 10), b: video(0.12, 10) },
    ]);
    assert.equal(msPerMegapixel?.toFixed(3), (180 / 18.432).toFixed(3));
  });

  it('follows a machine that became slow within a few seconds, and stays while nothing is decoded', () => {
    const fast = [0, 1, 2, 3].map((s) => ({ a: video(s * 0.03, s * 30) }));
    const slow = [1, 2, 3, 4, 5, 6].map((s) => ({ a: video(0.09 + s * 0.9, 90 + s * 30) }));
    const cost = budgetAfter([...fast, ...slow]).msPerMegapixel ?? 0;
    assert.ok(Math.abs(cost - 900 / 27.648) < 5, `${cost}`);
    const idle = budgetAfter([...fast, ...slow, ...slow.slice(-1), ...slow.slice(-1)]).msPerMegapixel;
    assert.equal(idle?.toFixed(6), cost.toFixed(6));
  });

  it('starts a stream that counts from nothing again anew, and is never negative', () => {
    const number = fc.double({ min: 0, max: 1e6, noNaN: true });
    const report = fc.tuple(number, fc.nat(1e6)).map(([seconds, frames]) => ({ a: video(seconds, frames) }));
    fc.assert(
      fc.property(fc.array(report), (steps) => {
        const cost = budgetAfter(steps).msPerMegapixel;
        assert.ok(cost === null || (cost >= 0 && Number.isFinite(cost)));
      }),
    );
  });
});

describe('how busy the browser says that the machine is', () => {
  it('is not known where it does not say, or refuses', async () => {
    assert.equal(watchCpuPressure({}).load, null);
    const refusing = class {
      observe = (): Promise<void> => Promise.reject(new Error('NotAllowedError'));
      disconnect = (): void => undefined;
    };
    const pressure = watchCpuPressure({ PressureObserver: refusing });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(pressure.load, null);
    pressure.close();
  });

  it('is the last of its states, and unknown for one that it does not know', () => {
    let tell = (_states: string[]): void => undefined;
    const fake = class {
      constructor(onRecords: (records: { state: string }[]) => void) {
        tell = (states) => onRecords(states.map((state) => ({ state })));
      }
      observe = (): Promise<void> => Promise.resolve();
      disconnect = (): void => undefined;
    };
    const pressure = watchCpuPressure({ PressureObserver: fake });
    tell(['nominal', 'critical']);
    assert.ok((pressure.load ?? 0) > 0.9);
    tell(['fair']);
    assert.ok((pressure.load ?? 1) < 0.75);
    tell(['odd']);
    assert.equal(pressure.load, null);
  });
});

describe('what a guest says of a video that it sends', () => {
  const report = (patch: object = {}): object[] =>
    [
      { type: 'media-source', width: 1280 },
      {
        type: 'outbound-rtp',
        active: true,
        frameWidth: 1280,
        scalabilityMode: 'L3T3_KEY',
        qualityLimitationReason: 'none',
      },
      { type: 'outbound-rtp-other' },
    ].map((entry) => (entry.type === 'outbound-rtp' ? { ...entry, ...patch } : entry));
  const sent = (demand: { spatial: number; temporal: number } | null, patch: object = {}) =>
    sentDemand('camera', { demand, muted: false }, report(patch));

  it('is everything when everything is wanted and sent', () => {
    assert.deepEqual(sent(layers(2)), { wanted: layers(2), layers: layers(2), limit: null });
  });

  it('is limited by small windows, or by nobody who watches', () => {
    const small = sent(layers(0, 1), { frameWidth: 320, scalabilityMode: 'L1T2' });
    assert.deepEqual(small, { wanted: layers(0, 1), layers: layers(0, 1), limit: 'window' });
    assert.deepEqual(sent(null), { wanted: null, layers: null, limit: 'nobody' });
  });

  it('is limited by what the encoder says holds it back', () => {
    const poor = sent(layers(2), { frameWidth: 640, qualityLimitationReason: 'bandwidth' });
    assert.deepEqual([poor.layers, poor.limit], [layers(1), 'network']);
    assert.equal(sent(layers(1), { qualityLimitationReason: 'cpu' }).limit, 'cpu');
    assert.equal(sent(layers(2), { qualityLimitationReason: 'other' }).limit, null);
  });

  it('sends no layers while it is off, stopped, or not begun', () => {
    assert.deepEqual(sentDemand('camera', { demand: layers(2), muted: true }, report()), {
      wanted: layers(2),
      layers: null,
      limit: null,
    });
    assert.equal(sent(layers(2), { active: false }).layers, null);
    assert.equal(sent(layers(2), { frameWidth: undefined }).layers, null);
  });

  it('is at full size when a shared screen is whole, though it has one layer', () => {
    const screen = report({ frameWidth: 1920, scalabilityMode: 'L1T2' }).map((entry) =>
      'width' in entry ? { ...entry, width: 1920 } : entry,
    );
    assert.deepEqual(sentDemand('screen', { demand: layers(1, 1), muted: false }, screen).layers, layers(2, 1));
  });

  it('has no layers for sound', () => {
    const nothing = { wanted: null, layers: null, limit: null };
    assert.deepEqual(sentDemand('microphone', { demand: layers(2), muted: false }, []), nothing);
  });
});

describe('layers that a browser drops by itself', () => {
  const sending = (spatial: number, limit: 'network' | 'window' | null) => ({
    wanted: layers(2),
    layers: layers(spatial),
    limit,
  });

  it('are told when they go, and no longer when they come back or the server must have noticed', () => {
    const dropped = new DroppedLayers();
    assert.equal(dropped.note(sending(0, 'network'), 0), undefined, 'a beginning is no fall');
    assert.equal(dropped.note(sending(2, null), 1_000), undefined);
    assert.deepEqual(dropped.note(sending(0, 'network'), 2_000), layers(0));
    assert.equal(dropped.note(sending(0, 'network'), 3_000), undefined);
    assert.equal(dropped.note(sending(1, 'network'), 4_000), null, 'one came back');
    assert.deepEqual(dropped.note(sending(0, 'network'), 5_000), layers(0));
    assert.equal(dropped.note(sending(0, 'network'), 8_000), undefined);
    assert.equal(dropped.note(sending(0, 'network'), 9_000), null);
  });

  it('are not those that nobody wants', () => {
    const dropped = new DroppedLayers();
    dropped.note(sending(2, null), 0);
    assert.equal(dropped.note(sending(0, 'window'), 1_000), undefined);
  });
});
