import { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { ControlProblem } from '../control-problem.ts';
import { ProblemList } from '../control-problem.ts';
import type { OpenHidraw } from './hidraw.ts';
import { MUTE_UNSYNCED, MuteSync } from './mute-sync.ts';
import type { SpeakerphoneQuirk, TelephonyControls } from './telephony.ts';

/** A speakerphone that is plugged in. */
export interface FoundSpeakerphone {
  /** Stable over replugging, as `hid:0b0e:0412`. */
  readonly id: string;
  readonly name: string;
  readonly virtual: boolean;
  readonly controls: TelephonyControls;
  readonly quirk: SpeakerphoneQuirk;
  /** Sends nothing to it. `onGone` is called once when it was unplugged. Rejects when it cannot be opened. */
  open(onGone: (error: unknown) => void): Promise<OpenHidraw>;
}

/** The first speakerphone with a mute button or light, or null; never throws for what cannot be read. */
export type FindSpeakerphone = () => Promise<FoundSpeakerphone | null>;

export interface SpeakerphoneDeps {
  readonly find: FindSpeakerphone;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Its button was pressed: mutes or unmutes the room, returns what the room is then. Must not call back into this object. */
  readonly muteRoom: (muted: boolean) => boolean;
  /** Found or gone, or `problems` changed. */
  readonly onChange: () => void;
}

const MISSING = 'device/speakerphone-missing';
const BACKOFF = { firstMs: 1_000, capMs: 10_000 } as const;

/**
 * The room's speakerphone, looked for again whenever it is gone, with its mute kept in step.
 *
 * INVARIANTS
 * - At most one node is open or being opened. After `close` none is, and no timer is left.
 */
export class Speakerphone {
  readonly #deps: SpeakerphoneDeps;
  readonly #backoff: Backoff;
  readonly #problems: ProblemList;
  #found: FoundSpeakerphone | null = null;
  #link: OpenHidraw | null = null;
  #sync: MuteSync | null = null;
  #looking: Promise<void> | null = null;
  #inCall = false;
  #muted = false;
  #cancelRetry: () => void = () => undefined;
  #closed = false;

  constructor(deps: SpeakerphoneDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...BACKOFF, random: deps.random });
    this.#problems = new ProblemList(deps.clock, () => this.#closed || deps.onChange());
  }

  /** The one that is open, or the last that was. */
  get found(): FoundSpeakerphone | null {
    return this.#found;
  }

  get isConnected(): boolean {
    return this.#sync !== null;
  }

  get syncState(): MuteSync['state'] | null {
    return this.#sync?.state ?? null;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  /** Looks for it now; whoever hears of plugging calls this too, else it is looked for every ten seconds. */
  look(): void {
    if (this.#closed || this.#looking !== null || this.#link !== null) return;
    this.#cancelRetry();
    this.#looking = this.#look().finally(() => (this.#looking = null));
  }

  setCall(inCall: boolean, muted: boolean): void {
    this.#inCall = inCall;
    this.#muted = muted;
    this.#sync?.setInCall(inCall, muted);
  }

  /** Idempotent; its lights are put out as far as it takes that. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#sync?.setInCall(false, false);
    this.#closed = true;
    this.#cancelRetry();
    await this.#looking;
    this.#sync?.close();
    await this.#link?.close().catch(() => undefined);
    this.#sync = this.#link = null;
  }

  async #look(): Promise<void> {
    const { find, logger } = this.#deps;
    try {
      const found = await find();
      if (found === null) return this.#retryLater();
      let link: OpenHidraw | null = null;
      const early: unknown[] = [];
      link = await found.open((error) => (link === null ? early.push(error) : this.#gone(link, error)));
      this.#use(found, link);
      if (early.length > 0) this.#gone(link, early[0]);
    } catch (error) {
      logger.debug('no speakerphone opened', errorFields(error));
      this.#retryLater();
    }
  }

  #use(found: FoundSpeakerphone, link: OpenHidraw): void {
    this.#link = link;
    if (this.#closed) return;
    this.#backoff.reset();
    this.#found = found;
    const { clock, logger, muteRoom, onChange } = this.#deps;
    const sync = new MuteSync({
      link,
      controls: found.controls,
      quirk: found.quirk,
      clock,
      log: logger,
      muteRoom,
      onProblem: (isThere) => this.#problems.set(MUTE_UNSYNCED, isThere),
    });
    this.#sync = sync;
    this.#problems.set(MISSING, false);
    sync.setInCall(this.#inCall, this.#muted);
    onChange();
  }

  #gone(link: OpenHidraw, error: unknown): void {
    if (this.#link !== link || this.#closed) return;
    this.#deps.logger.info('the speakerphone is gone', errorFields(error));
    this.#sync?.close();
    this.#sync = this.#link = null;
    void link.close().catch(() => undefined);
    this.#problems.set(MUTE_UNSYNCED, false);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#problems.set(MISSING, true);
    this.#deps.onChange();
    this.#cancelRetry = this.#deps.clock.after(this.#backoff.nextMs(), () => this.look());
  }
}
