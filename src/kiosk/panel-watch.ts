import type { Clock } from '../lib/clock.ts';
import type { Problem } from '../call/call-state.ts';

export interface PanelWatchDeps {
  readonly clock: Clock;
  /** Tells the page to load itself again; it may be past hearing it. */
  readonly reload: () => void;
  /** Starts the panel's browser again; null: nobody has said how. */
  readonly restart: (() => void) | null;
  readonly onChange: () => void;
}

/** A page tells every ten seconds that it lives. */
const RELOAD_AFTER_MS = 35_000;
const RESTART_AFTER_MS = 90_000;
/** A browser that was started again has this long. */
const AGAIN_MS = 120_000;

/**
 * Watches over the panel's page on the room itself: one that stops is loaded again, and one that does not come back by that
 * has its browser started again. Begins with the first sign of life: a room may have no panel of its own.
 */
export class PanelWatch {
  readonly #deps: PanelWatchDeps;
  #cancel: () => void = () => undefined;
  #silentSince: number | null = null;

  constructor(deps: PanelWatchDeps) {
    this.#deps = deps;
  }

  get problems(): readonly Problem[] {
    if (this.#silentSince === null) return [];
    const message = 'The panel in the room does not react.';
    const action = 'It is started again; if that does not help, switch its screen off and on.';
    return [{ code: 'kiosk/panel-silent', message, action, since: this.#silentSince }];
  }

  alive(): void {
    const wasSilent = this.#silentSince !== null;
    this.#silentSince = null;
    this.#wait(RELOAD_AFTER_MS, () => this.#reload());
    if (wasSilent) this.#deps.onChange();
  }

  close(): void {
    this.#cancel();
  }

  #reload(): void {
    this.#silentSince = this.#deps.clock.wallMs();
    this.#deps.reload();
    this.#deps.onChange();
    this.#wait(RESTART_AFTER_MS - RELOAD_AFTER_MS, () => this.#restart());
  }

  #restart(): void {
    this.#deps.restart?.();
    this.#wait(AGAIN_MS, () => this.#restart());
  }

  #wait(delayMs: number, then: () => void): void {
    this.#cancel();
    this.#cancel = this.#deps.clock.after(delayMs, then);
  }
}
