import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ByteLink } from '../../../../src/devices/link/byte-link.ts';
import { MemoryCable } from '../../../../src/devices/link/memory-link.ts';
import { reopening } from '../../../../src/devices/link/open-link.ts';
import { nameOf, parseLine } from '../../../../src/devices/surface/protocol.ts';
import type { SurfaceActions, SurfaceState } from '../../../../src/devices/surface/surface-actions.ts';
import { SurfaceSession } from '../../../../src/devices/surface/surface-session.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { UsageError } from '../../../../src/lib/errors.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { pass, settle } from '../../../support/manual-time.ts';

/** A room that does at once what it is told, unless told to hang or to fail. */
class TestRoom implements SurfaceActions {
  now: SurfaceState = {
    call: 'idle',
    isMuted: false,
    isCameraOn: true,
    volume: 40,
    participants: 0,
    framing: 'fixed',
    problems: [],
  };
  readonly done: string[] = [];
  hangs = false;
  fails: Error | null = null;
  #listeners = new Set<() => void>();

  state(): SurfaceState {
    return this.now;
  }

  onState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  become(change: Partial<SurfaceState>): void {
    this.now = { ...this.now, ...change };
    for (const listener of this.#listeners) listener();
  }

  setMuted = (isMuted: boolean): Promise<void> => this.#do(`mute ${isMuted}`, { isMuted });
  setCameraOn = (isCameraOn: boolean): Promise<void> => this.#do(`camera ${isCameraOn}`, { isCameraOn });
  join = (link: string | null): Promise<void> => this.#do(`join ${link ?? 'next'}`, { call: 'joining' });
  leave = (): Promise<void> => this.#do('leave', { call: 'idle' });
  setVolume = (volume: number): Promise<void> => this.#do(`volume ${volume}`, { volume });
  recallPreset = (preset: number): Promise<void> => this.#do(`preset ${preset}`, {});
  setFraming = (framing: SurfaceState['framing']): Promise<void> => this.#do(`framing ${framing}`, { framing });
  storePreset = (preset: number): Promise<void> => this.#do(`store ${preset}`, {});

  async #do(what: string, change: Partial<SurfaceState>): Promise<void> {
    this.done.push(what);
    if (this.hangs) return new Promise(() => undefined);
    if (this.fails !== null) throw this.fails;
    this.become(change);
  }
}

interface Bench {
  clock: ManualClock;
  room: TestRoom;
  cable: MemoryCable;
  session: SurfaceSession;
  /** Lines that the controller has heard. */
  heard: string[];
  say: (text: string) => Promise<void>;
}

let open: Bench[] = [];

async function started(): Promise<Bench> {
  const clock = new ManualClock();
  const room = new TestRoom();
  const heard: string[] = [];
  let far: ByteLink | null = null;
  let kept = '';
  const cable = new MemoryCable('surface', clock, 1, (link) => {
    far = link;
    kept = '';
    link.onData((chunk) => {
      kept += Buffer.from(chunk).toString('latin1');
      const lines = kept.split('\r\n');
      kept = lines.pop() ?? '';
      heard.push(...lines);
    });
  });
  const link = reopening(cable, 'always', null, { clock, logger: silentLogger, random: () => 0.5 });
  const session = new SurfaceSession({ link, actions: room, clock, logger: silentLogger });
  session.start();
  const say = async (text: string): Promise<void> => {
    await far?.write(Buffer.from(text, 'latin1'));
    await pass(clock, 100);
  };
  await pass(clock, 100);
  const bench = { clock, room, cable, session, heard, say };
  open.push(bench);
  return bench;
}

