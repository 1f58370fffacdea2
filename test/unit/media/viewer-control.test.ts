import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThreadTimes } from '../../../src/call/demand/thread-times.ts';
import type { VideoWindow, ViewerDecision } from '../../../src/call/demand/viewer-demand.ts';
import { DecodeMeter } from '../../../src/call/media/decode-meter.ts';
import { ViewerControl } from '../../../src/call/media/viewer-control.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';

const windowOf = (consumer: string, width: number, more: Partial<VideoWindow> = {}): VideoWindow => ({
  consumer,
  source: 'camera',
  width,
  height: (width * 9) / 16,
  hidden: false,
  cover: false,
  speaker: false,
  pinned: false,
  ...more,
});

describe('what the room asks for', () => {
  let clock: ManualClock;
  let windows: VideoWindow[];
  let sent: (readonly ViewerDecision[])[];
  let failing: boolean;
  let budget: { msPerMegapixel: number | null; msPerSecond: number; load: number | null };
  let control: ViewerControl;
  beforeEach(() => {
    clock = new ManualClock();
    windows = [];
    sent = [];
    failing = false;
    budget = { msPerMegapixel: null, msPerSecond: 1_200, load: 0.3 };
    control = new ViewerControl({
      clock,
      log: silentLogger,
      windows: () => windows,
      readBudget: async () => budget,
      send: async (decisions) => {
        if (failing) throw new Error('no connection');
        sent.push(decisions);
      },
    });
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const layersNow = (): unknown[] => (sent.at(-1) ?? []).map(({ consumer, layers }) => [consumer, layers?.spatial]);

  it('asks once for all that moved together, within 50 ms', () => {
    windows = [windowOf('a', 1_280), windowOf('b', 320)];
    control.update();
    control.update();
    clock.advance(50);
    assert.equal(sent.length, 1);
    assert.deepEqual(layersNow(), [
      ['a', 2],
      ['b', 0],
    ]);
    control.update();
    clock.advance(500);
    assert.equal(sent.length, 1, 'nothing changed');
  });

  it('pauses what is hidden and gives up the size of a window that stays small', () => {
    windows = [windowOf('a', 1_280), windowOf('b', 320)];
    control.update();
    clock.advance(50);
    windows = [windowOf('a', 320), windowOf('b', 320, { hidden: true })];
    control.update();
    clock.advance(50);
    assert.deepEqual(layersNow(), [
      ['a', 2],
      ['b', undefined],
    ]);
    clock.advance(1_500);
    assert.deepEqual(layersNow(), [
      ['a', 0],
      ['b', undefined],
    ]);
  });

  it('asks again when asking failed', async () => {
    failing = true;
    windows = [windowOf('a', 1_280)];
    control.update();
    clock.advance(50);
    await settle();
    failing = false;
    clock.advance(2_000);
    await settle();
    clock.advance(50);
    assert.deepEqual(layersNow(), [['a', 2]]);
  });

  it('spares the speaker when decoding is too dear', async () => {
    windows = ['a', 'b', 'c', 'd'].map((id) => windowOf(id, 960, { speaker: id === 'c' }));
    budget = { msPerMegapixel: 20, msPerSecond: 1_200, load: 0.7 };
    clock.advance(2_000);
    await settle();
    clock.advance(50);
    const decisions = new Map(sent.at(-1)?.map((decision) => [decision.consumer, decision]));
    assert.deepEqual(decisions.get('c')?.layers, { spatial: 2, temporal: 2 });
    for (const id of ['a', 'b', 'd']) assert.equal(decisions.get(id)?.reason, 'cpu');
    control.close();
    assert.equal(clock.pending, 0);
  });
});

describe('what decoding costs', () => {
  it('is the time of the decoding threads by what was decoded meanwhile', () => {
    const meter = new DecodeMeter();
    const stream = (decoded: number) => [{ id: 'a', decoded, width: 1_000, height: 1_000 }];
    assert.equal(meter.note(stream(0), 100), null);
    assert.equal(meter.note(stream(10), 150), 5);
    assert.equal(meter.note(stream(10), 150), 5, 'nothing was decoded');
    assert.equal(meter.note(stream(3), 140), 5, 'the decoder began anew');
    assert.equal(meter.note(stream(13), null), 5);
  });

  it('is read from the threads of those names', async () => {
    const task = await mkdtemp(join(tmpdir(), 'incamera-task-'));
    const put = async (id: string, name: string, schedstat: string): Promise<void> => {
      await mkdir(join(task, id), { recursive: true });
      await writeFile(join(task, id, 'comm'), `${name}\n`);
      await writeFile(join(task, id, 'schedstat'), schedstat);
    };
    await put('1', 'node', '900000000 1 1\n');
    await put('2', 'decode:src', '2000000 1 1\n');
    await put('3', 'decode:src', '3000000 1 1\n');
    const times = new ThreadTimes(['decode:src'], task);
    assert.equal(await times.readMs(), 5);
    await rm(join(task, '2'), { recursive: true });
    await put('4', 'decode:src', '500000 1 1\n');
    assert.equal(await times.readMs(), 3.5);
    await rm(task, { recursive: true });
    assert.equal(await times.readMs(), 0);
  });
});
