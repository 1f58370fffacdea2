import { RoomError } from '../../lib/errors.ts';

/** What the settings refuse; `retryAfterMs` says when to ask again. */
export class AdminError extends RoomError {
  readonly retryAfterMs: number | null;

  constructor(
    code: 'admin/pin-wrong' | 'admin/pin-wait' | 'admin/locked',
    message: string,
    retryAfterMs: number | null,
  ) {
    super(code, message);
    this.retryAfterMs = retryAfterMs;
  }
}
