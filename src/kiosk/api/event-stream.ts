import type { Request, Response } from 'express';

const PING_MS = 10_000;
/** At most so many states a second: speaking marks and figures change often, people read slowly. */
const MIN_GAP_MS = 100;
/** Bytes. */
const MOST_UNREAD = 1_000_000;

/** What a page is told of. Each subscription returns the function that ends it. */
export interface StreamSource {
  state(): object;
  onState(listener: () => void): () => void;
  /** The page is to load itself again. */
  onReload(listener: () => void): () => void;
  /** The page may no longer be told anything. */
  onEnd(listener: () => void): () => void;
}

/** Server-sent events: `state` with the whole state, at once and at each change; `alive` now and then; `reload` when asked for. */
export function openEventStream(request: Request, response: Response, source: StreamSource): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  });
  let timer: NodeJS.Timeout | null = null;
  let sentAt = 0;
  let behind = false;
  const write = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    sentAt = Date.now();
    // A reader that does not read gets the newest state when it does; nothing is queued for it meanwhile.
    behind = response.writableLength > MOST_UNREAD;
    if (behind) return;
    response.write(`event: state\ndata: ${JSON.stringify(source.state())}\n\n`);
  };
  const ends = [
    source.onState(() => {
      timer ??= setTimeout(write, Math.max(0, MIN_GAP_MS - (Date.now() - sentAt)));
    }),
    source.onReload(() => response.write('event: reload\ndata: 1\n\n')),
    source.onEnd(() => response.end()),
  ];
  const ping = setInterval(() => response.write('event: alive\ndata: 1\n\n'), PING_MS);
  response.on('drain', () => {
    if (behind) write();
  });
  write();
  request.on('close', () => {
    for (const end of ends) end();
    clearInterval(ping);
    if (timer) clearTimeout(timer);
  });
}
