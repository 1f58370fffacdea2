import type { Clock } from '../../../lib/clock.ts';
import { InternalError } from '../../../lib/errors.ts';
import { ExclusiveRunner } from '../../../lib/exclusive.ts';
import type { DisplayDialect, ReadResult, TellTrouble, WriteResult } from '../dialect.ts';
import type { DisplayCapabilities, DisplayProperty, DisplayValues, PowerState } from '../display-control.ts';
import { readAdapter, readAudioStatus, readDelivery, readPowerStatus } from './cec-ctl.ts';
import type { RunCecCtl } from './cec-ctl.ts';

/** The adapter by what it is, because /dev/cec0 and /dev/cec1 change places. */
export interface CecSelection {
  /** As `vc4_hdmi`; `cec-ctl --list-devices` shows both. */
  readonly driver: string;
  readonly adapter: string;
}

export interface CecDeps {
  readonly run: RunCecCtl;
  readonly clock: Clock;
  readonly tell: TellTrouble;
  readonly selection: CecSelection;
  readonly virtual: boolean;
}

/** The input that this room is plugged into: the only one that CEC lets us choose. */
export const OWN_INPUT = 'room';
const RUN_TIMEOUT_MS = 4_000;
/** A Samsung was seen to answer "to-on" for hours while it was fully on: what lasts this long has ended. */
const TRANSITION_MS = 60_000;
const TV = ['--to', '0'];

/**
 * A display over HDMI-CEC through `cec-ctl`. Best effort: displays lose our address when they sleep or change their input,
 * and some report a state that is not theirs; whoever relies on it looks at `unverified`.
 */
export class CecDialect implements DisplayDialect {
  readonly id: string;
  readonly virtual: boolean;
  readonly capabilities: DisplayCapabilities = {
    power: true,
    inputs: [OWN_INPUT],
    volume: 'steps',
    mute: true,
    blank: false,
    freeze: false,
  };
  readonly #deps: CecDeps;
  readonly #oneAtATime: ExclusiveRunner;
  #transition: { readonly state: PowerState; readonly sinceMs: number } | null = null;
  #closed = false;

  constructor(deps: CecDeps) {
    this.#deps = deps;
    this.id = `cec:${deps.selection.driver}:${deps.selection.adapter}`;
    this.virtual = deps.virtual;
    this.#oneAtATime = new ExclusiveRunner(
      () => new InternalError('device/display-closed', 'The display was asked after it was closed'),
    );
  }

  start(): void {
    // Nothing is kept open: each question runs the tool.
  }

  async read<P extends DisplayProperty>(
    property: P,
    signal: AbortSignal | null,
  ): Promise<ReadResult<DisplayValues[P]>> {
    const question = questions[property];
    if (question === null) return { kind: 'cannot-read' };
    const output = await this.#send([...TV, question], signal);
    if (output === null) return { kind: 'no-answer' };
    const value = this.#decode(property, output);
    if (value !== null) return { kind: 'value', value };
    // A display that refuses to tell its volume still answers; one that says nothing of its power does not.
    return { kind: property === 'power' || readDelivery(output) === 'no-answer' ? 'no-answer' : 'cannot-read' };
  }

  async write<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    signal: AbortSignal | null,
  ): Promise<WriteResult> {
    switch (property) {
      case 'power':
        this.#transition = null;
        return value === 'on' ? this.#wake(signal) : this.#say([...TV, '--standby'], signal);
      case 'input':
        return this.#becomeSource(signal);
      case 'muted':
        return this.#mute(value === true, signal);
      default:
        return 'unsupported';
    }
  }

  stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<WriteResult> {
    return this.#press(`volume-${way}`, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#oneAtATime.close();
  }

  async #wake(signal: AbortSignal | null): Promise<WriteResult> {
    const woken = await this.#say([...TV, '--image-view-on'], signal);
    // A display that was in standby shows whatever it showed last: it is told to show us.
    if (woken === 'taken') await this.#becomeSource(signal);
    return woken;
  }

  async #becomeSource(signal: AbortSignal | null): Promise<WriteResult> {
    const output = await this.#send((address) => ['--active-source', `phys-addr=${address}`], signal);
    return output === null ? 'no-answer' : readDelivery(output);
  }

  /** The mute key toggles, so it is pressed only where it is known to be needed. */
  async #mute(isMuted: boolean, signal: AbortSignal | null): Promise<WriteResult> {
    const now = await this.read('muted', signal);
    if (now.kind === 'no-answer') return 'no-answer';
    if (now.kind !== 'value') return 'unsupported';
    return now.value === isMuted ? 'taken' : this.#press('mute', signal);
  }

  async #press(key: string, signal: AbortSignal | null): Promise<WriteResult> {
    const result = await this.#say([...TV, '--user-control-pressed', `ui-cmd=${key}`], signal);
    await this.#say([...TV, '--user-control-released'], signal);
    return result;
  }

  async #say(args: readonly string[], signal: AbortSignal | null): Promise<WriteResult> {
    const output = await this.#send(args, signal);
    return output === null ? 'no-answer' : readDelivery(output);
  }

  /** Takes an address first where that is needed. `null` when there is none, or the tool did not run. */
  async #send(
    args: readonly string[] | ((physicalAddress: string) => readonly string[]),
    signal: AbortSignal | null,
  ): Promise<string | null> {
    if (this.#closed) return null;
    return this.#oneAtATime.run(async () => {
      const address = await this.#address(signal);
      this.#deps.tell('device/cec-no-address', address === null);
      if (address === null) return null;
      return this.#run(typeof args === 'function' ? args(address) : args, signal);
    });
  }

  async #address(signal: AbortSignal | null): Promise<string | null> {
    const before = readAdapter((await this.#run([], signal)) ?? '');
    if (before?.isConfigured) return before.physicalAddress;
    if (before === null || before.physicalAddress === null) return null;
    const after = readAdapter((await this.#run(['--playback', '--osd-name', 'Room'], signal)) ?? '');
    return after?.isConfigured ? after.physicalAddress : null;
  }

  #run(args: readonly string[], signal: AbortSignal | null): Promise<string | null> {
    const { driver, adapter } = this.#deps.selection;
    return this.#deps.run(['-D', driver, '-a', adapter, ...args], RUN_TIMEOUT_MS, signal);
  }

  #decode<P extends DisplayProperty>(property: P, output: string): DisplayValues[P] | null {
    const values: { [K in DisplayProperty]: () => DisplayValues[K] | null } = {
      power: () => this.#settled(readPowerStatus(output)),
      muted: () => readAudioStatus(output)?.isMuted ?? null,
      volume: () => readAudioStatus(output)?.volume ?? null,
      input: () => null,
      blanked: () => null,
      frozen: () => null,
    };
    return values[property]();
  }

  #settled(state: PowerState | null): PowerState | null {
    if (state !== 'warming' && state !== 'cooling') {
      this.#transition = null;
      return state;
    }
    const nowMs = this.#deps.clock.nowMs();
    if (this.#transition?.state !== state) this.#transition = { state, sinceMs: nowMs };
    const isStuck = nowMs - this.#transition.sinceMs >= TRANSITION_MS;
    return isStuck ? (state === 'warming' ? 'on' : 'standby') : state;
  }
}

const questions: Readonly<Record<DisplayProperty, string | null>> = {
  power: '--give-device-power-status',
  muted: '--give-audio-status',
  volume: '--give-audio-status',
  input: null,
  blanked: null,
  frozen: null,
};
