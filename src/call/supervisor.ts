import type { TalkerReports } from '../devices/array/talker-source.ts';
import type { TalkerDirection } from '../devices/array/talker-tracker.ts';
import type { Frame } from '../devices/framing/crop.ts';
import type { Clock } from '../lib/clock.ts';
import { InternalError, RoomError, UsageError } from '../lib/errors.ts';
import { TypedEmitter } from '../lib/events.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import { idleCallState } from './call-state.ts';
import type { CallState, Problem } from './call-state.ts';
import { textOf } from './call-texts.ts';
import type { ResumeToken } from './login.ts';
import type { CallActionName, CallActions, FromCallProcess, ToCallProcess } from './process/ipc.ts';
import type { Ambient } from './media/video-parts.ts';
import { type CheckState, SupervisedCheck } from './supervised-check.ts';

/** A running call process, however it was started. */
export interface CallProcess {
  send(message: ToCallProcess): void;
  onMessage(listener: (message: FromCallProcess) => void): void;
  /** Once, when the process is gone: `reason` is a signal's name or an exit code. */
  onExit(listener: (reason: string) => void): void;
  kill(): void;
}

export interface SupervisorDeps {
  /** Starts a process and sends it its configuration. */
  readonly spawn: () => CallProcess;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What only the spare is asked. */
type BetweenCalls = 'setBlack' | 'setAmbient' | 'setNotice' | 'startCheck' | 'stopCheck' | 'playTone';

interface Worker {
  readonly process: CallProcess;
  readonly ready: Promise<void>;
  readonly pending: Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>;
  lastSeenMs: number;
  started: boolean;
  /** Has been in the call. */
  settled: boolean;
  gone: boolean;
  /** Was told to make the displays black. */
  black: boolean;
  /** What it was told to show on them, as JSON. */
  ambient: string;
}

/** A process silent for this long is stuck (a driver, a codec): it is killed and the call moves to the spare. */
const SILENCE_MS = 5_000;
/** Before it is in the call for the first time: it makes its pipelines and opens devices, whose drivers may take their time. */
const OPENING_MS = 15_000;
/**
 * Until its first word it loads libraries, which takes long on a cold disk: so long is waited for it. A busy or slow machine may
 * need more: whoever was killed for it leaves the next twice the time.
 */
const START_MS = { first: 60_000, most: 240_000 } as const;
const ACTION_TIMEOUT_MS = 15_000;
const STOP_DEADLINE_MS = 2_000;
/** After so many crashes of one call within the window, each return waits longer: a broken driver must not spin. */
const CRASHES = { allowed: 3, windowMs: 60_000, delayMs: 3_000 } as const;

/**
 * Keeps the room's calls in processes of their own: one for the call and one idle spare, so that neither a join nor the return
 * after a crash pays for start-up. The daemon never touches media or meeting keys.
 */
export class CallSupervisor {
  readonly events: TypedEmitter<{
    state: [state: CallState];
    talker: [direction: TalkerDirection | null];
    /** `check`, its picture or its problems have changed; at most about 5 a second. */
    check: [];
  }>;
  readonly #deps: SupervisorDeps;
  #state: CallState = idleCallState;
  #talker: TalkerDirection | null = null;
  #active: Worker | null = null;
  #spare: Worker | null = null;
  readonly #living = new Set<Worker>();
  #black = false;
  #ambient: Ambient | null = null;
  #notice: string | null = null;
  readonly #check: SupervisedCheck<Worker>;
  #calibration: Promise<unknown> = Promise.resolve();
  #waitingAlone: (() => void)[] = [];
  /** `begun`: its process has taken the join. */
  #wanted: { link: string; resume: ResumeToken | null; begun: boolean } | null = null;
  #crashesMs: number[] = [];
  #cameraFrame: Frame | null = null;
  #startMs: number = START_MS.first;
  #nextId = 1;
  #closed = false;
  #cancelWatch = (): void => undefined;
  #cancelReturn = (): void => undefined;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
    this.#check = new SupervisedCheck({
      clock: deps.clock,
      onExpired: () => void this.stopCheck(),
      onChange: () => this.events.emit('check'),
    });
  }

  get state(): CallState {
    return this.#state;
  }

  /** The check of the devices that `startCheck` has begun; `state` null: none. */
  get check(): {
    readonly state: CheckState | null;
    readonly jpeg: Uint8Array | null;
    readonly problems: readonly Problem[];
  } {
    return this.#check;
  }

  /** Where people speak in the room, as the microphone array of the call says. */
  get talkers(): TalkerReports {
    const current = (): TalkerDirection | null => this.#talker;
    return {
      get current() {
        return current();
      },
      onTalker: (listener) => this.events.on('talker', listener),
    };
  }

  /** Starts the spare. Resolves when a call could be joined without waiting for a start-up. */
  async start(): Promise<void> {
    this.#cancelWatch = this.#deps.clock.every(1_000, () => this.#killSilent());
    await this.#ensureSpare().ready;
  }

  /** @throws {UsageError} call/busy @throws {RoomError} whatever keeps the call from beginning: the room is idle then */
  async join(link: string, options: { muted: boolean; cameraOff: boolean }): Promise<void> {
    if (this.#wanted) throw new UsageError('call/busy', 'This room is in a call already');
    const wanted = { link, resume: null, begun: false };
    this.#wanted = wanted;
    this.#crashesMs = [];
    try {
      await this.#beginCall(options.muted, options.cameraOff);
      wanted.begun = true;
    } catch (error) {
      if (this.#wanted === wanted) this.#giveUp();
      throw error;
    }
  }

  async leave(): Promise<void> {
    this.#wanted = null;
    this.#cancelReturn();
    const worker = this.#active;
    if (!worker) {
      this.#setState({ ...idleCallState, volume: this.#state.volume });
      return this.#showIdle();
    }
    await this.#call(worker, 'leave', []).catch(() => undefined);
    this.#retire(worker);
  }

  /** Every other action, handed to the call. @throws {UsageError} call/not-in-call */
  async act<N extends Exclude<CallActionName, BetweenCalls | 'join' | 'leave'>>(
    name: N,
    ...args: Parameters<CallActions[N]>
  ): Promise<Awaited<ReturnType<CallActions[N]>>> {
    if (!this.#active) throw new UsageError('call/not-in-call', 'There is no call now');
    return (await this.#call(this.#active, name, args)) as Awaited<ReturnType<CallActions[N]>>;
  }

  /**
   * Which part of the camera's picture is sent, in this call and those to come. Resolves with the part reached, between calls
   * with the one that the next call begins with. @throws {RoomError} when the call process does not take it.
   */
  async setCameraFrame(frame: Frame): Promise<Frame> {
    this.#cameraFrame = frame;
    const worker = this.#active;
    if (!worker) return frame;
    await worker.ready;
    return (await this.#call(worker, 'setCameraFrame', [frame])) as Frame;
  }

  /**
   * Measures the room's echo, in the call or, between calls, in the spare, which is replaced afterwards: it has held devices.
   * Null: the sweep was not heard clearly.
   */
  async calibrateEcho(): Promise<{ delayMs: number } | null> {
    if (this.#active) return this.act('calibrateEcho');
    const calibration = this.stopCheck().then(() => this.#calibrateInSpare());
    this.#calibration = calibration.catch(() => undefined);
    return calibration;
  }

  /**
   * Opens the devices of a call in the spare, to be seen and heard by whoever is in the room; for 30 s, unless asked again. A call
   * ends it at once.
   * @throws {UsageError} call/busy
   */
  async startCheck(): Promise<void> {
    this.#refuseInCall();
    const calibration = this.#calibration;
    await calibration;
    // Whoever leaves a call still holds the devices.
    if (!this.#check.owner) await this.#alone();
    const worker = this.#check.owner ?? this.#ensureSpare();
    await worker.ready;
    this.#refuseInCall();
    if (calibration !== this.#calibration) return this.startCheck();
    const isNew = !this.#check.owner;
    this.#check.begin(worker);
    if (!isNew) return;
    await this.#call(worker, 'startCheck', []).catch((error: unknown) => {
      if (this.#check.owner === worker) this.#check.end();
      throw error;
    });
  }

  /** Idempotent; returns when the devices are free. */
  async stopCheck(): Promise<void> {
    const { owner } = this.#check;
    this.#check.end();
    if (owner) await this.#call(owner, 'stopCheck', []).catch(() => undefined);
  }

  /**
   * Plays three notes through the room's speaker at the room's volume, in a check, which is begun if there is none.
   * @throws {UsageError} call/busy @throws {RoomError} device/speaker-missing
   */
  async playTone(): Promise<void> {
    await this.startCheck();
    const { owner } = this.#check;
    if (owner) await this.#call(owner, 'playTone', [this.#state.volume]);
  }

  async #calibrateInSpare(): Promise<{ delayMs: number } | null> {
    const worker = this.#ensureSpare();
    await worker.ready;
    try {
      return (await this.#call(worker, 'calibrateEcho', [])) as { delayMs: number } | null;
    } finally {
      if (this.#spare === worker) this.#spare = null;
      this.#stop(worker);
      this.#ensureSpare();
    }
  }

  /** Whether the displays are black while there is no call; the spare shows it once nobody else holds them. */
  setBlack(black: boolean): void {
    this.#black = black;
    this.#showIdle();
  }

  /** What the displays show while there is no call and they are not black; null: nothing. */
  setAmbient(ambient: Ambient | null): void {
    this.#ambient = ambient;
    this.#showIdle();
  }

  /** A line on the display during calls; null: none. */
  setNotice(text: string | null): void {
    if (text === this.#notice) return;
    this.#notice = text;
    if (this.#active) this.#tellNotice(this.#active);
  }

  /** What is on display 1 or 2 now, PNG, in a call or between calls. @throws {RoomError} media/no-snapshot unless it is virtual and in use. */
  async displaySnapshot(display: number): Promise<Uint8Array> {
    const worker = this.#active ?? this.#ensureSpare();
    return (await this.#call(worker, 'displaySnapshot', [display])) as Uint8Array;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.leave();
    this.#closed = true;
    this.#check.end();
    this.#cancelWatch();
    if (this.#spare) this.#stop(this.#spare);
    this.#spare = null;
    this.events.clear();
  }

  async #beginCall(muted: boolean, cameraOff: boolean): Promise<void> {
    const wanted = this.#wanted;
    if (!wanted) return;
    const worker = this.#spare ?? this.#startWorker();
    this.#spare = null;
    this.#active = worker;
    // The process lets go of its devices before the call opens them.
    this.#check.end();
    await worker.ready;
    if (this.#cameraFrame) this.#call(worker, 'setCameraFrame', [this.#cameraFrame]).catch(() => undefined);
    const join = this.#call(worker, 'join', [
      wanted.link,
      { microphone: muted ? 'muted' : 'on', camera: cameraOff ? 'off' : 'on', replaces: wanted.resume },
    ]);
    // The spare starts after the join is on its way: they would fight for the processor.
    void join.finally(() => this.#deps.clock.after(3_000, () => void this.#ensureSpare())).catch(() => undefined);
    if (this.#notice !== null) this.#tellNotice(worker);
    await join;
  }

  #giveUp(): void {
    this.#wanted = null;
    if (this.#active) return this.#retire(this.#active);
    this.#setState({ ...idleCallState, volume: this.#state.volume });
    if (!this.#closed) this.#ensureSpare();
    this.#showIdle();
  }

  #refuseInCall(): void {
    if (this.#wanted || this.#active) throw new UsageError('call/busy', 'Devices cannot be checked during a call');
  }

  /** Resolves when no process is left but one, which takes as long as a process may take to stop. */
  #alone(): Promise<void> {
    if (this.#living.size <= 1) return Promise.resolve();
    return new Promise((resolve) => this.#waitingAlone.push(resolve));
  }

  #ensureSpare(): Worker {
    if (this.#spare) return this.#spare;
    const spare = this.#startWorker();
    if (!this.#closed) this.#spare = spare;
    else this.#stop(spare);
    this.#showIdle();
    return spare;
  }

  #showIdle(): void {
    const spare = this.#spare;
    if (!spare) return;
    // Whoever is in a call, or is just leaving one, holds the displays; a call that comes back after a crash is about to.
    const isAlone = this.#living.size === 1 && this.#wanted === null;
    const black = this.#black && isAlone;
    const ambient = isAlone ? this.#ambient : null;
    if (black !== spare.black) {
      spare.black = black;
      this.#tellSpare(spare, 'setBlack', black);
    }
    const text = JSON.stringify(ambient);
    if (text === spare.ambient) return;
    spare.ambient = text;
    this.#tellSpare(spare, 'setAmbient', ambient);
  }

  #tellSpare(spare: Worker, name: 'setBlack' | 'setAmbient', value: unknown): void {
    spare.ready
      .then(() => (spare === this.#spare ? this.#call(spare, name, [value]) : null))
      .catch((error: unknown) => this.#deps.log.info('the displays do not show what they should', errorFields(error)));
  }

  #tellNotice(worker: Worker): void {
    this.#call(worker, 'setNotice', [this.#notice]).catch((error: unknown) =>
      this.#deps.log.info('the display does not show a notice', errorFields(error)),
    );
  }

  #startWorker(): Worker {
    const process = this.#deps.spawn();
    let markReady = (): void => undefined;
    let failReady = (_error: Error): void => undefined;
    const ready = new Promise<void>((resolve, reject) => {
      markReady = resolve;
      failReady = reject;
    });
    ready.catch(() => undefined);
    const worker: Worker = {
      process,
      ready,
      pending: new Map(),
      lastSeenMs: this.#deps.clock.nowMs(),
      started: false,
      settled: false,
      gone: false,
      black: false,
      ambient: 'null',
    };
    this.#living.add(worker);
    process.onMessage((message) => {
      worker.lastSeenMs = this.#deps.clock.nowMs();
      worker.started = true;
      if (message.kind === 'ready') markReady();
      else this.#handleMessage(worker, message);
    });
    process.onExit((reason) => {
      worker.gone = true;
      this.#living.delete(worker);
      const error = new RoomError('call/process-crashed', 'The call process ended', { context: { reason } });
      failReady(error);
      for (const { reject } of worker.pending.values()) reject(error);
      worker.pending.clear();
      this.#check.crashed(worker);
      this.#handleExit(worker, reason);
      this.#showIdle();
      if (this.#living.size <= 1) for (const go of this.#waitingAlone.splice(0)) go();
    });
    return worker;
  }

  #handleMessage(worker: Worker, message: FromCallProcess): void {
    if (message.kind === 'state' && message.state.phase === 'in-call') worker.settled = true;
    if (message.kind === 'state' && worker === this.#active) this.#handleState(message.state);
    if (message.kind === 'resume' && worker === this.#active && this.#wanted) this.#wanted.resume = message.token;
    if (message.kind === 'talker' && worker === this.#active) this.#setTalker(message.direction);
    if (message.kind === 'check') this.#check.report(worker, message.report);
    if (message.kind !== 'result') return;
    const pending = worker.pending.get(message.id);
    worker.pending.delete(message.id);
    if (message.ok) pending?.resolve(message.value);
    else pending?.reject(new RoomError(message.code, message.message));
  }

  #handleState(state: CallState): void {
    this.#setState(state);
    // The call ended by itself (refused, expired): its process goes with it.
    if (state.phase !== 'idle' || state.lastEnd === null || !this.#active) return;
    this.#wanted = null;
    this.#retire(this.#active);
  }

  #handleExit(worker: Worker, reason: string): void {
    if (worker === this.#spare) {
      this.#spare = null;
      this.#deps.log.warn('the idle call process ended', { reason });
      if (!this.#closed) this.#deps.clock.after(1_000, () => void (this.#closed || this.#ensureSpare()));
    }
    if (worker !== this.#active) return;
    this.#active = null;
    this.#setTalker(null);
    // A join that fails tells whoever asked; only what had begun is taken up again.
    if (!this.#wanted?.begun) return;
    this.#deps.log.error('the call process ended during a call', { reason });
    this.#return();
  }

  /** Back into the call after a crash, with what the people in the room had chosen. */
  #return(): void {
    const now = this.#deps.clock.nowMs();
    this.#crashesMs = [...this.#crashesMs.filter((at) => now - at < CRASHES.windowMs), now];
    const excess = this.#crashesMs.length - CRASHES.allowed;
    const { microphoneMuted, cameraOff, volume, layout } = this.#state;
    const problem = {
      code: 'call/process-crashed',
      ...textOf('call/process-crashed'),
      since: this.#deps.clock.wallMs(),
    };
    const problems = [...this.#state.problems.filter(({ code }) => code !== problem.code), problem];
    this.#setState({ ...this.#state, phase: 'rejoining', code: null, participants: [], problems });
    this.#cancelReturn = this.#deps.clock.after(excess > 0 ? excess * CRASHES.delayMs : 0, () => {
      this.#beginCall(microphoneMuted, cameraOff)
        .then(() => this.act('setVolume', volume))
        .then(() => layout && this.act('setLayout', { mode: layout.mode, selfView: layout.selfView }))
        .catch((error: unknown) => this.#deps.log.warn('the call could not be taken up again', errorFields(error)));
    });
  }

  #call(worker: Worker, name: CallActionName, args: unknown[]): Promise<unknown> {
    if (worker.gone) return Promise.reject(new RoomError('call/process-crashed', 'The call process ended'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.clock.after(ACTION_TIMEOUT_MS, () => {
        worker.pending.delete(id);
        reject(new InternalError('call/no-answer', 'The call process does not answer', { context: { action: name } }));
      });
      worker.pending.set(id, {
        resolve: (value) => (cancel(), resolve(value)),
        reject: (error) => (cancel(), reject(error)),
      });
      worker.process.send({ kind: 'action', id, name, args });
    });
  }

  /** A process ends with its call: what it held of keys goes with it. */
  #retire(worker: Worker): void {
    if (this.#active === worker) this.#active = null;
    this.#stop(worker);
    this.#setTalker(null);
    if (!this.#closed) this.#ensureSpare();
    const { lastEnd, volume } = this.#state;
    this.#setState({ ...idleCallState, volume, lastEnd });
  }

  #stop(worker: Worker): void {
    if (worker.gone) return;
    worker.process.send({ kind: 'stop' });
    this.#deps.clock.after(STOP_DEADLINE_MS, () => worker.gone || worker.process.kill());
  }

  #killSilent(): void {
    for (const worker of [this.#active, this.#spare]) {
      if (!worker || worker.gone) continue;
      const silentMs = Math.round(this.#deps.clock.nowMs() - worker.lastSeenMs);
      if (silentMs < this.#patienceMs(worker)) continue;
      if (!worker.started) this.#startMs = Math.min(START_MS.most, 2 * this.#startMs);
      this.#deps.log.error('the call process is stuck and is killed', { started: worker.started, silentMs });
      worker.lastSeenMs = this.#deps.clock.nowMs();
      worker.process.kill();
    }
  }

  #setTalker(direction: TalkerDirection | null): void {
    if (direction === null && this.#talker === null) return;
    this.#talker = direction;
    this.events.emit('talker', direction);
  }

  #patienceMs({ started, settled }: Worker): number {
    if (!started) return this.#startMs;
    return settled ? SILENCE_MS : OPENING_MS;
  }

  #setState(state: CallState): void {
    this.#state = state;
    this.events.emit('state', state);
  }
}
