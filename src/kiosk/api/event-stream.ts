import type { Request, Response } from 'express';
import type { RoomActions } from './actions.ts';

const PING_MS = 10_000;
/** At most so many states a second: speaking marks and figures change often, people read slowly. */
const MIN_GAP_MS = 100;
/** Bytes. */
const MOST_UNREAD = 1_000_000;

/** Server-sent events: `state` with the whole RoomState, at once and at each change; a comment now and then keeps it alive. */
export function openEventStream(request: Request, response: Response, actions: RoomActions): void {
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
    response.write(`event: state\ndata: ${JSON.stringify(actions.state())}\n\n`);
  };
  const unsubscribe = actions.onState(() => {
    timer ??= setTimeout(write, Math.max(0, MIN_GAP_MS - (Date.now() - sentAt)));
  });
  const ping = setInterval(() => response.write(': ping\n\n'), PING_MS);
  response.on('drain', () => {
    if (behind) write();
  });
  write();
  request.on('close', () => {
    unsubscribe();
    clearInterval(ping);
    if (timer) clearTimeout(timer);
  });
}
