import type { Clock } from '../../lib/clock.ts';

export type LedPattern = 'off' | 'steady' | 'slow-blink' | 'fast-blink' | 'double-flash';

/** Times lit and dark in turn, milliseconds, starting lit; one time is forever. */
const patterns: Record<Exclude<LedPattern, 'off'>, readonly number[]> = {
  steady: [Infinity],
  'slow-blink': [500, 500],
  'fast-blink': [125, 125],
  'double-flash': [100, 100, 100, 700],
};

export type LedName = 'free' | 'busy' | 'mute' | 'in-call' | 'problem';

export interface RoomLights {
  /** Somebody is in the room, it is booked or in a call. */
  readonly busy: boolean;
  /** The next booking is near, or a call comes in. */
  readonly calling: boolean;
  readonly inCall: boolean;
  readonly muted: boolean;
  /** People speak while muted. */
  readonly talkingWhileMuted: boolean;
  readonly problem: 'none' | 'degraded' | 'broken';
}

/** State of the room → pattern of each light. */
export function ledPatterns(room: RoomLights): Record<LedName, LedPattern> {
  const problem = { none: 'off', degraded: 'double-flash', broken: 'fast-blink' } as const;
  return {
    free: room.busy || room.inCall ? 'off' : 'steady',
    busy: room.busy || room.inCall ? 'steady' : 'off',
    mute: !room.muted ? 'off' : room.talkingWhileMuted ? 'fast-blink' : 'steady',
    'in-call': room.inCall ? 'steady' : room.calling ? 'slow-blink' : 'off',
    problem: problem[room.problem],
  };
}

/** Whether a pattern is lit `elapsedMs` after it began, and how long until that changes (Infinity: never). */
export function patternAt(pattern: LedPattern, elapsedMs: number): { readonly lit: boolean; readonly forMs: number } {
  if (pattern === 'off') return { lit: false, forMs: Infinity };
  const times = patterns[pattern];
  const period = times.reduce((sum, ms) => sum + ms, 0);
  let at = period === Infinity ? 0 : Math.max(0, elapsedMs) % period;
  for (const [index, ms] of times.entries()) {
    if (at < ms) return { lit: index % 2 === 0, forMs: ms - at };
    at -= ms;
  }
  return { lit: true, forMs: Infinity };
}

/** Drives one light; writes only changes. Phases follow the clock, so that lights with the same pattern blink together. */
export class Led {
  readonly #clock: Clock;
  readonly #write: (lit: boolean) => void;
  #pattern: LedPattern = 'off';
  #lit = false;
  #cancel: () => void = () => undefined;
  #closed = false;

  /** `write` is not called before the first change: whoever made the line has it dark. */
  constructor(clock: Clock, write: (lit: boolean) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  get pattern(): LedPattern {
    return this.#pattern;
  }

  show(pattern: LedPattern): void {
    if (this.#closed || pattern === this.#pattern) return;
    this.#pattern = pattern;
    this.#step();
  }

  /** Dark, for good; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.show('off');
    this.#closed = true;
    this.#cancel();
  }

  #step(): void {
    this.#cancel();
    const { lit, forMs } = patternAt(this.#pattern, this.#clock.nowMs());
    if (lit !== this.#lit) {
      this.#lit = lit;
      this.#write(lit);
    }
    // A timer that comes a fraction early would find the old phase.
    if (forMs < Infinity) this.#cancel = this.#clock.after(forMs + 0.01, () => this.#step());
  }
}
