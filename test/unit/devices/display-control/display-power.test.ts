import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DisplayPower } from '../../../../src/devices/display-control/display-power.ts';
import type { DisplayPowerState } from '../../../../src/devices/display-control/display-power.ts';
import { desiredPower, localTime } from '../../../../src/devices/display-control/power-plan.ts';
import type { PowerPlan, RoomOccupancy } from '../../../../src/devices/display-control/power-plan.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { cecBench, mdcBench, pjlinkBench } from '../../../support/display-benches.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';

type AnyBench = Pick<ReturnType<typeof mdcBench>, 'clock' | 'display'>;

let power: DisplayPower;
let states: DisplayPowerState[];

function keeping(bench: AnyBench): void {
  power = new DisplayPower({ display: bench.display, clock: bench.clock, logger: silentLogger });
  states = [];
  power.on('state', (state) => states.push(state));
  bench.display.start();
}

const codes = (): string[] => power.problems.map((problem) => problem.code);

async function ended(bench: AnyBench): Promise<void> {
  power.close();
  await passUntil(bench.clock, bench.display.close());
  await pass(bench.clock, 90_000, 1_000);
  assert.equal(bench.clock.pending, 0, 'timers left after close');
}

describe('DisplayPower', () => {
  it('sets, verifies, and says so', async () => {
    const bench = mdcBench(0, null, false);
    keeping(bench);
    power.want('standby');
    assert.equal(power.state.needsBlack, true);
    await pass(bench.clock, 15_000, 50);
    assert.deepEqual(power.state, { wanted: 'standby', actual: 'standby', isVerified: true, needsBlack: false });
    assert.equal(bench.device.isOn, false);
    power.want('on');
    await pass(bench.clock, 15_000, 50);
    assert.equal(bench.device.isOn, true);
    assert.deepEqual(codes(), []);
    await ended(bench);
  });

  it('switched by hand: sets it right at the next comparison', async () => {
    const bench = mdcBench(0, null, false);
    keeping(bench);
    power.want('on');
    await pass(bench.clock, 10_000, 50);
    bench.device.press(false);
    await pass(bench.clock, 50_000, 100);
    assert.equal(bench.device.isOn, true);
    await ended(bench);
  });

  it('does not obey: tries three times, tells it, shows black, and then asks rarely', async () => {
    const bench = mdcBench(0, null, false);
    keeping(bench);
    bench.device.faults.ignoresCommands = true;
    power.want('standby');
    await pass(bench.clock, 120_000, 100);
    assert.deepEqual(codes(), ['device/display-power-differs']);
    assert.deepEqual(power.state, { wanted: 'standby', actual: 'on', isVerified: false, needsBlack: true });
    bench.device.faults.ignoresCommands = false;
    await pass(bench.clock, 120_000, 100);
    assert.equal(bench.device.isOn, true, 'not yet: somebody may have meant it');
    await pass(bench.clock, 10 * 60_000, 500);
    assert.equal(bench.device.isOn, false);
    assert.deepEqual(codes(), []);
    assert.equal(power.state.needsBlack, false);
    await ended(bench);
  });

  it('cannot be asked: unverified and black, until it can', async () => {
    const bench = cecBench();
    keeping(bench);
    bench.device.isOn = true;
    bench.device.faults.hasNoAddress = true;
    power.want('standby');
    await pass(bench.clock, 30_000, 100);
    assert.deepEqual(codes(), ['device/display-power-unverified']);
    assert.deepEqual(power.state, { wanted: 'standby', actual: null, isVerified: false, needsBlack: true });
    bench.device.faults.hasNoAddress = false;
    await pass(bench.clock, 15 * 60_000, 500);
    assert.deepEqual(power.state, { wanted: 'standby', actual: 'standby', isVerified: true, needsBlack: false });
    assert.deepEqual(codes(), []);
    await ended(bench);
  });

  it('a projector that warms up is as wanted; a wish during its cooling is fulfilled after it', async () => {
    const bench = pjlinkBench(null, null, false);
    keeping(bench);
    power.want('on');
    await pass(bench.clock, 10_000, 100);
    assert.deepEqual(power.state, { wanted: 'on', actual: 'warming', isVerified: true, needsBlack: false });
    await pass(bench.clock, 60_000, 100);
    assert.equal(power.state.actual, 'on');
    power.want('standby');
    await pass(bench.clock, 5_000, 100);
    power.want('on');
    await pass(bench.clock, 180_000, 200);
    assert.deepEqual(power.state, { wanted: 'on', actual: 'on', isVerified: true, needsBlack: false });
    assert.deepEqual(codes(), []);
    await ended(bench);
  });

  it('the last of several wishes holds', async () => {
    const bench = mdcBench(0, null, false);
    keeping(bench);
    for (const wish of ['standby', 'on', 'standby', 'on', 'standby'] as const) power.want(wish);
    await pass(bench.clock, 30_000, 100);
    assert.equal(bench.device.isOn, false);
    await ended(bench);
  });

  it('tells each state once', async () => {
    const bench = mdcBench(0, null, false);
    keeping(bench);
    power.want('on');
    await pass(bench.clock, 300_000, 500);
    assert.equal(new Set(states.map((state) => JSON.stringify(state))).size, states.length);
    await ended(bench);
  });
});

