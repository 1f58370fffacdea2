import assert from 'node:assert/strict';
import type { ByteLink } from '../../../../src/devices/link/byte-link.ts';
import { MemoryCable } from '../../../../src/devices/link/memory-link.ts';
import { ReopeningLink } from '../../../../src/devices/link/reopening-link.ts';
import type { DownReason, Heartbeat } from '../../../../src/devices/link/reopening-link.ts';
import { Backoff } from '../../../../src/lib/backoff.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { pass, passUntil, settle } from '../../../support/manual-time.ts';

interface Bench {
  clock: ManualClock;
  cable: MemoryCable;
  link: ReopeningLink;
  /** `open`, `down:<reason>`, `probe`, `data:<bytes>` with the time of the clock before each. */
  trace: string[];
  device: () => ByteLink;
}

function bench(when: 'always' | 'on-demand', heartbeat: Heartbeat | null = null): Bench {
  const clock = new ManualClock();
  const trace: string[] = [];
  let device: ByteLink | null = null;
  const cable = new MemoryCable('test', clock, 1, (far) => (device = far));
  const link = new ReopeningLink({
    opener: cable,
    clock,
    backoff: new Backoff({ firstMs: 100, capMs: 1_000, random: () => 0.999_999 }),
    logger: silentLogger,
    openTimeoutMs: 500,
    when,
    heartbeat,
  });
  link.on('open', () => trace.push('open'));
  link.on('down', (reason: DownReason) => trace.push(`down:${reason}`));
  link.on('probe', () => trace.push('probe'));
  link.on('data', (chunk) => trace.push(`data:${chunk.join()}`));
  return {
    clock,
    cable,
    link,
    trace,
    device: () => {
      assert.ok(device);
      return device;
    },
  };
}

describe('ReopeningLink', () => {
  it('unplugged-and-plugged-again: comes back by itself and tells each change once', async () => {
    const { clock, cable, link, trace } = bench('always');
    link.start();
    await settle();
    cable.unplug();
    await pass(clock, 5_000);
    assert.deepEqual(trace, ['open', 'down:lost']);
    await assert.rejects(link.write(Uint8Array.of(1)), { code: 'device/link-ended' });
    cable.plug();
    await pass(clock, 1_000);
    assert.deepEqual(trace, ['open', 'down:lost', 'open']);
    await link.close();
  });

  it('not-there-at-start: says so once and tries on, never more often than the cap allows', async () => {
    const { clock, cable, link, trace } = bench('always');
    let tries = 0;
    const open = cable.open.bind(cable);
    cable.open = (signal) => {
      tries += 1;
      return open(signal);
    };
    cable.unplug();
    link.start();
    await pass(clock, 10_000);
    assert.deepEqual(trace, ['down:not-opened']);
    // 100, 200, 400, 800, then every 1000 ms.
    assert.ok(tries >= 10 && tries <= 14, `${tries} tries`);
    await link.close();
  });

  it('a device that opens and stays silent does not begin the backoff anew', async () => {
    const { clock, cable, link, trace, device } = bench('always');
    link.start();
    for (let i = 0; i < 6; i++) {
      await pass(clock, 1_100);
      void device().close();
    }
    await pass(clock, 900);
    assert.equal(trace.at(-1), 'down:lost');
    await pass(clock, 200);
    await device().write(Uint8Array.of(9));
    await pass(clock, 10);
    await device().close();
    await pass(clock, 120);
    assert.deepEqual(trace.slice(-4), ['open', 'data:9', 'down:lost', 'open']);
    assert.equal(cable.openLinks, 1);
    await link.close();
  });

  it('a port that goes deaf without closing is probed, then reopened', async () => {
    const { clock, cable, link, trace, device } = bench('always', { idleMs: 1_000, deadMs: 3_000 });
    link.on('probe', () => void link.write(Uint8Array.of(5)));
    link.start();
    await settle();
    const off = device().onData((chunk) => void device().write(chunk));
    await pass(clock, 10_000);
    assert.ok(trace.includes('data:5'));
    assert.ok(!trace.includes('down:silent'));
    off();
    cable.deaf = true;
    await pass(clock, 3_600);
    assert.deepEqual(
      trace.filter((line) => /^(open|down)/.test(line)),
      ['open', 'down:silent', 'open'],
    );
    assert.equal(cable.openLinks, 1);
    await link.close();
  });

  it('on demand: opens when asked, and not by itself after the device hung up', async () => {
    const { clock, link, trace, device } = bench('on-demand');
    link.start();
    await pass(clock, 1_000);
    assert.deepEqual(trace, []);
    assert.equal(await passUntil(clock, link.ready(1_000, null)), true);
    await device().close();
    await pass(clock, 60_000, 1_000);
    assert.deepEqual(trace, ['open', 'down:lost']);
    assert.equal(await passUntil(clock, link.ready(1_000, null)), true);
    await link.close();
  });

  it('ready says no after its time, and is rejected when aborted', async () => {
    const { clock, cable, link } = bench('on-demand');
    cable.unplug();
    assert.equal(await passUntil(clock, link.ready(300, null)), false);
    const abort = new AbortController();
    const waiting = assert.rejects(link.ready(300, abort.signal), /enough/);
    abort.abort(new Error('enough'));
    await waiting;
    await link.close();
    assert.equal(await link.ready(300, null), false);
    assert.equal(clock.pending, 0);
  });

  it('an opening that hangs is given up', async () => {
    const { clock, cable, link, trace } = bench('always');
    let signals = 0;
    cable.open = (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          signals += 1;
          reject(signal.reason as Error);
        }),
      );
    link.start();
    await pass(clock, 700);
    assert.deepEqual(trace, ['down:not-opened']);
    assert.equal(signals, 1);
    await link.close();
    await settle();
    assert.equal(clock.pending, 0);
  });

  it('closed-while-opening: closes what opens after all, and leaves no timer', async () => {
    const { clock, cable, link } = bench('always', { idleMs: 10, deadMs: 30 });
    link.start();
    await link.close();
    await pass(clock, 1_000);
    assert.equal(cable.openLinks, 0);
    assert.equal(clock.pending, 0);
    assert.equal(link.isOpen, false);
  });

  it('drops a link that its owner found useless, and opens the next', async () => {
    const { clock, cable, link, trace } = bench('always');
    link.start();
    await settle();
    link.drop();
    await pass(clock, 200);
    assert.deepEqual(trace, ['open', 'down:lost', 'open']);
    assert.equal(cable.openLinks, 1);
    await link.close();
  });
});
