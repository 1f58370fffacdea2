import assert from 'node:assert/strict';
import type { DisplayControl } from '../../src/devices/display-control/display-control.ts';

/** A display to be tried, and the time it lives in. */
export interface DisplayBench {
  readonly display: DisplayControl;
  readonly until: <T>(promise: Promise<T>) => Promise<T>;
  readonly pass: (ms: number) => Promise<void>;
  /** Cuts the display off and brings it back. */
  readonly cut: (isThere: boolean) => void;
  readonly close: () => Promise<void>;
}

/**
 * What every `DisplayControl` keeps, whatever the display can do. Runs on simulators, and on the display in the room when
 * `TEST_DISPLAY` names one: it is switched off and on, and its volume, sound and input are changed.
 */
export function displayControlContract(name: string, isCuttable: boolean, make: () => Promise<DisplayBench>): void {
  describe(`DisplayControl: ${name}`, () => {
    let bench: DisplayBench;
    let display: DisplayControl;

    /** Projectors need a minute and more. */
    const switched = async (power: 'on' | 'standby'): Promise<void> => {
      await bench.until(display.setPower(power, null));
      for (let i = 0; i < 150; i++) {
        if ((await bench.until(display.readPower(null))) === power) return;
        await bench.pass(1_000);
      }
      assert.fail(`the display is not ${power}`);
    };

    beforeEach(async () => {
      bench = await make();
      display = bench.display;
      display.start();
      await bench.pass(1_000);
      await switched('on');
    });

    afterEach(() => bench.close());

    it('is reachable without problems', () => {
      assert.equal(display.isReachable, true);
      assert.deepEqual(display.problems, []);
      assert.ok(display.id.length > 0);
    });

    it('goes to standby and back, and says so', async () => {
      const standby = await bench.until(display.setPower('standby', null));
      assert.equal(standby.kind, 'reached');
      assert.ok(standby.value === 'standby' || standby.value === 'cooling');
      await switched('standby');
      await switched('on');
    });

    it('is told what it is already', async () => {
      assert.deepEqual(await bench.until(display.setPower('on', null)), { kind: 'reached', value: 'on' });
    });

    it('changes to every input that it says it has', async () => {
      for (const input of display.capabilities.inputs) {
        const outcome = await bench.until(display.setInput(input, null));
        if (outcome.kind === 'reached') assert.equal(outcome.value, input);
        else assert.equal(outcome.reason, 'cannot-read');
      }
      const unknown = await bench.until(display.setInput('no-such-input', null));
      assert.deepEqual(unknown, { kind: 'unverified', reason: 'unsupported', value: null });
    });

    it('changes its volume as far as it can', async () => {
      const { volume } = display.capabilities;
      const outcome = await bench.until(display.setVolume(31, null));
      if (volume === 'absolute') {
        assert.deepEqual(outcome, { kind: 'reached', value: 31 });
        assert.deepEqual(await bench.until(display.setVolume(250, null)), { kind: 'reached', value: 100 });
        assert.deepEqual(await bench.until(display.setVolume(-1, null)), { kind: 'reached', value: 0 });
      } else assert.deepEqual(outcome, { kind: 'unverified', reason: 'unsupported', value: null });
      const up = await bench.until(display.stepVolume('up', null));
      const down = await bench.until(display.stepVolume('down', null));
      if (volume === 'none') assert.equal(up.kind === 'unverified' && up.reason, 'unsupported');
      else if (up.kind === 'reached' && down.kind === 'reached') assert.ok(up.value > down.value);
      else assert.equal(up.kind === 'unverified' && up.reason, 'cannot-read');
    });

    it('mutes, blanks and freezes as far as it can, there and back', async () => {
      const { mute, blank, freeze } = display.capabilities;
      for (const isOn of [true, false]) {
        const muted = await bench.until(display.setMuted(isOn, null));
        const blanked = await bench.until(display.setBlanked(isOn, null));
        const frozen = await bench.until(display.setFrozen(isOn, null));
        for (const [can, outcome] of [
          [mute, muted],
          [blank, blanked],
          [freeze, frozen],
        ] as const) {
          const unsupported = { kind: 'unverified', reason: 'unsupported', value: null };
          assert.deepEqual(outcome, can ? { kind: 'reached', value: isOn } : unsupported);
        }
      }
    });

    it('gives up waiting when told to', async () => {
      const abort = new AbortController();
      const waiting = assert.rejects(display.setPower('standby', abort.signal), /enough/);
      abort.abort(new Error('enough'));
      await waiting;
    });

    it('hangs nowhere after it was closed', async () => {
      await bench.until(display.close());
      await bench.until(display.close());
      assert.equal((await bench.until(display.setPower('standby', null))).kind, 'unverified');
      assert.equal(await bench.until(display.readPower(null)), null);
    });

    if (!isCuttable) return;

    it('unplugged-and-back: says so, and comes back', async () => {
      bench.cut(false);
      assert.equal((await bench.until(display.setPower('standby', null))).kind, 'unverified');
      assert.equal(await bench.until(display.readPower(null)), null);
      assert.equal(display.isReachable, false);
      const codes = display.problems.map((problem) => problem.code);
      assert.ok(codes.includes('device/display-control-unreachable'), codes.join());
      await bench.pass(120_000);
      bench.cut(true);
      await bench.pass(60_000);
      assert.equal(await bench.until(display.readPower(null)), 'on');
      assert.equal(display.isReachable, true);
      assert.deepEqual(display.problems, []);
    });
  });
}
