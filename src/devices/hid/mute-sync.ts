import type { Clock } from '../../lib/clock.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import type { HidField } from './report-descriptor.ts';
import { outputReports, readControl } from './report-fields.ts';
import type { SpeakerphoneQuirk, TelephonyControls } from './telephony.ts';

/** An open hidraw node: reads and writes are whole reports. */
export interface HidLink {
  /** The report's number first, 0 when reports are not numbered. Rejects when the device is gone. */
  write(report: Uint8Array): Promise<void>;
  /** Calls back with each input report; returns the function that ends it. */
  onReport(listener: (report: Uint8Array) => void): () => void;
}

export const MUTE_UNSYNCED = 'device/speakerphone-mute-unsynced';

export type MuteSyncState =
  /** Not in a call: the speakerphone is left alone. */
  | 'idle'
  /** The speakerphone has confirmed the room's mute. */
  | 'synced'
  /** Told, and the speakerphone has no way to confirm. */
  | 'told'
  /** On its way: written, or waiting for the confirmation. */
  | 'pending'
  /** It cannot be kept in step; the problem is shown. */
  | 'failed';

export interface MuteSyncDeps {
  readonly link: HidLink;
  readonly controls: TelephonyControls;
  readonly quirk: SpeakerphoneQuirk;
  readonly clock: Clock;
  readonly log: Logger;
  /** The button was pressed: mutes or unmutes the room and returns what the room is then. Must not call back into this object. */
  readonly muteRoom: (muted: boolean) => boolean;
  /** `MUTE_UNSYNCED` began (true) or ended. */
  readonly onProblem: (present: boolean) => void;
}

/** Speakerphones that take presses back do so after about a second. */
const CONFIRM_MS = 800;
const MOST_TRIES = 3;
const WRITE_TIMEOUT_MS = 500;

/**
 * Keeps the mute of the room and of a speakerphone in step, both ways: a press mutes the room and is answered by the light at once; the
 * room's mute lights it. Off-hook during calls, since many report presses only then.
 *
 * INVARIANTS
 * - The room decides: the light always shows what the room reached, also after a press that the room refused.
 * - One write at a time; what changed meanwhile is written after it, the latest wins.
 * - After `close` nothing is written and nobody is called.
 */
export class MuteSync {
  readonly #deps: MuteSyncDeps;
  readonly #endReports: () => void;
  #inCall = false;
  #muted = false;
  #pressed = false;
  #heard = false;
  #state: MuteSyncState = 'idle';
  #tries = 0;
  #writing = false;
  #dirty = false;
  #wroteMs = -Infinity;
  #cancelConfirm: () => void = () => undefined;
  #problem = false;
  #closed = false;

  constructor(deps: MuteSyncDeps) {
    this.#deps = deps;
    this.#endReports = deps.link.onReport((report) => this.#handleReport(report));
  }

  get state(): MuteSyncState {
    return this.#state;
  }

