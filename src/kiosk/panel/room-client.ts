import type { RoomState } from '../room-state.ts';

/** Without a word from the daemon for this long the page says so; the stream pings every 10 s. */
const SILENCE_MS = 25_000;
/** The page shows that it lives; the daemon reloads one that does not. */
const ALIVE_MS = 10_000;

export interface RoomClientEvents {
  readonly onState: (state: RoomState) => void;
  readonly onReachable: (reachable: boolean) => void;
  /** The room does not know this panel: it has to be paired. */
  readonly onUnpaired: () => void;
}

/** A refusal of the daemon: `message` is a sentence in English, `code` what other languages know it by. */
export class ApiError extends Error {
  readonly code: string;
  /** When it may be asked again, ms from now; null: at once. */
  readonly retryAfterMs: number | null;

  constructor(code: string, message: string, retryAfterMs: number | null) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The panel's connection to its daemon: the whole state pushed by server-sent events, actions as posts. */
export class RoomClient {
  #source: EventSource | null = null;
  #watch = 0;
  #alive = 0;
  /** States that were pushed. */
  #pushed = 0;
  readonly #events: RoomClientEvents;

  constructor(events: RoomClientEvents) {
    this.#events = events;
  }

  open(): void {
    this.#source?.close();
    const source = new EventSource('/api/v1/events');
    this.#source = source;
    source.addEventListener('state', (event) => {
      this.#pushed++;
      this.#events.onReachable(true);
      this.#events.onState(JSON.parse(event.data as string) as RoomState);
      this.#restartWatch();
    });
    source.addEventListener('reload', () => window.location.reload());
    source.onerror = () => {
      // A refused stream is not retried by the browser; a lost one is.
      if (source.readyState === EventSource.CLOSED) void this.#refused();
      else this.#events.onReachable(false);
    };
    this.#restartWatch();
    window.clearInterval(this.#alive);
    this.#alive = window.setInterval(() => void this.#tellAlive(), ALIVE_MS);
  }

  close(): void {
    window.clearTimeout(this.#watch);
    window.clearInterval(this.#alive);
    this.#source?.close();
    this.#source = null;
  }

  /** @throws {ApiError} for a refusal. */
  post(path: string, body: object, token: string | null = null): Promise<Record<string, unknown>> {
    return this.#fetch(path, token, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
  }

  /** @throws {ApiError} for a refusal. */
  get(path: string, token: string | null = null): Promise<Record<string, unknown>> {
    return this.#fetch(path, token, { signal: AbortSignal.timeout(30_000) });
  }

  async ownLink(): Promise<string> {
    const { link } = await this.get('/meetings/own');
    return typeof link === 'string' ? link : '';
  }

  async #fetch(path: string, token: string | null, init: RequestInit): Promise<Record<string, unknown>> {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    const response = await fetch(`/api/v1${path}`, { ...init, headers });
    const answer = (await response.json()) as { error?: { code: string; message: string; retryAfterMs?: number } };
    if (response.status === 401 && answer.error?.code === 'api/not-paired') this.#events.onUnpaired();
    if (!response.ok)
      throw new ApiError(
        answer.error?.code ?? 'api/internal',
        answer.error?.message ?? response.statusText,
        answer.error?.retryAfterMs ?? null,
      );
    return answer;
  }

  #tellAlive(): Promise<unknown> {
    return this.post('/panel/alive', {}).catch(() => undefined);
  }

  #restartWatch(): void {
    window.clearTimeout(this.#watch);
    this.#watch = window.setTimeout(() => this.#check(), SILENCE_MS);
  }

  /** The stream was refused: not paired, or the daemon is not there at all. */
  async #refused(): Promise<void> {
    try {
      await this.get('/state');
    } catch (error) {
      if (error instanceof ApiError && error.code === 'api/not-paired') return this.close();
      this.#events.onReachable(false);
    }
    window.setTimeout(() => this.open(), 1_000);
  }

  /** Pings are comments, which pages do not see: a silent stream is proven by asking. */
  #check(): void {
    const before = this.#pushed;
    this.get('/state')
      .then((state) => {
        this.#events.onReachable(true);
        // What was pushed meanwhile is newer than the answer.
        if (this.#pushed === before) this.#events.onState(state as unknown as RoomState);
      })
      .catch(() => {
        this.#events.onReachable(false);
        this.open();
      })
      .finally(() => this.#restartWatch());
  }
}
