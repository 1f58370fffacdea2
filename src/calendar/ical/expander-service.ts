/** The worker's side of `CalendarExpander`. */
import type { MessagePort } from 'node:worker_threads';
import type { CalendarReading, TimeWindow } from '../calendar-event.ts';
import { Expansion, type ExpandOptions, type GivenObject, newExpanderState, type Skipped } from './expand.ts';
import { ExpanderProgress } from './expander-progress.ts';

export interface ExpandRequest {
  readonly objects: readonly GivenObject[];
  readonly window: TimeWindow;
  readonly zone: string;
  readonly options: ExpandOptions;
  readonly skipped: readonly Skipped[];
}

export type ExpandReply =
  | { readonly kind: 'reading'; readonly reading: CalendarReading }
  | { readonly kind: 'failed'; readonly message: string };

/** Answers requests for as long as the worker lives. `onBegin` hears of each piece of work before it is done. */
export function serveExpansions(
  port: MessagePort,
  buffer: SharedArrayBuffer,
  onBegin: (object: GivenObject | undefined, uid: string | null) => void = () => undefined,
): void {
  const state = newExpanderState();
  const progress = new ExpanderProgress(buffer);
  port.on('message', ({ objects, window, zone, options, skipped }: ExpandRequest) => {
    const reply = ((): ExpandReply => {
      try {
        const reading = new Expansion(state, window, zone, options).run(objects, skipped, (object, uid) => {
          progress.begin(object, uid);
          onBegin(objects[object], uid);
        });
        return { kind: 'reading', reading };
      } catch (error) {
        return { kind: 'failed', message: error instanceof Error ? error.name : 'unknown' };
      }
    })();
    port.postMessage(reply);
  });
}
