import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { DisplayControl } from '../../../src/devices/display-control/display-control.ts';
import { securedMdcOpener } from '../../../src/devices/display-control/mdc/secured-opener.ts';
import { displayControl } from '../../../src/devices/display-control/open.ts';
import { VirtualMdcDisplay } from '../../../src/devices/virtual/virtual-mdc-display.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { ManualClock, systemClock } from '../../../src/lib/clock.ts';
import { createLogger } from '../../../src/lib/log.ts';
import { byteLinkContract } from '../../contract/byte-link.ts';
import { displayControlContract } from '../../contract/display-control.ts';
import { eventually } from '../../support/eventually.ts';
import { realTime } from '../../support/hardware.ts';
import { SecuredDisplay } from '../../support/secured-display.ts';

const PIN = '604281';
const never = new AbortController().signal;
const noVerdict = (): void => undefined;
const noError = (error: unknown): void => {
  throw error;
};

/** Sockets are real here, so time passes; displays take seconds, of which this makes a fifth. */
const FASTER = 5;
const fastClock: Clock = {
  ...systemClock,
  nowMs: () => systemClock.nowMs() * FASTER,
  after: (delayMs, run) => systemClock.after(delayMs / FASTER, run),
  every: (periodMs, run) => systemClock.every(periodMs / FASTER, run),
};

interface Secured {
  readonly device: SecuredDisplay;
  readonly display: DisplayControl;
  readonly logged: string[];
  readonly close: () => Promise<void>;
}

async function securedDisplay(devicePin: string, pin: string | null): Promise<Secured> {
  const virtual = new VirtualMdcDisplay(fastClock, 0, true);
  virtual.hasNetworkStandby = true;
  const device = await SecuredDisplay.start(devicePin, (link) => virtual.attach(link));
  const logged: string[] = [];
  const logger = createLogger('test', 'debug', (line) => void logged.push(line));
  const wiring = { kind: 'tcp', ...device.address } as const;
  const display = await displayControl(
    { kind: 'mdc', wiring, displayId: null, pin },
    { clock: fastClock, logger, random: () => 0.5 },
  );
  const close = async (): Promise<void> => {
    await display.close();
    await device.close();
  };
  return { device, display, logged, close };
}

byteLinkContract('Samsung MDC in TLS', { hangUp: true, remove: true }, async () => {
  const device = await SecuredDisplay.start(PIN, (link) => link.onData((chunk) => void link.write(chunk)));
  device.slow = true;
  const { address } = device;
  const how = { address, pin: PIN, clock: systemClock, onVerdict: noVerdict, onListenerError: noError };
  return {
    opener: securedMdcOpener(how),
    hangUp: () => device.hangUp(),
    remove: () => device.close(),
    until: async (done) => void (await eventually('it', 2_000, done)),
    close: () => device.close(),
  };
});

displayControlContract('Samsung MDC in TLS with a PIN', false, async () => {
  const { display, close } = await securedDisplay(PIN, PIN);
  const pass = (ms: number): Promise<void> => realTime.pass(ms / FASTER);
  return { display, until: realTime.until, pass, cut: () => undefined, close };
});

describe('Samsung MDC with secured protocol, faults of rooms', () => {
  const codes = (display: DisplayControl): string[] => display.problems.map(({ code }) => code);
  let bench: Secured;
  afterEach(() => bench.close());

  it('a wrong PIN is a problem until it is right, is not offered again at once, and stands in no log', async () => {
    bench = await securedDisplay('1111', PIN);
    bench.display.start();
    await eventually('the problem', 5_000, () => codes(bench.display).includes('device/display-pin'));
    await realTime.pass(500);
    assert.deepEqual(bench.device.told, [PIN]);
    assert.ok(bench.logged.length > 0);
    assert.ok(!bench.logged.join().includes(PIN));
  });

  it('a display that wants a PIN that nobody has set says so', async () => {
    bench = await securedDisplay(PIN, null);
    bench.display.start();
    await eventually('the problem', 5_000, () => codes(bench.display).includes('device/display-pin'));
  });
});

describe('opening Samsung MDC in TLS', () => {
  it('offers a PIN that was refused again after five minutes', async () => {
    const clock = new ManualClock();
    const verdicts: boolean[] = [];
    const device = await SecuredDisplay.start('1111', () => undefined);
    const { address } = device;
    const onVerdict = (isRefused: boolean): void => void verdicts.push(isRefused);
    const opener = securedMdcOpener({ address, pin: PIN, clock, onVerdict, onListenerError: noError });
    const isRefused = { code: 'device/display-pin' };
    await assert.rejects(opener.open(never), isRefused);
    clock.advance(4 * 60_000);
    await assert.rejects(opener.open(never), isRefused);
    assert.equal(device.told.length, 1);
    clock.advance(60_000);
    device.pin = PIN;
    await (await opener.open(never)).close();
    assert.deepEqual(verdicts, [true, false]);
    await device.close();
  });

  it('fails where the display says something else, ends early, or is not waited for any longer', async () => {
    const silent = { clock: systemClock, pin: PIN, onVerdict: noVerdict, onListenerError: noError };
    for (const [greeting, ends] of [
      ['HTTP/1.1 400 Bad', false],
      ['MDC', true],
      ['MDCSTART<<TLS>>', true],
      ['MDCSTART<<TLS>>not a handshake of TLS', false],
    ] as const) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined).write(greeting);
        if (ends) socket.end();
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
      await assert.rejects(securedMdcOpener({ ...silent, address }).open(never), { code: 'device/link-not-opened' });
      server.close();
    }
    const mute = createServer((socket) => void socket.on('error', () => undefined));
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const address = { host: '127.0.0.1', port: (mute.address() as AddressInfo).port };
    const abort = new AbortController();
    const opened = securedMdcOpener({ ...silent, address }).open(abort.signal);
    await once(mute, 'connection');
    abort.abort(new Error('too long'));
    await assert.rejects(opened, /too long/);
    await new Promise((resolve) => mute.close(resolve));
  });
});
