import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ManualClock } from '../../../../src/lib/clock.ts';
import type { LipSyncState } from '../../../../src/call/rtp/lip-sync.ts';
import { lipSyncStart, MAX_SYNC_DELAY_MS, updateLipSync } from '../../../../src/call/rtp/lip-sync.ts';
import { Pacer } from '../../../../src/call/rtp/pacer.ts';
import { SenderClock } from '../../../../src/call/rtp/sender-clock.ts';
import type { UplinkState } from '../../../../src/call/rtp/uplink-controller.ts';
import { startUplink, uplinkDefaults as options, updateUplink } from '../../../../src/call/rtp/uplink-controller.ts';
import { seededRandom } from './support.ts';

describe('uplink controller', () => {
  type Heard =
    { kind: 'remb'; bps: number } | { kind: 'report'; fractionLost: number; rttMs: number | null } | { kind: 'tick' };
  /** What is sent meanwhile: by default all that may be. */
  const everything = (state: UplinkState): number => state.targetBps;
  const run = (
    state: UplinkState,
    fromMs: number,
    seconds: number,
    input: (nowMs: number, state: UplinkState) => Heard,
    sent: (state: UplinkState) => number = everything,
  ): { state: UplinkState; changes: number; nowMs: number } => {
    let changes = 0;
    let nowMs = fromMs;
    for (; nowMs < fromMs + seconds * 1000; nowMs += 250) {
      const next = updateUplink(state, { ...input(nowMs, state), sentBps: sent(state) }, nowMs, options);
      if (next.targetBps !== state.targetBps) changes++;
      state = next;
    }
    return { state, changes, nowMs };
  };
  const tick = (): Heard => ({ kind: 'tick' });

  it('reaches a full rate within five seconds on a good path', () => {
    assert.equal(run(startUplink(0, options), 0, 5, tick).state.targetBps, options.maxBps);
  });

  it('does not rise on what was never sent', () => {
    const { state } = run(startUplink(0, options), 0, 60, tick, () => 150_000);
    assert.equal(state.targetBps, options.startBps);
  });

  it('falls with the estimate while it sends what it may', () => {
    const up = run(startUplink(0, options), 0, 6, (_, s) => ({ kind: 'remb', bps: s.targetBps * 1.2 }));
    const fallen = run(
      up.state,
      up.nowMs,
      0.25,
      () => ({ kind: 'remb', bps: 500_000 }),
      () => 550_000,
    );
    assert.ok(fallen.state.targetBps > 1e6, 'sending little of it');
    const heard = updateUplink(up.state, { kind: 'remb', bps: 500_000, sentBps: 600_000 }, up.nowMs, options);
    assert.equal(heard.targetBps, up.state.targetBps, 'the estimate tells what was sent');
    const full = updateUplink(up.state, { kind: 'remb', bps: 2_900_000, sentBps: 3_400_000 }, up.nowMs, options);
    assert.equal(full.targetBps, 2_900_000 * 0.95 - options.reserveBps);
  });

  it('believes a falling estimate of little sent when the round trip or loss tell the same', () => {
    const start = startUplink(0, options);
    const calm = run(
      start,
      0,
      2,
      () => ({ kind: 'report', fractionLost: 0, rttMs: 30 }),
      () => 200_000,
    );
    const queued = run(
      calm.state,
      calm.nowMs,
      0.25,
      () => ({ kind: 'report', fractionLost: 0, rttMs: 150 }),
      () => 200_000,
    );
    const before = run(
      queued.state,
      queued.nowMs,
      0.25,
      () => ({ kind: 'remb', bps: 240_000 }),
      () => 200_000,
    );
    const fallen = run(
      before.state,
      before.nowMs,
      0.25,
      () => ({ kind: 'remb', bps: 170_000 }),
      () => 200_000,
    );
    assert.equal(fallen.state.targetBps, 170_000 * 0.95 - options.reserveBps);
  });

  it('is not held by an estimate that was overtaken as long as that rises', () => {
    const low = run(
      startUplink(0, options),
      0,
      5,
      () => ({ kind: 'remb', bps: 160_000 }),
      () => 150_000,
    );
    let bps = 160_000;
    const risen = run(low.state, low.nowMs, 8, () => ({ kind: 'remb', bps: (bps *= 1.02) }));
    assert.ok(risen.state.targetBps > 1_500_000, `${risen.state.targetBps}`);
    const stuck = run(risen.state, risen.nowMs, 1, () => ({ kind: 'remb', bps }));
    assert.ok(stuck.state.targetBps < risen.state.targetBps * 0.9, `${stuck.state.targetBps}`);
  });

  it('settles on a narrow line without giving it up', () => {
    const line = 600_000;
    let estimate = 800_000;
    const rates: number[] = [];
    run(startUplink(0, options), 0, 120, (nowMs, { targetBps }) => {
      const sent = targetBps + 40_000;
      // The server's rule: 85 % of what arrives when a queue builds, 8 % a second more otherwise.
      estimate = sent > line ? Math.min(estimate, line * 0.85) : Math.min(estimate * 1.02, sent * 1.5);
      if (nowMs > 20_000) rates.push(targetBps);
      return { kind: 'remb', bps: Math.floor(estimate) };
    });
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    assert.ok(mean > line * 0.7 && mean < line, `${mean}`);
    assert.ok(rates.filter((rate) => rate + 40_000 > line * 1.05).length < rates.length * 0.03);
  });

  it('falls under loss that is its own doing, holds under a little, and climbs slowly afterwards', () => {
    const full = run(startUplink(0, options), 0, 8, tick);
    const lossy = run(full.state, full.nowMs, 3, () => ({ kind: 'report', fractionLost: 0.3, rttMs: 50 }));
    assert.ok(lossy.state.targetBps < full.state.targetBps * 0.3);
    const held = run(lossy.state, lossy.nowMs, 3, () => ({ kind: 'report', fractionLost: 0.05, rttMs: 50 }));
    assert.equal(held.state.targetBps, lossy.state.targetBps);
    const later = run(held.state, held.nowMs, 10, () => ({ kind: 'report', fractionLost: 0, rttMs: 50 }));
    assert.ok(later.state.targetBps > held.state.targetBps * 1.2 && later.state.targetBps < held.state.targetBps * 4);
  });

  it('falls when the round trip tells of a queue', () => {
    const full = run(startUplink(0, options), 0, 8, () => ({ kind: 'report', fractionLost: 0, rttMs: 40 }));
    const queued = run(full.state, full.nowMs, 1, () => ({ kind: 'report', fractionLost: 0, rttMs: 400 }));
    assert.ok(queued.state.targetBps < full.state.targetBps * 0.7);
  });

  it('forgets a fall as far as to where a call begins, though little is sent', () => {
    const fallen = run(startUplink(0, options), 0, 5, () => ({ kind: 'report', fractionLost: 0.5, rttMs: 50 }));
    assert.ok(fallen.state.targetBps < 200_000);
    const later = run(fallen.state, fallen.nowMs, 25, tick, () => 30_000);
    assert.equal(later.state.targetBps, options.startBps);
  });

  it('takes a lifted limit for none', () => {
    const low = run(startUplink(0, options), 0, 1, () => ({ kind: 'remb', bps: 300_000 }));
    assert.equal(run(low.state, low.nowMs, 0.25, () => ({ kind: 'remb', bps: 0 })).state.rembBps, null);
  });

  it('stays within its limits, whatever it hears', () => {
    const heard = fc.oneof(
      fc.record({ kind: fc.constant('remb' as const), bps: fc.double() }),
      fc.record({
        kind: fc.constant('report' as const),
        fractionLost: fc.double(),
        rttMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
      }),
      fc.constant({ kind: 'tick' as const }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(heard, fc.double(), fc.nat(3_000)), { maxLength: 60 }), (inputs) => {
        let nowMs = 0;
        let state = startUplink(nowMs, options);
        for (const [next, sentBps, step] of inputs) {
          nowMs += step;
          state = updateUplink(state, { ...next, sentBps }, nowMs, options);
          assert.ok(state.targetBps >= options.minBps && state.targetBps <= options.maxBps, `${state.targetBps}`);
          assert.ok(state.targetBps <= state.capBps);
        }
      }),
    );
  });
});

