import type { Member } from '../../crypto/group.ts';

/** The k-th candidate acts this much later than the one before it: long enough for a commit to arrive, short for a person. */
export const TURN_MS = 1_500;
const MAX_JOINERS = 200;
/** Departed peers remembered. A peer id is one login's and never comes back, so that forgetting the oldest costs nothing. */
const MAX_GONE = 1_024;

export interface Joiner {
  readonly keyPackage: Uint8Array;
}

/** Who waits to be added to, or removed from, the group, and whose turn it is to do it. Pure bookkeeping, no clock of its own. */
export class PendingChanges {
  readonly #joiners = new Map<string, Joiner>();
  readonly #leavers = new Set<string>();
  readonly #gone = new Set<string>();
  #sinceMs: number | null = null;

  addJoiner(peer: string, joiner: Joiner, nowMs: number): void {
    if (this.#gone.has(peer)) return;
    if (this.#joiners.size >= MAX_JOINERS && !this.#joiners.has(peer)) return;
    this.#joiners.set(peer, joiner);
    this.#sinceMs ??= nowMs;
  }

  /** A peer is gone for good: if it is a member, or becomes one by a commit already under way, it is to be removed. */
  addLeaver(peer: string, roster: readonly Member[], nowMs: number): void {
    this.#joiners.delete(peer);
    this.#remember(peer);
    if (!roster.some((member) => member.peer === peer)) return;
    this.#leavers.add(peer);
    this.#sinceMs ??= nowMs;
  }

  dropJoiner(peer: string): void {
    this.#joiners.delete(peer);
  }

  /** Whether an offer of this peer would change nothing: it waits already, or it left, and somebody plays its offer again. */
  knows(peer: string): boolean {
    return this.#joiners.has(peer) || this.#gone.has(peer);
  }

  /** Forgets what the roster shows to be done; what is left has waited from now on, because somebody is at work. */
  settle(roster: readonly Member[], removed: readonly string[], nowMs: number): void {
    for (const peer of removed) this.#remember(peer);
    const present = new Set(roster.map(({ peer }) => peer));
    for (const peer of this.#joiners.keys()) if (present.has(peer)) this.#joiners.delete(peer);
    for (const peer of this.#leavers) if (!present.has(peer)) this.#leavers.delete(peer);
    for (const peer of present) if (this.#gone.has(peer)) this.#leavers.add(peer);
    this.#sinceMs = this.isEmpty ? null : nowMs;
  }

  #remember(peer: string): void {
    this.#joiners.delete(peer);
    this.#gone.delete(peer);
    this.#gone.add(peer);
    const [oldest] = this.#gone;
    if (this.#gone.size > MAX_GONE && oldest !== undefined) this.#gone.delete(oldest);
  }

  get isEmpty(): boolean {
    return this.#joiners.size === 0 && this.#leavers.size === 0;
  }

  /** At most `room` joiners: the group's limit. */
  changes(room: number): { add: { peer: string; keyPackage: Uint8Array }[]; remove: string[] } {
    const add = [...this.#joiners].slice(0, Math.max(0, room)).map(([peer, { keyPackage }]) => ({ peer, keyPackage }));
    return { add, remove: [...this.#leavers] };
  }

  /**
   * When it is our turn to commit what is pending, on the clock of `sinceMs`; null: nothing to do, or not ours to do.
   * The lowest leaf that has not left acts at once, the next one `TURN_MS` later, and so on. Nobody removes itself.
   */
  dueAtMs(roster: readonly Member[], self: string): number | null {
    if (this.#sinceMs === null) return null;
    const turn = this.turnOf(roster, self);
    return turn === null ? null : this.#sinceMs + turn * TURN_MS;
  }

  /** 0: the designated committer. Null: we are said to have left, and it is for the others to act. */
  turnOf(roster: readonly Member[], self: string): number | null {
    const candidates = roster.filter(({ peer }) => !this.#leavers.has(peer));
    const turn = candidates.findIndex(({ peer }) => peer === self);
    return turn < 0 ? null : turn;
  }
}
