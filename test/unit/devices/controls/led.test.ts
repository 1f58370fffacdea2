import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Led, type LedPattern, ledPatterns, patternAt, type RoomLights } from '../../../../src/devices/controls/led.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';

const calm: RoomLights = {
  busy: false,
  calling: false,
  inCall: false,
  muted: false,
  talkingWhileMuted: false,
  problem: 'none',
};

/** Changes in `ms`: [time, lit]. */
function record(pattern: LedPattern, ms: number): [number, boolean][] {
  const clock = new ManualClock();
  const changes: [number, boolean][] = [];
  const led = new Led(clock, (lit) => changes.push([Math.round(clock.nowMs()), lit]));
  led.show(pattern);
  clock.advance(ms);
  return changes;
}

describe('lights', () => {
  it('blink as their patterns say', () => {
    assert.deepEqual(record('steady', 10_000), [[0, true]]);
    assert.deepEqual(record('slow-blink', 1_600), [
      [0, true],
      [500, false],
      [1_000, true],
      [1_500, false],
    ]);
    assert.deepEqual(record('fast-blink', 300), [
      [0, true],
      [125, false],
      [250, true],
    ]);
    assert.deepEqual(record('double-flash', 1_150), [
      [0, true],
      [100, false],
      [200, true],
      [300, false],
      [1_000, true],
      [1_100, false],
    ]);
  });

  it('with the same pattern blink together, whenever they began', () => {
    const clock = new ManualClock();
    const lit = [false, false];
    const leds = lit.map((_, i) => new Led(clock, (on) => (lit[i] = on)));
    leds[0]?.show('double-flash');
    clock.advance(333);
    leds[1]?.show('double-flash');
    for (let i = 0; i < 100; i++) {
      clock.advance(17);
      assert.equal(lit[0], lit[1]);
    }
  });

  it('are dark after they are closed, and leave no timer', () => {
    const clock = new ManualClock();
    let lit = false;
    const led = new Led(clock, (on) => (lit = on));
    led.show('fast-blink');
    clock.advance(10);
    assert.equal(lit, true);
    led.close();
    led.show('steady');
    assert.deepEqual([lit, clock.pending], [false, 0]);
  });

  it('write only changes, and what the pattern says, whatever is shown when', () => {
    const patterns = fc.constantFrom<LedPattern>('off', 'steady', 'slow-blink', 'fast-blink', 'double-flash');
    fc.assert(
      fc.property(fc.array(fc.tuple(patterns, fc.integer({ min: 0, max: 1_500 })), { maxLength: 20 }), (steps) => {
        const clock = new ManualClock();
        let lit = false;
        const led = new Led(clock, (on) => {
          assert.notEqual(on, lit);
          lit = on;
        });
        for (const [pattern, ms] of steps) {
          led.show(pattern);
          // Never on a whole millisecond, where patterns change and timers are about to come.
          clock.advance(ms + 0.52);
          assert.equal(lit, patternAt(pattern, clock.nowMs()).lit);
        }
        assert.ok(clock.pending <= 1);
      }),
    );
  });

  it('show the state of the room', () => {
    assert.deepEqual(ledPatterns(calm), { free: 'steady', busy: 'off', mute: 'off', 'in-call': 'off', problem: 'off' });
    const call = ledPatterns({ ...calm, inCall: true, muted: true, talkingWhileMuted: true, problem: 'degraded' });
    assert.deepEqual(call, {
      free: 'off',
      busy: 'steady',
      mute: 'fast-blink',
      'in-call': 'steady',
      problem: 'double-flash',
    });
    assert.equal(ledPatterns({ ...calm, calling: true })['in-call'], 'slow-blink');
  });

  it('never show free and busy together, nor neither', () => {
    const room = fc.record<RoomLights>({
      busy: fc.boolean(),
      calling: fc.boolean(),
      inCall: fc.boolean(),
      muted: fc.boolean(),
      talkingWhileMuted: fc.boolean(),
      problem: fc.constantFrom('none', 'degraded', 'broken'),
    });
    fc.assert(
      fc.property(room, (state) => {
        const { free, busy, mute } = ledPatterns(state);
        assert.notEqual(free === 'off', busy === 'off');
        assert.equal(mute === 'off', !state.muted);
      }),
    );
  });
});
