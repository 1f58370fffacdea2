import type { RoomState } from '../../../src/kiosk/room-state.ts';

export interface SeenState {
  readonly state: RoomState;
  /** When it came, microseconds on the monotonic clock. */
  readonly atUs: number;
}

export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);

/** The room's states as a panel gets them: `GET /api/v1/events`, pushed at each change. */
export class RoomEvents {
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(seen: SeenState) => void>();
  #last: SeenState | null = null;

  static async open(url: string): Promise<RoomEvents> {
    const events = new RoomEvents();
    const response = await fetch(`${url}/api/v1/events`, { signal: events.#abort.signal });
    void events.#read(response.body ?? new ReadableStream()).catch(() => undefined);
    return events;
  }

  /** The first state from now on, or the newest, that `holds`. @throws {Error} after `timeoutMs`. */
  next(what: string, holds: (state: RoomState) => boolean, timeoutMs: number): Promise<SeenState> {
    if (this.#last && holds(this.#last.state)) return Promise.resolve(this.#last);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        reject(new Error(`not within ${timeoutMs} ms: ${what}`));
      }, timeoutMs);
      const listener = (seen: SeenState): void => {
        if (!holds(seen.state)) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(seen);
      };
      this.#listeners.add(listener);
    });
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body) {
      const atUs = nowUs();
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        // Besides states there are signs of life.
        const data = /^event: state\ndata: (.*)$/m.exec(event)?.[1];
        if (data === undefined) continue;
        const seen = { state: JSON.parse(data) as RoomState, atUs };
        this.#last = seen;
        for (const listener of [...this.#listeners]) listener(seen);
      }
    }
  }
}
