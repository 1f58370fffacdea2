import { Worker } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.ts';
import { InternalError, UsageError } from '../../lib/errors.ts';
import { ExclusiveRunner } from '../../lib/exclusive.ts';
import { CalendarError } from '../calendar-error.ts';
import type { CalendarReading, TimeWindow } from '../calendar-event.ts';
import type { CalendarObject, ExpandOptions, Skipped } from './expand.ts';
import { ExpanderProgress } from './expander-progress.ts';
import type { ExpandReply, ExpandRequest } from './expander-service.ts';

export interface CalendarExpanderDeps extends ExpandOptions {
  readonly clock: Clock;
  /** The room's, an IANA name. */
  readonly zone: string;
  /** One piece of work, an object or a series, may take this long, and at most twice; 2,000 ms unless given. */
  readonly stuckMs?: number;
  /** Where Node keeps what it has compiled, so that the thread needs 20 MB less; null: nowhere. */
  readonly compileCacheDir: string | null;
  /** The worker's file; the product's own unless given. */
  readonly workerUrl?: URL;
}

/** The thread may need a while to start on a busy machine. */
const START_FACTOR = 10;
/** Events that are too much in one reading, before it is given up. */
const MAX_CULPRITS = 5;
const MAX_REMEMBERED = 100;
/** What closing waits for a thread to end. */
const CLOSE_MS = 2_000;
/** Objects of the largest size allowed fit; the product goes on where the thread runs out of it. */
const HEAP_MB = 192;
/** Small, so that what is parsed and thrown away does not pile up to tens of megabytes first. */
const YOUNG_MB = 4;

type Outcome =
  | { readonly kind: 'reply'; readonly reply: ExpandReply }
  /** It was ended, or ended itself: what it was at is to blame. */
  | { readonly kind: 'lost'; readonly progress: ExpanderProgress };

/**
 * `expandCalendars` in a thread of its own, with a bound: whatever takes too long or too much memory is cut off, told as a
 * problem and not tried again until it changes, and the rest is read. The thread is kept between readings: starting it takes
 * longer than most readings, and it holds what it has parsed.
 */
export class CalendarExpander {
  readonly #deps: CalendarExpanderDeps;
  readonly #runner = new ExclusiveRunner(() => closedError());
  readonly #held = new Map<string, string>();
  #worker: Worker | null = null;
  #progress = new ExpanderProgress();
  #skipped: readonly Skipped[] = [];
  #closing: (() => void) | null = null;
  #isClosed = false;

  constructor(deps: CalendarExpanderDeps) {
    this.#deps = deps;
  }

  /**
   * The occurrences that overlap `window`; readings wait for each other. Objects with a version that was read before are not
   * parsed again. Rejects with the signal's reason.
   *
   * @throws {CalendarError} `calendar/unreadable` when more than five events are too much for it.
   * @throws {UsageError} `calendar/expander-closed`.
   */
  expand(objects: readonly CalendarObject[], window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    return this.#runner.run(async () => {
      this.#forget(objects);
      for (let culprits = 0; culprits <= MAX_CULPRITS; culprits++) {
        signal.throwIfAborted();
        const outcome = await this.#ask(objects, window, signal);
        signal.throwIfAborted();
        if (this.#isClosed) throw closedError();
        if (outcome.kind === 'reply') return this.#read(outcome.reply, objects);
        this.#blame(outcome.progress, objects);
      }
      throw new CalendarError(
        'calendar/unreadable',
        'the calendar has too many events that cannot be expanded in time',
      );
    });
  }

  /** Idempotent; a running reading is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing?.();
    await this.#runner.close();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const cancel = this.#deps.clock.after(CLOSE_MS, () => resolve(undefined));
    await Promise.race([this.#end(), promise]);
    cancel();
  }

  #read(reply: ExpandReply, objects: readonly CalendarObject[]): CalendarReading {
    if (reply.kind === 'failed')
      throw new InternalError('calendar/expander-failed', `the calendar could not be expanded: ${reply.message}`);
    this.#held.clear();
    for (const { event, version } of objects) if (version !== null) this.#held.set(event, version);
    return reply.reading;
  }

  #blame(progress: ExpanderProgress, objects: readonly CalendarObject[]): void {
    const { object, uid } = progress.current();
    const culprit = objects[object];
    if (progress.count === 0 || culprit === undefined)
      throw new InternalError('calendar/expander-failed', 'the thread that expands calendars did not start');
    const { event, version } = culprit;
    this.#skipped = [...this.#skipped, { event, version, uid }].slice(-MAX_REMEMBERED);
  }

  /** A changed event gets another chance. */
  #forget(objects: readonly CalendarObject[]): void {
    const versions = new Map(objects.map(({ event, version }) => [event, version]));
    this.#skipped = this.#skipped.filter(({ event, version }) => versions.get(event) === version);
  }

  async #ask(objects: readonly CalendarObject[], window: TimeWindow, signal: AbortSignal): Promise<Outcome> {
    const worker = (this.#worker ??= this.#start());
    const progress = this.#progress;
    const { zone, roomAddress = null, referenceBy = 'object', limits = {} } = this.#deps;
    const request: ExpandRequest = {
      objects: objects.map((object) =>
        object.version !== null && this.#held.get(object.event) === object.version ? { ...object, text: null } : object,
      ),
      window,
      zone,
      options: { roomAddress, referenceBy, limits },
      skipped: this.#skipped,
    };
    const outcome = await this.#outcome(worker, progress, request, signal);
    if (outcome.kind === 'lost') void this.#end();
    return outcome;
  }

  #outcome(worker: Worker, progress: ExpanderProgress, request: ExpandRequest, signal: AbortSignal): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const lose = (): void => resolve({ kind: 'lost', progress });
    const stopWatching = this.#watch(progress, lose);
    worker.on('message', (reply: ExpandReply) => resolve({ kind: 'reply', reply }));
    worker.on('error', lose);
    worker.on('exit', lose);
    signal.addEventListener('abort', lose);
    this.#closing = lose;
    worker.postMessage(request);
    return promise.finally(() => {
      stopWatching();
      this.#closing = null;
      signal.removeEventListener('abort', lose);
      for (const name of ['message', 'error', 'exit']) worker.removeAllListeners(name);
      // An error of a thread that nobody listens to would end the process.
      worker.on('error', () => undefined);
    });
  }

  /** Between two looks something must have been begun. */
  #watch(progress: ExpanderProgress, onStuck: () => void): () => void {
    const started = progress.count;
    let seen = started;
    let looks = 0;
    return this.#deps.clock.every(this.#deps.stuckMs ?? 2_000, () => {
      const { count } = progress;
      looks = count === seen ? looks + 1 : 0;
      seen = count;
      if (looks >= (count === started ? START_FACTOR : 1)) onStuck();
    });
  }

  #start(): Worker {
    this.#progress = new ExpanderProgress();
    this.#held.clear();
    const worker = new Worker(this.#deps.workerUrl ?? new URL('./expander-worker.mjs', import.meta.url), {
      workerData: { buffer: this.#progress.buffer, cacheDir: this.#deps.compileCacheDir },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: HEAP_MB },
      // Nothing of a hostile calendar ends up in the room's log.
      stderr: true,
      stdout: true,
    });
    worker.unref();
    return worker;
  }

  /**
   * Not waited for where a reading goes on: V8 does not interrupt a loop whose only calls it has compiled away, and such a
   * thread never ends.
   */
  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
    worker?.unref();
  }
}

function closedError(): UsageError {
  return new UsageError('calendar/expander-closed', 'calendars are not expanded any more');
}
