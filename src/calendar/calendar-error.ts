import type { ErrorContext } from '../lib/errors.ts';
import { RoomError } from '../lib/errors.ts';

export type CalendarErrorCode =
  | 'calendar/unreachable'
  | 'calendar/throttled'
  | 'calendar/refused'
  | 'calendar/not-found'
  | 'calendar/conflict'
  | 'calendar/unreadable'
  | 'calendar/read-only';

export interface CalendarErrorOptions {
  readonly cause?: unknown;
  /** How long the service asks to be left alone; null when it does not say. */
  readonly retryAfterMs?: number | null;
  readonly context?: ErrorContext;
}

/** A source of bookings failed; what each code means is told at `CalendarSource`. */
export class CalendarError extends RoomError {
  declare readonly code: CalendarErrorCode;
  readonly retryAfterMs: number | null;

  constructor(code: CalendarErrorCode, message: string, options: CalendarErrorOptions = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
