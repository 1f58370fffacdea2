import type { RoomState } from '../room-state.ts';

/** Without a word from the daemon for this long the page says so; the stream pings every 10 s. */
const SILENCE_MS = 25_000;

export interface RoomClientEvents {
  readonly onState: (state: RoomState) => void;
  readonly onReachable: (reachable: boolean) => void;
}

/** The panel's connection to its daemon: the whole state pushed by server-sent events, actions as posts. */
export class RoomClient {
  #source: EventSource | null = null;
  #watch = 0;
  readonly #events: RoomClientEvents;

  constructor(events: RoomClientEvents) {
    this.#events = events;
  }

  open(): void {
    this.#source?.close();
    const source = new EventSource('/api/v1/events');
    this.#source = source;
    source.addEventListener('state', (event) => {
      this.#events.onReachable(true);
      this.#events.onState(JSON.parse(event.data as string) as RoomState);
      this.#restartWatch();
    });
    source.onerror = () => {
      this.#events.onReachable(false);
      // A refused stream is not retried by the browser; a lost one is.
      if (source.readyState === EventSource.CLOSED) window.setTimeout(() => this.open(), 1_000);
    };
    this.#restartWatch();
  }

  close(): void {
    window.clearTimeout(this.#watch);
    this.#source?.close();
    this.#source = null;
  }

  /** @throws {Error} whose message is a sentence for the person at the panel. */
  async post(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`/api/v1${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = (await response.json()) as { error?: { message: string } };
    if (!response.ok) throw new Error(answer.error?.message ?? response.statusText);
    return answer;
  }

  async ownLink(): Promise<string> {
    const response = await fetch('/api/v1/meetings/own');
    if (!response.ok) throw new Error(response.statusText);
    return ((await response.json()) as { link: string }).link;
  }

  #restartWatch(): void {
    window.clearTimeout(this.#watch);
    this.#watch = window.setTimeout(() => this.#check(), SILENCE_MS);
  }

  /** Pings are comments, which pages do not see: a silent stream is proven by asking. */
  #check(): void {
    fetch('/api/v1/state', { signal: AbortSignal.timeout(5_000) })
      .then((response) => response.json())
      .then((state) => {
        this.#events.onReachable(true);
        this.#events.onState(state as RoomState);
      })
      .catch(() => {
        this.#events.onReachable(false);
        this.open();
      })
      .finally(() => this.#restartWatch());
  }
}
