import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { ControlProblem } from '../control-problem.ts';
import { ProblemList } from '../control-problem.ts';
import { pause } from '../link/wait.ts';
import type { Outcome } from '../outcome.ts';
import { reached, unverified } from '../outcome.ts';
import type { DisplayDialect, ReadResult, TellTrouble, WriteResult } from './dialect.ts';
import type {
  DisplayCapabilities,
  DisplayControl,
  DisplayControlEvents,
  DisplayProperty,
  DisplayValues,
  PowerState,
  PowerWish,
} from './display-control.ts';

/** Displays apply a command within seconds; those that change the picture meanwhile do not answer. */
const READ_BACK_MS = 8_000;
const READ_PAUSE_MS = 500;
/** A projector refuses inputs while it warms up. */
const NOT_NOW_MS = 40_000;
const NOT_NOW_PAUSE_MS = 2_000;

/** A display of any protocol: says, reads back, and tells what became of it. */
export class VerifiedDisplay implements DisplayControl {
  readonly #dialect: DisplayDialect;
  readonly #clock: Clock;
  readonly #events: TypedEmitter<DisplayControlEvents>;
  readonly #problems: ProblemList;
  /** What was asked for last, by property: what came before gives up. */
  readonly #wishes = new Map<DisplayProperty, number>();
  #isReachable = false;
  #closed = false;

  /** `makeDialect` gets the function by which the dialect tells its own problems. */
  constructor(clock: Clock, logger: Logger, makeDialect: (tell: TellTrouble) => DisplayDialect) {
    this.#clock = clock;
    this.#events = new TypedEmitter((error) => logger.error('listener failed', errorFields(error)));
    this.#problems = new ProblemList(clock, () => this.#events.emit('problems'));
    this.#dialect = makeDialect((code, isThere) => this.#problems.set(code, isThere));
  }

  get id(): string {
    return this.#dialect.id;
  }

  get virtual(): boolean {
    return this.#dialect.virtual;
  }

  get capabilities(): DisplayCapabilities {
    return this.#dialect.capabilities;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  start(): void {
    this.#dialect.start();
  }

  on<K extends keyof DisplayControlEvents>(event: K, listener: (...args: DisplayControlEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async readPower(signal: AbortSignal | null): Promise<PowerState | null> {
    const result = await this.#read('power', signal);
    return result.kind === 'value' ? result.value : null;
  }

  setPower(power: PowerWish, signal: AbortSignal | null): Promise<Outcome<PowerState>> {
    const onTheWay: PowerState = power === 'on' ? 'warming' : 'cooling';
    const isReached = (now: PowerState): boolean => now === power || now === onTheWay;
    return this.#set('power', power, this.capabilities.power, isReached, signal);
  }

  setInput(input: string, signal: AbortSignal | null): Promise<Outcome<string>> {
    return this.#set('input', input, this.capabilities.inputs.includes(input), (now) => now === input, signal);
  }

  setVolume(percent: number, signal: AbortSignal | null): Promise<Outcome<number>> {
    const volume = Number.isFinite(percent) ? Math.round(Math.max(0, Math.min(100, percent))) : 0;
    return this.#set('volume', volume, this.capabilities.volume === 'absolute', (now) => now === volume, signal);
  }

  async stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<Outcome<number>> {
    if (this.capabilities.volume === 'none') return unverified('unsupported', null);
    const result = this.#heard(await this.#dialect.stepVolume(way, signal));
    if (result !== 'taken' && result !== 'unclear') return unverified(result, null);
    const now = await this.#read('volume', signal);
    return now.kind === 'value' ? reached(now.value) : unverified(reasonOf(now), null);
  }

  setMuted(isMuted: boolean, signal: AbortSignal | null): Promise<Outcome<boolean>> {
    return this.#set('muted', isMuted, this.capabilities.mute, (now) => now === isMuted, signal);
  }

  setBlanked(isBlanked: boolean, signal: AbortSignal | null): Promise<Outcome<boolean>> {
    return this.#set('blanked', isBlanked, this.capabilities.blank, (now) => now === isBlanked, signal);
  }

  setFrozen(isFrozen: boolean, signal: AbortSignal | null): Promise<Outcome<boolean>> {
    return this.#set('frozen', isFrozen, this.capabilities.freeze, (now) => now === isFrozen, signal);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.clear();
    await this.#dialect.close();
  }

  async #set<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    isSupported: boolean,
    isReached: (now: DisplayValues[P]) => boolean,
    signal: AbortSignal | null,
  ): Promise<Outcome<DisplayValues[P]>> {
    if (!isSupported) return unverified('unsupported', null);
    const wish = (this.#wishes.get(property) ?? 0) + 1;
    this.#wishes.set(property, wish);
    const isCurrent = (): boolean => !this.#closed && this.#wishes.get(property) === wish;
    const result = await this.#write(property, value, isCurrent, signal);
    if (!isCurrent()) return unverified(this.#closed ? 'no-answer' : 'superseded', null);
    if (result === 'unsupported') return unverified(result, null);
    return this.#verify(property, result, isReached, isCurrent, signal);
  }

  async #write<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    isCurrent: () => boolean,
    signal: AbortSignal | null,
  ): Promise<WriteResult> {
    const deadlineMs = this.#clock.nowMs() + NOT_NOW_MS;
    for (;;) {
      const result = this.#heard(await this.#dialect.write(property, value, signal));
      const isLast = result !== 'not-now' || !isCurrent() || this.#clock.nowMs() >= deadlineMs;
      if (isLast) return result;
      await pause(this.#clock, NOT_NOW_PAUSE_MS, signal);
    }
  }

  /** A command that was not answered may have been taken, and one that was refused may have been needless: both are read. */
  async #verify<P extends DisplayProperty>(
    property: P,
    result: WriteResult,
    isReached: (now: DisplayValues[P]) => boolean,
    isCurrent: () => boolean,
    signal: AbortSignal | null,
  ): Promise<Outcome<DisplayValues[P]>> {
    const isTaken = result === 'taken' || result === 'unclear';
    const deadlineMs = this.#clock.nowMs() + (isTaken ? READ_BACK_MS : 0);
    for (;;) {
      const now = await this.#read(property, signal);
      if (now.kind === 'value' && isReached(now.value)) return reached(now.value);
      const value = now.kind === 'value' ? now.value : null;
      if (!isTaken) return unverified(result, value);
      if (now.kind === 'cannot-read') return unverified('cannot-read', null);
      if (!isCurrent()) return unverified(this.#closed ? 'no-answer' : 'superseded', value);
      if (this.#clock.nowMs() >= deadlineMs) return unverified(reasonOf(now), value);
      await pause(this.#clock, READ_PAUSE_MS, signal);
    }
  }

  async #read<P extends DisplayProperty>(
    property: P,
    signal: AbortSignal | null,
  ): Promise<ReadResult<DisplayValues[P]>> {
    const result = await this.#dialect.read(property, signal);
    if (result.kind !== 'cannot-read') this.#reachable(result.kind !== 'no-answer');
    return result;
  }

  #heard(result: WriteResult): WriteResult {
    if (result !== 'unsupported') this.#reachable(result !== 'no-answer');
    return result;
  }

  #reachable(answers: boolean): void {
    if (this.#closed) return;
    this.#problems.set('device/display-control-unreachable', !answers);
    if (this.#isReachable === answers) return;
    this.#isReachable = answers;
    this.#events.emit('reachable', answers);
  }
}

function reasonOf(result: ReadResult<unknown>): 'no-answer' | 'not-now' | 'cannot-read' | 'differs' {
  return result.kind === 'value' ? 'differs' : result.kind;
}
