import assert from 'node:assert/strict';
import { ReachWatch } from '../../../src/kiosk/reach-watch.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

describe('whether a meeting could be joined', () => {
  const make = () => {
    const clock = new ManualClock();
    const room = { reachedMs: 12 as number | null, hasNetwork: true, probes: 0, changes: 0 };
    const watch = new ReachWatch({
      clock,
      probe: async () => {
        room.probes += 1;
        return room.reachedMs;
      },
      hasNetwork: () => room.hasNetwork,
      onChange: () => (room.changes += 1),
    });
    const pass = async (ms: number): Promise<void> => {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    };
    const codes = (): readonly string[] => watch.problems.map(({ code }) => code);
    return { clock, room, watch, pass, codes };
  };

  it('asks once a minute while all is well', async () => {
    const { room, watch, pass, codes } = make();
    watch.start();
    await pass(0);
    for (let minute = 0; minute < 5; minute += 1) await pass(60_000);
    assert.deepEqual([room.probes, room.changes, codes()], [6, 0, []]);
  });

  it('server-restarts: one missed answer is nothing, two are told, and its return ends it within ten seconds', async () => {
    const { clock, room, watch, pass, codes } = make();
    watch.start();
    await pass(0);
    room.reachedMs = null;
    await pass(60_000);
    assert.deepEqual(codes(), []);
    await pass(10_000);
    assert.deepEqual(codes(), ['kiosk/server-down']);
    const [problem] = watch.problems;
    assert.equal(problem?.since, clock.wallMs());
    await pass(10_000);
    assert.equal(watch.problems[0]?.since, problem?.since);
    room.reachedMs = 5;
    await pass(10_000);
    assert.deepEqual([codes(), room.changes], [[], 2]);
  });

  it('cable-out: says that it is the network', async () => {
    const { room, watch, pass, codes } = make();
    room.reachedMs = null;
    room.hasNetwork = false;
    watch.start();
    await pass(0);
    await pass(10_000);
    assert.deepEqual(codes(), ['kiosk/no-network']);
    room.hasNetwork = true;
    await pass(10_000);
    assert.deepEqual(codes(), ['kiosk/server-down']);
  });

  it('closed-while-asking: nothing is left', async () => {
    const { clock, room, watch, pass } = make();
    room.reachedMs = null;
    watch.start();
    watch.close();
    await pass(0);
    assert.deepEqual([clock.pending, room.changes], [0, 0]);
  });
});
