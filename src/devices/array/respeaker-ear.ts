import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { CaptureCard } from '../device.ts';
import type { Ear } from './ear.ts';
import { RespeakerPoller } from './respeaker-poller.ts';
import { type ControlRead, type RespeakerQuirk, respeakerQuirk } from './respeaker-tuning.ts';
import { respeakerTransfer, type VendorReads } from './respeaker-usb.ts';
import type { TalkerSource } from './talker-source.ts';
import type { DirectionSighting } from './talker-tracker.ts';

/** A USB device that has been opened for control transfers. */
export interface OpenedUsb extends VendorReads {
  /** `bcdDevice`. */
  readonly firmware: number;
  close(): Promise<void>;
}

export interface RespeakerEarDeps {
  /** Opens the board; rejects while it is not there or may not be opened. */
  readonly openUsb: () => Promise<OpenedUsb>;
  /** The row for a firmware. */
  readonly quirkOf: (firmware: number | null) => RespeakerQuirk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly talkers: TalkerSource;
  /** `ARRAY_SILENT` began (true) or ended. */
  readonly onProblem: (present: boolean) => void;
}

/** Two or three answers of the board. */
const HEARS_MS = 250;

/** The rows of a card that finds directions itself, by firmware, null for one that is not known yet; null for any other card. */
export function tuningOf(card: CaptureCard | null): ((firmware: number | null) => RespeakerQuirk) | null {
  const { vendorId = 0, productId = 0 } = card?.usb ?? {};
  const plain = respeakerQuirk(vendorId, productId, NaN);
  return (
    plain && ((firmware) => (firmware === null ? plain : (respeakerQuirk(vendorId, productId, firmware) ?? plain)))
  );
}

/**
 * An ear for a board that finds directions itself and gives a sound that it has processed. Its USB device is held as long as the
 * microphone is open, and opened anew after each failure: a board that was unplugged is another device when it comes back.
 */
export class RespeakerEar implements Ear {
  readonly beam = null;
  readonly #deps: RespeakerEarDeps;
  /** From opening to closing; what belongs to another one comes too late. */
  #session: { poller: RespeakerPoller | null } | null = null;
  #device: OpenedUsb | null = null;
  #follows = true;
  #speechMs = -Infinity;
  #hasProblem = false;

  constructor(deps: RespeakerEarDeps) {
    this.#deps = deps;
  }

  open(): void {
    if (this.#session) return;
    const session = { poller: null };
    this.#session = session;
    void this.#begin(session);
  }

  close(): void {
    if (!this.#session) return;
    this.#session.poller?.close();
    this.#session = null;
    this.#drop();
    this.#setProblem(false);
    this.#deps.talkers.end();
  }

  /** By the firmware's own detector, asked ten times a second. */
  get hears(): boolean {
    return this.#deps.clock.nowMs() - this.#speechMs < HEARS_MS;
  }

  setFollows(follows: boolean): void {
    this.#follows = follows;
  }

  /** A board that cannot be opened yet is asked as if it had the usual firmware: the poller tries on and reports it. */
  async #begin(session: { poller: RespeakerPoller | null }): Promise<void> {
    const { quirkOf, clock, log } = this.#deps;
    const device = await this.#opened(session).catch(() => null);
    if (this.#session !== session) return;
    session.poller = new RespeakerPoller({
      controlTransfer: (request) => this.#transfer(session, request),
      quirk: quirkOf(device?.firmware ?? null),
      // Directions are told as the array measures them; where a camera looks among them is the camera's setting.
      mountedDeg: 0,
      clock,
      log,
      talkers: { see: (sighting, atMs) => this.#see(sighting, atMs) },
      onProblem: (present) => this.#setProblem(present),
    });
    session.poller.start();
  }

  #see(sighting: DirectionSighting, atMs: number): void {
    if (sighting.speech) this.#speechMs = atMs;
    this.#deps.talkers.see({ ...sighting, speech: sighting.speech && this.#follows }, atMs);
  }

  async #transfer(session: object, request: ControlRead): Promise<Uint8Array> {
    try {
      return await respeakerTransfer(await this.#opened(session))(request);
    } catch (error) {
      if (this.#session === session) this.#drop();
      throw error;
    }
  }

  /** The poller asks for one thing after another: there are never two openings at once in a session. */
  async #opened(session: object): Promise<OpenedUsb> {
    if (this.#device) return this.#device;
    const device = await this.#deps.openUsb();
    if (this.#session === session) return (this.#device = device);
    void device.close().catch(() => undefined);
    throw new Error('the microphone was closed meanwhile');
  }

  #drop(): void {
    const device = this.#device;
    this.#device = null;
    // What is gone cannot be closed in order.
    void device?.close().catch(() => undefined);
  }

  #setProblem(present: boolean): void {
    if (present === this.#hasProblem) return;
    this.#hasProblem = present;
    this.#deps.onProblem(present);
  }
}