describe('lip sync', () => {
  /** A participant whose audio takes `audioMs` from microphone to ear and whose video takes `videoMs`, before any correction. */
  const watch = (state: LipSyncState, audioMs: number, videoMs: number, times: number, scatterMs = 0): LipSyncState => {
    const random = seededRandom(2);
    for (let i = 0; i < times; i++) {
      const noise = (random() - 0.5) * scatterMs;
      state = updateLipSync(state, {
        audioCaptureMs: 5_000 + i,
        audioPlayoutMs: 900 + i + audioMs + state.audioExtraMs + noise,
        videoCaptureMs: 5_000 + i,
        videoPlayoutMs: 900 + i + videoMs + state.videoDelayMs,
      });
    }
    return state;
  };

  it('holds the video back for audio that takes longer, and settles', () => {
    const state = watch(lipSyncStart, 180, 60, 30, 20);
    assert.ok(Math.abs(state.videoDelayMs - 120) < 20, `${state.videoDelayMs}`);
    assert.equal(state.audioExtraMs, 0);
    assert.deepEqual(watch(state, 180, 60, 30).videoDelayMs, state.videoDelayMs);
  });

  it('adds to the audio only when the video is late beyond what people notice', () => {
    assert.deepEqual(watch(lipSyncStart, 60, 100, 30).audioExtraMs, 0);
    const state = watch(lipSyncStart, 60, 200, 30);
    assert.ok(Math.abs(state.audioExtraMs - 95) < 16);
    assert.equal(state.videoDelayMs, 0);
  });

  it('ends within −45/+125 ms wherever that is possible, never both ways at once, and ignores nonsense', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 350, noNaN: true }),
        fc.double({ min: 0, max: 350, noNaN: true }),
        (audioMs, videoMs) => {
          const state = watch(lipSyncStart, audioMs, videoMs, 60, 10);
          const audioLateMs = audioMs + state.audioExtraMs - videoMs - state.videoDelayMs;
          const reachable = Math.abs(audioMs - videoMs) <= MAX_SYNC_DELAY_MS + 40;
          if (reachable) assert.ok(audioLateMs > -125 && audioLateMs < 125, `${audioLateMs}`);
          assert.ok(state.videoDelayMs === 0 || state.audioExtraMs === 0);
          assert.equal(
            updateLipSync(state, { audioCaptureMs: NaN, audioPlayoutMs: 0, videoCaptureMs: 0, videoPlayoutMs: 0 }),
            state,
          );
          assert.equal(
            updateLipSync(state, { audioCaptureMs: 0, audioPlayoutMs: 1e12, videoCaptureMs: 0, videoPlayoutMs: 0 }),
            state,
          );
        },
      ),
    );
  });
});

