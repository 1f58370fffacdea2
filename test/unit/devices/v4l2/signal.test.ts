import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTimings, type Signal, signalOf } from '../../../../src/devices/v4l2/signal.ts';
import { SignalWatch } from '../../../../src/devices/v4l2/signal-watch.ts';
import { VirtualV4l2Camera } from '../../../../src/devices/virtual/virtual-v4l2-camera.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import * as samples from '../../../fixtures/v4l2/samples.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';

const path = '/dev/v4l/by-path/grabber-video-index0';
const grabber = (clock: ManualClock, timings: string | null = samples.dvTimings): VirtualV4l2Camera =>
  new VirtualV4l2Camera(clock, { controls: '', formats: '', timings, answerMs: 10, latencyMs: 0 });
const hd = { kind: 'present', width: 1_920, height: 1_080, framesPerSecond: 60 } as const;

describe('the signal of a grabber', () => {
  for (const [name, failure, kind] of [
    ['nothing is plugged in', 'Link has been severed', 'none'],
    ['a signal that cannot be locked to', 'No locks available', 'unusable'],
    ['a signal out of range', 'Numerical result out of range', 'unusable'],
    ['a grabber that fails', 'Input/output error', 'unknown'],
  ] as const) {
    it(`${name}: ${kind}`, async () => {
      const clock = new ManualClock();
      const device = grabber(clock);
      device.signalFailure = failure;
      assert.deepEqual(await passUntil(clock, signalOf(path, device.run)), { kind });
    });
  }

  it('is told with its size and rate', async () => {
    const clock = new ManualClock();
    assert.deepEqual(await passUntil(clock, signalOf(path, grabber(clock).run)), hd);
  });

  it('of a grabber that pretends to be a camera is unknown, of one that is gone none', async () => {
    const clock = new ManualClock();
    const device = grabber(clock, null);
    assert.deepEqual(await passUntil(clock, signalOf(path, device.run)), { kind: 'unknown' });
    device.unplug();
    assert.deepEqual(await passUntil(clock, signalOf(path, device.run)), { kind: 'none' });
  });

  it('timings of nothing are no signal, and nonsense is unknown', () => {
    assert.deepEqual(parseTimings('\tActive width: 0\n\tActive height: 0\n'), { kind: 'none' });
    assert.deepEqual(parseTimings('\tActive width: 99999999\n'), { kind: 'unknown' });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.nat(400).map((n) => samples.dvTimings.slice(n)),
        ),
        (text) => {
          const signal = parseTimings(text);
          assert.ok(signal.kind !== 'present' || (signal.width > 0 && signal.height > 0));
        },
      ),
    );
  });
});

describe('watching a signal', () => {
  function bench(device: VirtualV4l2Camera, clock: ManualClock): { watch: SignalWatch; told: string[] } {
    const told: string[] = [];
    const watch = new SignalWatch({ read: () => signalOf(path, device.run), clock, logger: silentLogger, times: null });
    watch.on('appeared', ({ width }) => told.push(`appeared ${width} at ${Math.round(clock.nowMs() / 500) / 2}`));
    watch.on('gone', () => told.push(`gone at ${Math.round(clock.nowMs() / 500) / 2}`));
    return { watch, told };
  }

  it('plugged in, changed and unplugged: tells once when it is there and once when it has gone', async () => {
    const clock = new ManualClock();
    const device = grabber(clock);
    device.signalFailure = 'Link has been severed';
    const { watch, told } = bench(device, clock);
    watch.start();
    watch.start();
    await pass(clock, 5_000, 50);
    assert.deepEqual(told, []);
    device.signalFailure = null;
    await pass(clock, 5_000, 50);
    assert.deepEqual(told, ['appeared 1920 at 6.5']);
    assert.equal(watch.isPresent, true);
    device.signalFailure = 'No locks available';
    await pass(clock, 2_000, 50);
    device.signalFailure = null;
    await pass(clock, 3_000, 50);
    assert.equal(told.length, 1);
    device.unplug();
    await pass(clock, 6_000, 50);
    assert.equal(told.length, 2);
    // Unplugged at 15 s, held for 3 s, asked every half second.
    assert.match(told[1] ?? '', /^gone at (18|18\.5|19)$/);
    watch.close();
    await pass(clock, 5_000, 50);
    assert.equal(clock.pending, 0);
  });

  it('a grabber that cannot tell, or fails now and then, changes nothing', async () => {
    const clock = new ManualClock();
    const device = grabber(clock);
    const { watch, told } = bench(device, clock);
    watch.start();
    await pass(clock, 3_000, 50);
    device.faults.isFailing = true;
    await pass(clock, 30_000, 50);
    assert.equal(told.length, 1);
    assert.equal(watch.isPresent, true);
    watch.close();
  });

  it('appeared and gone alternate, and neither comes sooner than its hold, whatever comes in', async () => {
    const kinds = fc.constantFrom<Signal>(hd, { kind: 'none' }, { kind: 'unusable' }, { kind: 'unknown' });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(kinds, fc.integer({ min: 1, max: 12 })), { maxLength: 12 }), async (story) => {
        const clock = new ManualClock();
        let now: Signal = { kind: 'none' };
        const told: [string, number][] = [];
        const watch = new SignalWatch({ read: async () => now, clock, logger: silentLogger, times: null });
        watch.on('appeared', () => told.push(['appeared', clock.nowMs()]));
        watch.on('gone', () => told.push(['gone', clock.nowMs()]));
        watch.start();
        for (const [signal, halves] of story) {
          now = signal;
          await pass(clock, halves * 500, 500);
        }
        watch.close();
        for (const [i, [event, atMs]] of told.entries()) {
          assert.equal(event, i % 2 === 0 ? 'appeared' : 'gone');
          const beforeMs = told[i - 1]?.[1] ?? 0;
          assert.ok(
            atMs - beforeMs >= (event === 'appeared' ? 1_000 : 3_000) - 500,
            `${event} after ${atMs - beforeMs}`,
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
