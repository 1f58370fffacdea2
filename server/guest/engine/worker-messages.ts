import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import type { RejectReason } from '../../../src/crypto/frame-keys-web.ts';
import type { MediaSourceName } from '../../../src/call/signalling/messages.ts';

/** What a transform is for; handed over when it is attached. */
export type TransformOptions =
  | { readonly kind: 'send'; readonly source: MediaSourceName }
  | { readonly kind: 'receive'; readonly consumer: string; readonly peer: string; readonly source: MediaSourceName };

/** Frames dropped since a stream began; ids are the consumer's, or the source's name of a sent stream. */
export interface FrameCounts {
  readonly rejected: number;
  readonly withoutKey: number;
}

export type ToFrameWorker =
  | { readonly kind: 'set-keys'; readonly id: number; readonly keys: EpochKeys }
  | { readonly kind: 'clear-keys' }
  | { readonly kind: 'stop'; readonly consumer: string }
  | { readonly kind: 'count'; readonly id: number }
  /** Keys come through this port from now on, from another worker: they never pass through the page. */
  | { readonly kind: 'keys-port'; readonly port: MessagePort };

export type FromFrameWorker =
  /** Listening: transforms attached earlier are kept by the browser until now. */
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'counts'; readonly id: number; readonly counts: ReadonlyMap<string, FrameCounts> }
  | { readonly kind: 'rejected'; readonly consumer: string; readonly reason: RejectReason };
