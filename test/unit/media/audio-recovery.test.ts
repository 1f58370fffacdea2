import assert from 'node:assert/strict';
import { AudioPipeline } from '../../../src/call/media/audio-pipeline.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';

/** A sound pipeline whose devices fail as long as they are broken. */
class SoundBench {
  readonly clock = new ManualClock();
  readonly playedAtMs: number[] = [];
  readonly told: (string | null)[] = [];
  readonly audio: AudioPipeline;
  broken = false;
  there = true;
  #onPresence: (isThere: boolean) => void = () => undefined;
  #playing = false;

  constructor() {
    this.audio = new AudioPipeline({
      open: () => this.#gst(),
      clock: this.clock,
      log: silentLogger,
      devices: { microphone: null, speaker: null },
      slots: 1,
      watch: null,
      ear: null,
      jitterMs: 60,
      presence: {
        isThere: () => this.there,
        onChange: (listener) => {
          this.#onPresence = listener;
          return () => (this.#onPresence = () => undefined);
        },
      },
    });
    this.audio.events.on('problem', (code) => this.told.push(code));
    this.audio.start();
  }

  plug(isThere: boolean): void {
    this.there = isThere;
    this.broken = !isThere;
    this.#onPresence(isThere);
  }

  #gst(): MediaGst {
    const nothing = (): void => undefined;
    return {
      play: () => {
        this.#playing = true;
        this.playedAtMs.push(this.clock.nowMs());
      },
      stop: () => (this.#playing = false),
      ...{ setNumber: nothing, setBoolean: nothing, setString: nothing, push: nothing, pull: nothing },
      getNumber: () => -100,
      failure: () => (this.#playing && this.broken ? 'No such device' : null),
    };
  }
}

describe('sound whose devices fail', () => {
  it('is tried again with growing pauses while they are there', () => {
    const bench = new SoundBench();
    bench.broken = true;
    bench.clock.advance(20_000);
    const { playedAtMs } = bench;
    const pauses = playedAtMs.slice(1).map((at, i) => at - (playedAtMs[i] ?? 0));
    assert.deepEqual(pauses, [1_200, 2_200, 4_200, 8_200]);
    assert.deepEqual(new Set(bench.told), new Set(['device/sound-failed']));
    bench.audio.close();
    assert.equal(bench.clock.pending, 0);
  });

  it('unplugged: nothing is tried until they are back, then at once, and the problem ends', () => {
    const bench = new SoundBench();
    bench.clock.advance(5_000);
    bench.plug(false);
    bench.clock.advance(60_000);
    assert.deepEqual(bench.told, ['device/sound-failed']);
    assert.equal(bench.playedAtMs.length, 1);
    const backAtMs = bench.clock.nowMs();
    bench.plug(true);
    bench.clock.advance(4_000);
    assert.deepEqual(bench.playedAtMs.slice(1), [backAtMs + 250]);
    assert.deepEqual(bench.told, ['device/sound-failed', null]);
    bench.audio.close();
    assert.equal(bench.clock.pending, 0);
  });

  it('noticed as gone only after the first new try: that waits as well', () => {
    const bench = new SoundBench();
    bench.broken = true;
    bench.clock.advance(500);
    bench.plug(false);
    bench.clock.advance(60_000);
    assert.equal(bench.playedAtMs.length, 1);
    bench.plug(true);
    bench.clock.advance(1_000);
    assert.equal(bench.playedAtMs.length, 2);
    bench.audio.close();
  });

  it('that runs on is left alone when something is plugged', () => {
    const bench = new SoundBench();
    bench.clock.advance(5_000);
    bench.there = false;
    bench.plug(true);
    bench.clock.advance(5_000);
    assert.equal(bench.playedAtMs.length, 1);
    bench.audio.close();
    bench.plug(true);
    assert.equal(bench.clock.pending, 0);
  });
});
