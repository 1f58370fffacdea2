import * as v from 'valibot';
import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import { failureOf, jsonOf } from './answer.ts';
import type { HttpClient } from './http-client.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Renewed this long before it ends, so that none expires on its way. */
const EARLY_MS = 120_000;
const MAX_LIFE_MS = 24 * 3_600_000;

const tokenAnswer = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,16384}$/)),
  expires_in: v.optional(v.union([v.number(), v.pipe(v.string(), v.transform(Number))]), 3_600),
});

export interface AccessTokenOptions {
  readonly url: string;
  /** The form that is posted: made anew for each request, because assertions are of the moment. */
  readonly form: () => Promise<Readonly<Record<string, string>>>;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** An OAuth 2.0 access token of the application itself (RFC 6749 section 4.4, RFC 7523), fetched when needed and kept while it lives. */
export class AccessToken {
  readonly #options: AccessTokenOptions;
  #token: { readonly value: string; readonly untilMs: number } | null = null;
  #fetching: Promise<string> | null = null;

  constructor(options: AccessTokenOptions) {
    this.#options = options;
  }

  /**
   * @throws {CalendarError} `calendar/refused`, `calendar/unreachable`, `calendar/throttled`, `calendar/unreadable`.
   * @throws the signal's reason when aborted.
   */
  async get(signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#token && this.#options.clock.nowMs() < this.#token.untilMs) return this.#token.value;
      const isOwn = this.#fetching === null;
      this.#fetching ??= this.#fetch(signal).finally(() => void (this.#fetching = null));
      try {
        return await unlessAborted(this.#fetching, signal);
      } catch (error) {
        // One request is for all who wait, and whoever began it may have given up.
        if (isOwn || signal.aborted || error instanceof CalendarError) throw error;
      }
    }
  }

  /** The service does not take it any more. */
  forget(): void {
    this.#token = null;
  }

  async #fetch(signal: AbortSignal): Promise<string> {
    const { url, form, http, clock } = this.#options;
    const body = new URLSearchParams(await form()).toString();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' };
    const answer = await http.send({ method: 'POST', url, headers, body }, signal);
    // RFC 6749 section 5.2: wrong credentials are a 400 as often as a 401.
    if (answer.status === 400) throw refused(answer.status);
    const failed = failureOf(answer, clock.wallMs());
    if (failed) throw failed;
    const parsed = v.safeParse(tokenAnswer, jsonOf(answer));
    if (!parsed.success) throw new CalendarError('calendar/unreadable', 'The sign-in service gives no access token');
    const lifeMs = Math.min(MAX_LIFE_MS, parsed.output.expires_in * 1_000 || 0);
    this.#token = { value: parsed.output.access_token, untilMs: clock.nowMs() + lifeMs - EARLY_MS };
    return this.#token.value;
  }
}

function refused(status: number): CalendarError {
  return new CalendarError('calendar/refused', 'The sign-in service does not accept the credentials of the room', {
    context: { status },
  });
}