describe('the serial line protocol', () => {
  afterEach(async () => {
    for (const { clock, session } of open) {
      await session.close();
      await settle();
      assert.equal(clock.pending, 0, 'timers left after close');
    }
    open = [];
  });

  it('talks as docs/serial-control.md shows', async () => {
    const { heard, say } = await started();
    const page = readFileSync(new URL('../../../../docs/serial-control.md', import.meta.url), 'utf8');
    const example = /```text\n([^`]+)```/.exec(page)?.[1] ?? '';
    const lines = example.trim().split('\n');
    assert.ok(lines.length > 20);
    let at = 0;
    for (const line of lines) {
      if (line.startsWith('> ')) {
        assert.equal(heard.length, at, `more was said before "${line}"`);
        await say(`${line.slice(2)}\r\n`);
      } else assert.equal(`< ${heard[at++]}`, line);
    }
    assert.equal(heard.length, at);
  });

  it('chooses who decides where the camera looks', async () => {
    const { room, heard, say } = await started();
    heard.length = 0;
    await say('framing Follow\rframing sideways\rframing\r');
    assert.deepEqual(room.done, ['framing follow']);
    assert.deepEqual(heard, ['state framing follow', 'ok framing follow', 'error bad-argument', 'error bad-argument']);
    room.become({ framing: null });
    heard.length = 0;
    await say('ping\r');
    assert.deepEqual(heard.toSorted(), ['ok ping', 'state framing none']);
  });

  it('greets and shows everything again on every link', async () => {
    const { clock, cable, heard } = await started();
    const first = [...heard];
    assert.equal(first[0], 'incamera 1');
    assert.equal(first.length, 8);
    heard.length = 0;
    cable.unplug();
    await pass(clock, 2_000);
    cable.plug();
    await pass(clock, 10_000, 100);
    assert.deepEqual(heard, first);
  });

  it('tells changes of others, once, and the latest of many', async () => {
    const { clock, room, heard } = await started();
    heard.length = 0;
    for (let volume = 0; volume <= 60; volume++) room.become({ volume });
    room.become({ isMuted: true, problems: ['device/camera-missing'] });
    room.become({ isMuted: true });
    await pass(clock, 500);
    assert.deepEqual(heard, ['state mute on', 'state volume 60', 'state problems device/camera-missing']);
  });

  it('answers each line once and in order, whatever ends it', async () => {
    const { room, heard, say } = await started();
    heard.length = 0;
    await say('ping\rMUTE ON\n\n\r\nmute sideways\r\n  preset   store\t7 \nwhat\n');
    assert.deepEqual(
      heard.filter((line) => !line.startsWith('state')),
      ['ok ping', 'ok mute on', 'error bad-argument', 'ok preset store 7', 'error unknown-command'],
    );
    assert.deepEqual(room.done, ['mute true', 'store 7']);
  });

  it('a link is used as it is written, and not said again', async () => {
    const { room, heard, say } = await started();
    await say('join https://meet.example/m/AbC#SecretKey\n');
    assert.deepEqual(room.done, ['join https://meet.example/m/AbC#SecretKey']);
    assert.equal(heard.at(-1), 'ok join');
    assert.ok(!heard.join().includes('SecretKey'));
  });

  it('volume steps stay in range', async () => {
    const { room, say } = await started();
    room.now = { ...room.now, volume: 98 };
    await say('volume up\nvolume up\nvolume down\n');
    assert.deepEqual(room.done, ['volume 100', 'volume 100', 'volume 95']);
  });

  it('an action that fails: its code', async () => {
    const { room, heard, say } = await started();
    room.fails = new UsageError('test/not-now', 'A text for people');
    await say('leave\n');
    room.fails = new TypeError('inner workings');
    await say('leave\n');
    assert.deepEqual(heard.slice(-2), ['error failed test/not-now', 'error failed internal']);
  });

  it('an action that hangs: timeout, and the next is carried out', async () => {
    const { clock, room, heard, say } = await started();
    room.hangs = true;
    await say('leave\n');
    room.hangs = false;
    await say('mute on\n');
    assert.equal(room.done.length, 1);
    await pass(clock, 16_000, 100);
    assert.deepEqual(
      heard.filter((line) => /^(ok|error)/.test(line)),
      ['error timeout leave', 'ok mute on'],
    );
  });

  it('a flood: 16 wait, the others are told busy', async () => {
    const { room, heard, say } = await started();
    room.hangs = true;
    heard.length = 0;
    await say('leave\n'.repeat(40));
    const busy = heard.filter((line) => line === 'error busy').length;
    assert.equal(busy, 40 - 16);
  });

  it('oversize: dropped, told, and read on', async () => {
    const { heard, say } = await started();
    heard.length = 0;
    await say(`${'x'.repeat(5_000)}\nping\n`);
    assert.deepEqual(heard, ['error too-long', 'ok ping']);
  });

  it('a device that echoes does not start a conversation', async () => {
    const { clock, heard, say } = await started();
    const own = heard.map((line) => `${line}\r\n`).join('');
    heard.length = 0;
    await say(`${own}ok ping\r\nerror busy\r\nalive\r\n`);
    await pass(clock, 1_000);
    assert.deepEqual(heard, []);
  });

  it('silence: says that it is alive twice a minute', async () => {
    const { clock, heard } = await started();
    heard.length = 0;
    await pass(clock, 61_000, 500);
    assert.deepEqual(heard, ['alive', 'alive']);
  });

  it('unplugged during an action: nothing of it is answered on the next link', async () => {
    const { clock, cable, room, heard, say } = await started();
    room.hangs = true;
    await say('leave\nping\n');
    cable.unplug();
    await pass(clock, 500);
    heard.length = 0;
    cable.plug();
    await pass(clock, 30_000, 100);
    assert.deepEqual(
      heard.filter((line) => /^(ok|error)/.test(line)),
      [],
    );
    await say('status\n');
    assert.equal(heard.at(-1), 'ok status');
  });

  it('whatever comes, cut anywhere: bounded answers, and a ping is answered after it', async () => {
    const { heard, say, room } = await started();
    room.fails = new UsageError('test/not-now', 'no');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), async (chunks) => {
        heard.length = 0;
        for (const chunk of chunks) await say(Buffer.from(chunk).toString('latin1'));
        const ends = chunks.flatMap((chunk) => [...chunk]).filter((byte) => byte === 10 || byte === 13).length;
        await say('\nping\n');
        const answers = heard.filter((line) => /^(ok|error)/.test(line));
        assert.equal(answers.at(-1), 'ok ping');
        assert.ok(answers.length <= ends + 2);
      }),
      { numRuns: 40 },
    );
  });

  it('parses what it names', () => {
    const lines = fc.oneof(
      fc.constantFrom('ping', 'status', 'leave', 'join next', 'hello 1', 'volume up', 'volume down'),
      fc.constantFrom('on', 'off', 'toggle').map((to) => `mute ${to}`),
      fc.integer({ min: 0, max: 100 }).map((volume) => `volume ${volume}`),
      fc.integer({ min: 0, max: 254 }).map((preset) => `preset store ${preset}`),
    );
    fc.assert(
      fc.property(lines, fc.boolean(), (line, isUpper) => {
        const parsed = parseLine(isUpper ? line.toUpperCase() : line);
        assert.equal(parsed.kind === 'command' ? nameOf(parsed.command) : '', line);
      }),
    );
    for (const line of [
      'constructor',
      '__proto__',
      'toString',
      'volume -1',
      'volume 1e1',
      'preset 255',
      'join',
      'join a b',
    ]) {
      assert.equal(parseLine(line).kind, 'error', line);
    }
  });
});