describe('desiredPower', () => {
  const office: PowerPlan = {
    ranges: [{ days: [1, 2, 3, 4, 5], from: 8 * 60, to: 18 * 60 }],
    timeZone: 'Europe/Berlin',
    wakesOnPresence: true,
    emptyStandbyMs: 15 * 60_000,
  };
  const quiet: RoomOccupancy = { isInCall: false, isExpected: false, presence: null };
  const at = (iso: string): number => Date.parse(iso);
  const seen = (isPresent: boolean, since: string): RoomOccupancy => ({
    ...quiet,
    presence: { isPresent, sinceMs: at(since) },
  });

  it('keeps to the room clock, through daylight saving', () => {
    // 2026-03-27 is a Friday before, 2026-03-30 a Monday after the change.
    for (const [utc, power] of [
      ['2026-03-27T06:59:00Z', 'standby'],
      ['2026-03-27T07:00:00Z', 'on'],
      ['2026-03-27T16:59:59Z', 'on'],
      ['2026-03-27T17:00:00Z', 'standby'],
      ['2026-03-28T10:00:00Z', 'standby'],
      ['2026-03-30T05:59:00Z', 'standby'],
      ['2026-03-30T06:00:00Z', 'on'],
      ['2026-03-30T16:00:00Z', 'standby'],
    ] as const) {
      assert.equal(desiredPower(office, quiet, at(utc)).power, power, utc);
    }
  });

  it('goes over midnight, on the day that the range began', () => {
    const night: PowerPlan = { ...office, ranges: [{ days: [5], from: 22 * 60, to: 2 * 60 }], timeZone: 'UTC' };
    assert.equal(desiredPower(night, quiet, at('2026-03-27T23:00:00Z')).power, 'on');
    assert.equal(desiredPower(night, quiet, at('2026-03-28T01:59:00Z')).power, 'on');
    assert.equal(desiredPower(night, quiet, at('2026-03-28T02:00:00Z')).power, 'standby');
    assert.equal(desiredPower(night, quiet, at('2026-03-28T22:30:00Z')).power, 'standby');
    assert.equal(desiredPower(night, quiet, at('2026-03-27T01:00:00Z')).power, 'standby');
  });

  it('a call or an expected one goes before everything', () => {
    const saturday = at('2026-03-28T03:00:00Z');
    assert.deepEqual(desiredPower(office, { ...quiet, isInCall: true }, saturday), { power: 'on', reason: 'call' });
    assert.deepEqual(desiredPower(office, { ...quiet, isExpected: true }, saturday), {
      power: 'on',
      reason: 'expected',
    });
  });

  it('presence wakes outside the ranges and holds for a while', () => {
    const present = seen(true, '2026-03-28T09:00:00Z');
    const gone = seen(false, '2026-03-28T09:30:00Z');
    assert.deepEqual(desiredPower(office, present, at('2026-03-28T09:10:00Z')), { power: 'on', reason: 'presence' });
    assert.equal(desiredPower(office, gone, at('2026-03-28T09:34:00Z')).power, 'on');
    assert.equal(desiredPower(office, gone, at('2026-03-28T09:35:00Z')).power, 'standby');
    const sleeper = { ...office, wakesOnPresence: false };
    assert.equal(desiredPower(sleeper, present, at('2026-03-28T09:10:00Z')).power, 'standby');
  });

  it('an empty room goes to standby within the ranges, if the plan says so', () => {
    const gone = seen(false, '2026-03-27T09:00:00Z');
    assert.equal(desiredPower(office, gone, at('2026-03-27T09:14:00Z')).power, 'on');
    assert.deepEqual(desiredPower(office, gone, at('2026-03-27T09:15:00Z')), { power: 'standby', reason: 'empty' });
    const always = { ...office, emptyStandbyMs: null };
    assert.equal(desiredPower(always, gone, at('2026-03-27T16:00:00Z')).power, 'on');
  });

  it('knows the time of day everywhere', () => {
    assert.deepEqual(localTime(at('2026-01-01T00:30:00Z'), 'Asia/Kolkata'), { day: 4, minute: 6 * 60 });
    assert.deepEqual(localTime(at('2026-01-01T00:30:00Z'), 'America/New_York'), { day: 3, minute: 19 * 60 + 30 });
    assert.throws(() => localTime(0, 'Nowhere/Else'), RangeError);
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }), (date) => {
        const { day, minute } = localTime(date.getTime(), 'UTC');
        assert.equal(day, date.getUTCDay() || 7);
        assert.equal(minute, date.getUTCHours() * 60 + date.getUTCMinutes());
      }),
    );
  });
});
