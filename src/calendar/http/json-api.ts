import type { Clock } from '../../lib/clock.ts';
import type { CalendarError } from '../calendar-error.ts';
import type { AccessToken } from './access-token.ts';
import { failureOf, jsonOf } from './answer.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import type { RequestSlots } from './request-slots.ts';

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface JsonApiOptions {
  readonly http: HttpClient;
  readonly token: AccessToken;
  readonly slots: RequestSlots;
  readonly clock: Clock;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a failed answer means beyond its status; null: as the status says. */
  readonly explain: (answer: HttpAnswer, failure: CalendarError) => CalendarError | null;
}

/** Requests with an access token to an API that speaks JSON. A token refused once is fetched anew, once. */
export class JsonApi {
  readonly #options: JsonApiOptions;
  #receivedBytes = 0;

  constructor(options: JsonApiOptions) {
    this.#options = options;
  }

  /** Of all answers so far, so that a list of many can be given up. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The answer's JSON; null for one without a body. @throws {CalendarError} as `CalendarSource` says. */
  async send(request: JsonRequest, signal: AbortSignal): Promise<unknown> {
    return this.#options.slots.run(async () => {
      const first = await this.#try(request, signal);
      if (first.status !== 401) return this.#contentOf(first);
      this.#options.token.forget();
      return this.#contentOf(await this.#try(request, signal));
    }, signal);
  }

  async #try(request: JsonRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { http, token, headers } = this.#options;
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const all = {
      Accept: 'application/json',
      ...headers,
      ...request.headers,
      ...(body !== null && { 'Content-Type': 'application/json' }),
      Authorization: `Bearer ${await token.get(signal)}`,
    };
    return http.send({ method: request.method, url: request.url, headers: all, body }, signal);
  }

  #contentOf(answer: HttpAnswer): unknown {
    this.#receivedBytes += answer.body.length;
    const failed = failureOf(answer, this.#options.clock.wallMs());
    if (failed) throw this.#options.explain(answer, failed) ?? failed;
    return answer.body.length === 0 ? null : jsonOf(answer);
  }
}