  /** Takes the speakerphone off-hook with the room's mute, or puts it back on. */
  setInCall(inCall: boolean, muted: boolean): void {
    if (this.#closed || (inCall === this.#inCall && muted === this.#muted)) return;
    this.#inCall = inCall;
    this.#muted = muted;
    this.#begin();
  }

  /** The room's mute has changed, by whatever means but the speakerphone's own button. */
  setMuted(muted: boolean): void {
    if (this.#closed || muted === this.#muted) return;
    this.#muted = muted;
    if (this.#inCall) this.#begin();
  }

  /** Idempotent. The lights stay as they are: whoever wants them off ends the call first. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelConfirm();
    this.#endReports();
  }

  #begin(): void {
    this.#tries = 0;
    this.#state = this.#inCall ? 'pending' : 'idle';
    if (!this.#inCall) this.#pressed = false;
    this.#flush();
  }

  #flush(): void {
    if (this.#closed) return;
    this.#dirty = true;
    if (this.#writing) return;
    void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    let failed = false;
    while (this.#takeDirty()) failed = !(await this.#write());
    this.#writing = false;
    if (this.#closed) return;
    if (failed) this.#retry();
    else this.#written();
  }

  /** Asked after each wait: a change or the end may have come meanwhile. */
  #takeDirty(): boolean {
    const dirty = this.#dirty && !this.#closed;
    this.#dirty = false;
    return dirty;
  }

  async #write(): Promise<boolean> {
    const { layout, ledMute, ledMicrophone, ledOffHook } = this.#deps.controls;
    const muted = this.#inCall && this.#muted;
    const wanted: [HidField | null, boolean][] = [
      [ledMute, muted],
      [ledMicrophone, muted],
      [ledOffHook, this.#inCall],
    ];
    const lights = wanted.flatMap(([field, on]) => (field === null ? [] : [[field, on] as const]));
    this.#wroteMs = this.#deps.clock.nowMs();
    try {
      for (const report of outputReports(layout, lights)) await this.#inTime(this.#deps.link.write(report));
      return true;
    } catch (error) {
      if (!this.#closed) this.#deps.log.debug('a report to the speakerphone failed', errorFields(error));
      return false;
    }
  }

  async #inTime(write: Promise<void>): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#deps.clock.after(WRITE_TIMEOUT_MS, () => reject(new Error('a write took too long')));
    });
    try {
      await Promise.race([write, late]);
    } finally {
      cancel();
    }
  }

  #written(): void {
    this.#cancelConfirm();
    if (!this.#inCall) {
      this.#setProblem(false);
      return;
    }
    const { phoneMute, ledMute, ledMicrophone } = this.#deps.controls;
    // Without a light the speakerphone never hears of the room's mute.
    if (ledMute === null && ledMicrophone === null) return this.#fail();
    // One that has never reported its mute may well be as it should, and says nothing because nothing changed.
    const silent = !this.#heard && this.#pressed === this.#muted;
    if (phoneMute === null || this.#isToggle(phoneMute) || silent) {
      this.#state = 'told';
      this.#setProblem(false);
    } else if (this.#pressed === this.#muted) this.#confirmed();
    else this.#cancelConfirm = this.#deps.clock.after(CONFIRM_MS, () => this.#retry());
  }

  #retry(): void {
    this.#cancelConfirm();
    if (++this.#tries >= MOST_TRIES) return this.#fail();
    this.#cancelConfirm = this.#deps.clock.after(CONFIRM_MS, () => this.#flush());
  }

  #confirmed(): void {
    this.#cancelConfirm();
    this.#tries = 0;
    this.#state = 'synced';
    this.#setProblem(false);
  }

  #fail(): void {
    if (!this.#inCall) return;
    this.#state = 'failed';
    this.#setProblem(true);
  }

  #setProblem(present: boolean): void {
    if (present === this.#problem) return;
    this.#problem = present;
    this.#deps.onProblem(present);
  }

  #handleReport(report: Uint8Array): void {
    const { controls, quirk, clock } = this.#deps;
    const field = controls.phoneMute;
    if (this.#closed || field === null) return;
    const on = readControl(controls.layout, field, report);
    if (on === null) return;
    const before = this.#pressed;
    this.#pressed = on;
    this.#heard = true;
    if (!this.#inCall) return;
    const isEcho = clock.nowMs() - this.#wroteMs < quirk.echoMs;
    if (this.#isToggle(field)) {
      // A press is 1; its release and reports of other controls are 0.
      if (on && !before && !isEcho) this.#ask(!this.#muted);
      return;
    }
    if (on === this.#muted) this.#confirmed();
    else if (on !== before && !isEcho) this.#ask(on);
  }

  #ask(muted: boolean): void {
    this.#muted = this.#deps.muteRoom(muted);
    this.#begin();
  }

  #isToggle(field: HidField): boolean {
    return (this.#deps.quirk.mute ?? (field.relative ? 'toggle' : 'state')) === 'toggle';
  }
}