describe('sender clock', () => {
  it('keeps to the middle of scattered reports, over the wrap of timestamps', () => {
    const random = seededRandom(4);
    const clock = new SenderClock(90_000);
    for (let second = 0; second < 60; second++) {
      const timestamp = (0xffff_0000 + second * 90_000) >>> 0;
      clock.report(1_700_000_000_000 + second * 1000 + (second === 50 ? 300 : random() * 10), timestamp);
      if (second > 8)
        assert.ok(
          Math.abs((clock.captureTimeOf((timestamp + 9_000) >>> 0) ?? 0) - (1_700_000_000_105 + second * 1000)) < 6,
        );
    }
  });

  it('moves over to another timeline at once', () => {
    const clock = new SenderClock(48_000);
    assert.equal(clock.captureTimeOf(0), null);
    for (let i = 0; i < 5; i++) clock.report(10_000 + i * 1000, i * 48_000);
    clock.report(99_000, 77);
    assert.equal(clock.captureTimeOf(77 + 48), 99_001);
    clock.report(NaN, 5);
    assert.equal(clock.captureTimeOf(77 + 48), 99_001);
  });
});

describe('pacer', () => {
  const queueOf = (pacer: Pacer, bytes: number[]) => {
    const sentAt: number[] = [];
    const remove = pacer.add({
      get queuedBytes() {
        return bytes.reduce((sum, n) => sum + n, 0);
      },
      sendOne: (nowMs) => {
        sentAt.push(nowMs);
        return bytes.shift() ?? 0;
      },
    });
    return { sentAt, remove };
  };

  it('sends at two and a half times the target, and rests without a timer', () => {
    const clock = new ManualClock();
    const pacer = new Pacer(clock);
    pacer.setTarget(1_000_000);
    const { sentAt } = queueOf(pacer, new Array<number>(100).fill(1_000));
    pacer.kick();
    clock.advance(1_000);
    assert.equal(sentAt.length, 100);
    const lastMs = sentAt.at(-1) ?? 0;
    assert.ok(lastMs > 280 && lastMs < 330, `${lastMs} ms for 100 kB at 2.5 Mbps`);
    assert.equal(clock.pending, 0);
  });

  it('serves its queues in turn, counts audio in, and lets none stand over 400 ms by much', () => {
    const clock = new ManualClock();
    const pacer = new Pacer(clock);
    pacer.setTarget(100_000);
    const a = queueOf(pacer, new Array<number>(200).fill(1_000));
    const b = queueOf(pacer, new Array<number>(200).fill(1_000));
    pacer.charge(2_000);
    pacer.kick();
    assert.ok(a.sentAt.length <= 2 && pacer.queueMs > 400);
    clock.advance(300);
    assert.ok(Math.abs(a.sentAt.length - b.sentAt.length) <= 1);
    clock.advance(4_000);
    assert.deepEqual([a.sentAt.length, b.sentAt.length], [200, 200]);
    assert.ok((a.sentAt[150] ?? Infinity) < 800);
  });

  it('knows what it sent of late, audio included', () => {
    const clock = new ManualClock();
    const pacer = new Pacer(clock);
    for (let i = 0; i < 300; i++) {
      pacer.charge(1_250);
      clock.advance(10);
    }
    assert.ok(Math.abs(pacer.sentBps - 1_000_000) < 50_000, `${pacer.sentBps}`);
    clock.advance(3_000);
    assert.ok(pacer.sentBps < 20_000);
  });

  it('stops with close, and a queue taken out is not served', () => {
    const clock = new ManualClock();
    const pacer = new Pacer(clock);
    const { sentAt, remove } = queueOf(pacer, new Array<number>(50).fill(1_000));
    remove();
    pacer.kick();
    assert.equal(sentAt.length, 0);
    pacer.close();
    assert.equal(clock.pending, 0);
  });
});
