import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { KeptLine } from '../../../src/devices/controls/kept-line.ts';
import { DeviceRegistry } from '../../../src/devices/device-registry.ts';
import { PlannedPower } from '../../../src/devices/display-control/planned-power.ts';
import { hasProblemText } from '../../../src/devices/problem-texts.ts';
import type { RoomDevice } from '../../../src/devices/room-device.ts';
import { nothingToAsk } from '../../../src/devices/room-device.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { DeviceUnavailableError, UsageError } from '../../../src/lib/errors.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { settle } from '../../support/manual-time.ts';

const light: RoomDevice = {
  id: 'light:a',
  kind: 'light',
  name: 'A',
  virtual: true,
  connected: true,
  capabilities: nothingToAsk,
  state: { pattern: 'off' },
  problems: [],
};
const failing = (error: unknown): never => {
  throw error;
};

describe('the registry of devices', () => {
  it('tells additions, changes that are changes, and removals', () => {
    const registry = new DeviceRegistry(failing);
    const told: string[] = [];
    registry.events.on('added', ({ id }) => told.push(`+${id}`));
    registry.events.on('changed', (now, before) =>
      told.push(`${String(before.state['pattern'])}>${String(now.state['pattern'])}`),
    );
    registry.events.on('removed', ({ id }) => told.push(`-${id}`));
    let pattern = 'off';
    const entry = registry.add({ describe: () => ({ ...light, state: { pattern } }), actions: {} });
    entry.changed();
    pattern = 'steady';
    entry.changed();
    entry.changed();
    entry.remove();
    entry.remove();
    pattern = 'off';
    entry.changed();
    assert.deepEqual(told, ['+light:a', 'off>steady', '-light:a']);
    assert.deepEqual(registry.snapshot, []);
  });

  it('has one device an id; who was replaced cannot speak for the new one', () => {
    const registry = new DeviceRegistry(failing);
    const old = registry.add({ describe: () => light, actions: {} });
    assert.throws(() => registry.add({ describe: () => light, actions: {} }), { code: 'device/id-taken' });
    old.remove();
    registry.add({ describe: () => ({ ...light, name: 'B' }), actions: {} });
    old.changed();
    old.remove();
    assert.equal(registry.find('light:a')?.name, 'B');
  });

  it('offers only actions that are both promised and there, and passes on what they throw', async () => {
    const registry = new DeviceRegistry(failing);
    const capabilities = { ...nothingToAsk, actions: ['volume', 'recallPreset', 'home'] as const };
    registry.add({
      describe: () => ({ ...light, capabilities }),
      actions: {
        volume: async (percent) => ({ kind: 'reached', value: percent + 1 }),
        recallPreset: () => Promise.reject(new UsageError('device/preset-out-of-range', 'no')),
        mute: async (muted) => ({ kind: 'reached', value: muted }),
      },
    });
    assert.deepEqual(registry.find('light:a')?.capabilities.actions, ['volume', 'recallPreset']);
    assert.deepEqual(await registry.act('light:a', 'volume', 4), { kind: 'reached', value: 5 });
    await assert.rejects(registry.act('light:a', 'recallPreset', 1), { code: 'device/preset-out-of-range' });
    for (const action of ['mute', 'home', 'stop'] as const)
      await assert.rejects(registry.act('light:a', action, true), { code: 'device/action-unsupported' });
  });

  it('gives the problems of all devices, each code once, the oldest first', () => {
    const registry = new DeviceRegistry(failing);
    const problem = (code: string, since: number): RoomDevice['problems'][number] => ({
      code,
      since,
      message: '',
      action: '',
    });
    registry.add({ describe: () => ({ ...light, id: '1', problems: [problem('b', 5)] }), actions: {} });
    registry.add({
      describe: () => ({ ...light, id: '2', problems: [problem('a', 3), problem('b', 1)] }),
      actions: {},
    });
    assert.deepEqual(
      registry.problems.map(({ code, since }) => [code, since]),
      [
        ['b', 1],
        ['a', 3],
      ],
    );
  });

  it('there are words for every problem that a driver tells of', () => {
    const root = new URL('../../../src/devices/', import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const source = files.map((name) => readFileSync(new URL(name, root), 'utf8')).join('\n');
    const told = [...source.matchAll(/(?:\.set|tell)\(\s*'(device\/[a-z-]+)'/g)].map((match) => match[1] ?? '');
    assert.ok(told.length >= 8, `found ${told.length}`);
    assert.deepEqual(
      told.filter((code) => !hasProblemText(code)),
      [],
    );
  });
});

describe('a line that is kept', () => {
  const line: { close(): Promise<void> } = { close: async () => undefined };

  it('lost-while-taking: is taken again', async () => {
    const clock = new ManualClock();
    let takes = 0;
    const kept = new KeptLine({
      take: async (onLost) => {
        if (++takes === 1) onLost(new Error('gone'));
        return line;
      },
      clock,
      random: () => 0.5,
      logger: silentLogger,
      onChange: () => undefined,
    });
    kept.start();
    await settle();
    assert.deepEqual([kept.line, kept.problems.map(({ code }) => code)], [null, ['device/gpio-failed']]);
    clock.advance(1_000);
    await settle();
    assert.deepEqual([kept.line, kept.problems, takes], [line, [], 2]);
    await kept.close();
    assert.equal(clock.pending, 0);
  });

  it('closed-while-taking: is given back; while waiting: is not taken again', async () => {
    const clock = new ManualClock();
    let closed = 0;
    let give: (taken: typeof line) => void = () => undefined;
    const means = { clock, random: () => 0.5, logger: silentLogger, onChange: () => undefined };
    const kept = new KeptLine({ ...means, take: () => new Promise<typeof line>((resolve) => (give = resolve)) });
    kept.start();
    const closing = kept.close();
    give({ close: async () => void (closed += 1) });
    await closing;
    assert.equal(closed, 1);
    const busy = new KeptLine<typeof line>({
      ...means,
      take: () => Promise.reject(new DeviceUnavailableError('device/gpio-busy', 'held')),
    });
    busy.start();
    await settle();
    assert.deepEqual(
      busy.problems.map(({ code }) => code),
      ['device/gpio-busy'],
    );
    await busy.close();
    assert.equal(clock.pending, 0);
  });
});

describe('the planned power of a display', () => {
  it('by hand holds for half an hour or until a call, then the plan counts again', () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 26, 12));
    const wanted: string[] = [];
    const plan = {
      ranges: [{ days: [4], from: 8 * 60, to: 18 * 60 }],
      timeZone: 'UTC',
      wakesOnPresence: true,
      emptyStandbyMs: null,
    } as const;
    const power = { want: (wish: string) => void (wanted.at(-1) === wish || wanted.push(wish)) };
    const planned = new PlannedPower({ plan, power, clock });
    planned.start();
    planned.askByHand('standby');
    clock.advance(29 * 60_000);
    assert.deepEqual([wanted, planned.reason], [['on', 'standby'], 'by-hand']);
    clock.advance(90_000);
    assert.deepEqual([wanted.at(-1), planned.reason], ['on', 'schedule']);
    planned.askByHand('standby');
    const room = { isExpected: false, presence: null };
    planned.setOccupancy({ ...room, isInCall: true });
    assert.deepEqual([wanted.at(-1), planned.reason], ['on', 'call']);
    planned.setOccupancy({ ...room, isInCall: false });
    clock.advance(6.5 * 3_600_000);
    assert.deepEqual([wanted.at(-1), planned.reason], ['standby', 'outside-schedule']);
    planned.close();
    assert.equal(clock.pending, 0);
  });
});
