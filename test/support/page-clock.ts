/** What a page has whose clock stands until it is moved. */
export interface ClockedWindow extends Window {
  /** Lets so many seconds pass one by one, each with the timers that fall due and what follows from them. */
  passSeconds(seconds: number): Promise<void>;
}

/**
 * Run in a page before its own scripts: its wall clock and timers move only by `passSeconds`, as fast as the page does what they
 * start. Requests, pushed events, animation frames and `performance.now()` stay real.
 */
export function standPageClock(startMs: number): void {
  interface Timer {
    readonly atMs: number;
    readonly everyMs: number | null;
    readonly run: () => void;
  }
  const timers = new Map<number, Timer>();
  let nowMs = startMs;
  let last = 0;
  const start = (run: () => void, delayMs: number, repeats: boolean): number => {
    const waitMs = Math.max(1, delayMs);
    timers.set(++last, { atMs: nowMs + waitMs, everyMs: repeats ? waitMs : null, run });
    return last;
  };
  const stop = (id: number): void => void timers.delete(id);
  const nextBy = (untilMs: number): [number, Timer] | null => {
    let found: [number, Timer] | null = null;
    for (const entry of timers)
      if (entry[1].atMs <= untilMs && !(found && found[1].atMs <= entry[1].atMs)) found = entry;
    return found;
  };
  const { port1, port2 } = new MessageChannel();
  /** Everything else that waits has its turn: fetches, events, rendering. */
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
  const second = (): void => {
    const untilMs = nowMs + 1_000;
    for (let due = nextBy(untilMs); due; due = nextBy(untilMs)) {
      const [id, { atMs, everyMs, run }] = due;
      nowMs = atMs;
      if (everyMs === null) timers.delete(id);
      else timers.set(id, { atMs: atMs + everyMs, everyMs, run });
      run();
    }
    nowMs = untilMs;
  };
  // A request takes real time, of which none passes here: whoever waits 30 s for an answer would give up at once.
  const fetch = window.fetch.bind(window);
  let asking = 0;
  window.fetch = async (...request) => {
    asking++;
    try {
      return await fetch(...request);
    } finally {
      asking--;
    }
  };
  Date.now = () => nowMs;
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    start(() => controller.abort(new DOMException('too late', 'TimeoutError')), ms, false);
    return controller.signal;
  };
  Object.assign(window, {
    setTimeout: (run: () => void, delayMs = 0) => start(run, delayMs, false),
    setInterval: (run: () => void, delayMs = 0) => start(run, delayMs, true),
    clearTimeout: stop,
    clearInterval: stop,
    passSeconds: async (seconds: number) => {
      for (let passed = 0; passed < seconds; passed++) {
        second();
        do await turn();
        while (asking > 0);
      }
    },
  });
}
