import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { PairingState, PanelRole } from '../room-state.ts';
import type { PairedPanels } from './paired-panels.ts';

export interface PairingDeps {
  readonly clock: Clock;
  /** A whole number from 0 to `below` (exclusive), of a cryptographic source. */
  readonly randomBelow: (below: number) => number;
  readonly panels: PairedPanels;
}

const CODE_DIGITS = 6;
const VALID_MS = 2 * 60_000;
const MOST_TRIES = 5;

/**
 * Makes a panel on the network known: it asks, the room shows a code where only people in the room can read it, and whoever
 * enters it gets a token.
 *
 * INVARIANTS
 * - One code at a time, of use once, for two minutes and five tries.
 * - What a code is compared with takes the same time whatever was entered.
 */
export class Pairing {
  readonly #deps: PairingDeps;
  readonly #listeners = new Set<() => void>();
  #shown: (PairingState & { tries: number; cancel: () => void }) | null = null;

  constructor(deps: PairingDeps) {
    this.#deps = deps;
  }

  /** For the room's own panel and display. */
  get state(): PairingState | null {
    return this.#shown && { role: this.#shown.role, code: this.#shown.code, expiresAt: this.#shown.expiresAt };
  }

  /** Returns the function that unsubscribes. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Shows a code. @throws {UsageError} pairing/busy while another one is shown. */
  begin(role: PanelRole): { expiresAt: number } {
    if (this.#shown) throw new UsageError('pairing/busy', 'Another panel is being paired: wait two minutes');
    const { clock, randomBelow } = this.#deps;
    const code = String(randomBelow(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
    const expiresAt = clock.wallMs() + VALID_MS;
    this.#shown = { role, code, expiresAt, tries: 0, cancel: clock.after(VALID_MS, () => this.#end()) };
    this.#changed();
    return { expiresAt };
  }

  /** Returns the token of the panel. @throws {UsageError} pairing/code-wrong, pairing/code-expired, pairing/too-many. */
  async finish(code: string): Promise<{ token: string; role: PanelRole }> {
    const shown = this.#shown;
    if (!shown) throw new UsageError('pairing/code-expired', 'This code is no longer good: ask for another one');
    shown.tries += 1;
    if (!isSame(code, shown.code)) {
      if (shown.tries >= MOST_TRIES) this.#end();
      throw new UsageError('pairing/code-wrong', 'That is not the code');
    }
    this.#end();
    const { token } = await this.#deps.panels.add(shown.role);
    return { token, role: shown.role };
  }

  close(): void {
    this.#end();
  }

  #end(): void {
    if (!this.#shown) return;
    this.#shown.cancel();
    this.#shown = null;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isSame(entered: string, code: string): boolean {
  const [a, b] = [Buffer.from(entered), Buffer.from(code)];
  return a.length === b.length && timingSafeEqual(a, b);
}
