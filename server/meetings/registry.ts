import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { meetingId } from '../../src/call/signalling/messages.ts';
import { writeFileAtomic } from '../../src/lib/atomic-file.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { ConfigError, isENOENT, UsageError } from '../../src/lib/errors.ts';
import type { Logger } from '../../src/lib/log.ts';

const DAY_MS = 86_400_000;
export const EXPIRES_AFTER_DAYS = 90;
const FORMAT = 1;

const fileSchema = v.object({
  format: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Meeting id → day of its last use, counted from 1970-01-01. */
  meetings: v.record(meetingId, v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/**
 * The meetings whose links are valid. Kept in one file, written whole, so that links survive a restart; it holds ids and days,
 * nothing secret. A meeting not used for 90 days is forgotten.
 */
export class MeetingRegistry {
  readonly #path: string;
  readonly #max: number;
  readonly #clock: Clock;
  readonly #lastUse: Map<string, number>;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  private constructor(path: string, max: number, clock: Clock, lastUse: Map<string, number>) {
    this.#path = path;
    this.#max = max;
    this.#clock = clock;
    this.#lastUse = lastUse;
  }

  /**
   * Reads the file; a missing one is an empty registry, a damaged one is set aside and logged.
   * @throws {ConfigError} `server/state-newer` when a newer version wrote it.
   */
  static async open(path: string, max: number, clock: Clock, log: Logger): Promise<MeetingRegistry> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const lastUse = await readMeetings(path, log);
    const registry = new MeetingRegistry(path, max, clock, lastUse);
    registry.#expire();
    return registry;
  }

  get size(): number {
    return this.#lastUse.size;
  }

  has(id: string): boolean {
    const day = this.#lastUse.get(id);
    return day !== undefined && this.#today() - day <= EXPIRES_AFTER_DAYS;
  }

  /** Makes a link valid, also after a restart; idempotent. @throws {UsageError} `server/meetings-full`. */
  async create(id: string): Promise<void> {
    if (!this.#lastUse.has(id) && this.#lastUse.size >= this.#max) {
      this.#expire();
      if (this.#lastUse.size >= this.#max) {
        throw new UsageError('server/meetings-full', 'The server keeps as many meetings as it may');
      }
    }
    await this.#use(id);
  }

  /** Notes that a meeting is in use today. */
  async touch(id: string): Promise<void> {
    if (this.#lastUse.has(id)) await this.#use(id);
  }

  /** Resolves when what was noted is on disk. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #use(id: string): Promise<void> {
    const before = this.#lastUse.get(id);
    if (before === this.#today()) return this.#writing;
    this.#lastUse.set(id, this.#today());
    try {
      await this.#save();
    } catch (error) {
      // Not noted, so that the next use tries to write again.
      if (before === undefined) this.#lastUse.delete(id);
      else this.#lastUse.set(id, before);
      throw error;
    }
  }

  /** Writes one after the other; changes made while one is being written go together into the next. */
  #save(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        const meetings = Object.fromEntries(this.#lastUse);
        return writeFileAtomic(this.#path, JSON.stringify({ format: FORMAT, meetings }), 0o600);
      });
    const saved = this.#next;
    this.#writing = saved;
    return saved;
  }

  #expire(): void {
    const today = this.#today();
    for (const [id, day] of this.#lastUse) if (today - day > EXPIRES_AFTER_DAYS) this.#lastUse.delete(id);
  }

  #today(): number {
    return Math.floor(this.#clock.wallMs() / DAY_MS);
  }
}

async function readMeetings(path: string, log: Logger): Promise<Map<string, number>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isENOENT(error)) return new Map();
    throw new ConfigError('server/state-unreadable', `The list of meetings ${path} cannot be read`, { cause: error });
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), fileSchema), text);
  if (!parsed.success) {
    log.error('the list of meetings is damaged; it is set aside and a new one begun', { file: `${path}.damaged` });
    await rename(path, `${path}.damaged`);
    return new Map();
  }
  if (parsed.output.format > FORMAT) {
    throw new ConfigError('server/state-newer', `A newer version wrote the list of meetings ${path}`);
  }
  return new Map(Object.entries(parsed.output.meetings));
}
