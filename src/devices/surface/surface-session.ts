import type { Clock } from '../../lib/clock.ts';
import { isRoomError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import { LineSplitter } from '../link/line-splitter.ts';
import type { SplitLine } from '../link/line-splitter.ts';
import type { ReopeningLink } from '../link/reopening-link.ts';
import { waitFor } from '../link/wait.ts';
import { ALIVE, GREETING, MAX_LINE, nameOf, parseLine, stateLines } from './protocol.ts';
import type { SurfaceCommand, SurfaceError, Switch } from './protocol.ts';
import type { SurfaceActions } from './surface-actions.ts';

export interface SurfaceDeps {
  /** Closed by `close`. */
  readonly link: ReopeningLink;
  readonly actions: SurfaceActions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Commands that wait for the one being carried out; a controller that sends more is told `busy`. */
const MAX_WAITING = 16;
/** Lines that wait for a slow port; more are dropped: a controller that misses them asks for `status`. */
const MAX_UNSENT = 64;
const ACTION_TIMEOUT_MS = 15_000;
/** A slider moves the state many times a second. */
const STATE_PAUSE_MS = 50;
/** A serial port whose adapter was pulled out often says so only when it is written to (serialport/node-serialport#2043). */
const ALIVE_MS = 30_000;
const VOLUME_STEP = 5;

type Task = { readonly command: SurfaceCommand } | { readonly error: SurfaceError };

/**
 * Lets an AV controller drive the room over one serial or network link.
 *
 * INVARIANTS
 * - Every line gets exactly one answer unless the link went down; all but `busy`, which is said at once, in their order.
 * - One action at a time.
 * - A state line is sent only if it differs from the last of its kind on this link, or was asked for.
 */
export class SurfaceSession {
  readonly #deps: SurfaceDeps;
  readonly #lines = new LineSplitter(MAX_LINE);
  readonly #unsubscribe: (() => void)[];
  readonly #abort = new AbortController();
  #waiting: Task[] = [];
  #isWorking = false;
  #unsent: string[] = [];
  #isSending = false;
  #shown: readonly string[] = [];
  #cancelState: (() => void) | null = null;
  #cancelAlive: (() => void) | null = null;
  /** Counts links: what belongs to an earlier one is not answered on this. */
  #epoch = 0;
  #closed = false;

  constructor(deps: SurfaceDeps) {
    const { link, actions } = deps;
    this.#deps = deps;
    this.#unsubscribe = [
      link.on('open', () => this.#begin()),
      link.on('data', (chunk) => this.#receive(chunk)),
      link.on('down', () => this.#end()),
      actions.onState(() => this.#stateChanged()),
    ];
  }

  start(): void {
    this.#deps.link.start();
  }

  /** Idempotent; an action under way is not waited for. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const off of this.#unsubscribe) off();
    this.#end();
    this.#abort.abort(new Error('closed'));
    await this.#deps.link.close();
  }

  #begin(): void {
    this.#epoch += 1;
    this.#lines.reset();
    this.#shown = [];
    this.#say(GREETING);
    this.#showState();
    this.#cancelAlive = this.#deps.clock.every(ALIVE_MS, () => this.#say(ALIVE));
  }

  #end(): void {
    this.#epoch += 1;
    this.#waiting = [];
    this.#unsent = [];
    this.#cancelState?.();
    this.#cancelAlive?.();
    this.#cancelState = this.#cancelAlive = null;
  }

  // What the controller says

  #receive(chunk: Uint8Array): void {
    for (const line of this.#lines.push(chunk)) {
      const task = taskOf(line);
      if (task === null) continue;
      const isFull = this.#waiting.length >= MAX_WAITING;
      if (!isFull) this.#waiting.push(task);
      else this.#say('error busy');
    }
    if (!this.#isWorking) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let task = this.#waiting.shift(); task !== undefined; task = this.#waiting.shift()) {
      const epoch = this.#epoch;
      const answer = 'error' in task ? `error ${task.error}` : await this.#carryOut(task.command);
      if (epoch !== this.#epoch) continue;
      if ('command' in task && (task.command.kind === 'status' || task.command.kind === 'hello')) this.#shown = [];
      // What the command has changed goes before its answer.
      this.#showState();
      this.#say(answer);
    }
    this.#isWorking = false;
  }

  async #carryOut(command: SurfaceCommand): Promise<string> {
    const { clock, logger } = this.#deps;
    try {
      const outcome = await waitFor<true>(clock, ACTION_TIMEOUT_MS, this.#abort.signal, (settle, fail) => {
        this.#act(command).then(
          () => settle(true),
          (error: unknown) => fail(error instanceof Error ? error : new Error(String(error))),
        );
        return () => undefined;
      });
      return outcome.kind === 'timeout' ? `error timeout ${nameOf(command)}` : `ok ${nameOf(command)}`;
    } catch (error) {
      // Nobody is there any more to hear the answer.
      if (this.#closed) return 'error failed internal';
      logger.info('control surface: action failed', { ...errorFields(error), command: command.kind });
      return `error failed ${isRoomError(error) ? error.code : 'internal'}`;
    }
  }

  async #act(command: SurfaceCommand): Promise<void> {
    const { actions } = this.#deps;
    const { isMuted, isCameraOn, volume } = actions.state();
    switch (command.kind) {
      case 'mute':
        return actions.setMuted(isOn(command.to, isMuted));
      case 'camera':
        return actions.setCameraOn(isOn(command.to, isCameraOn));
      case 'join':
        return actions.join(command.link);
      case 'leave':
        return actions.leave();
      case 'volume':
        return actions.setVolume(typeof command.to === 'number' ? command.to : stepped(volume, command.to));
      case 'framing':
        return actions.setFraming(command.mode);
      case 'preset':
        return command.action === 'store' ? actions.storePreset(command.preset) : actions.recallPreset(command.preset);
      default:
        return;
    }
  }

  // What the room says

  #stateChanged(): void {
    if (this.#cancelState !== null || !this.#deps.link.isOpen) return;
    this.#cancelState = this.#deps.clock.after(STATE_PAUSE_MS, () => {
      this.#cancelState = null;
      this.#showState();
    });
  }

  #showState(): void {
    const lines = stateLines(this.#deps.actions.state());
    for (const [at, line] of lines.entries()) if (line !== this.#shown[at]) this.#say(line);
    this.#shown = lines;
  }

  #say(line: string): void {
    if (this.#unsent.length >= MAX_UNSENT) return;
    this.#unsent.push(line);
    if (!this.#isSending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    for (let line = this.#unsent.shift(); line !== undefined; line = this.#unsent.shift()) {
      // A link that refuses is about to say that it is down.
      await this.#deps.link.write(Buffer.from(`${line}\r\n`, 'latin1')).catch(() => undefined);
    }
    this.#isSending = false;
  }
}

function taskOf(line: SplitLine): Task | null {
  if (line.kind === 'too-long') return { error: 'too-long' };
  if (line.text.trim() === '') return null;
  const parsed = parseLine(line.text);
  if (parsed.kind === 'echo') return null;
  return parsed.kind === 'error' ? { error: parsed.error } : { command: parsed.command };
}

const isOn = (to: Switch, now: boolean): boolean => (to === 'toggle' ? !now : to === 'on');
const stepped = (volume: number, way: 'up' | 'down'): number =>
  Math.max(0, Math.min(100, Math.round(volume) + (way === 'up' ? VOLUME_STEP : -VOLUME_STEP)));
