import type { KeysDelivery, KeysEvents, KeysPort, KeysRequest } from '../../../src/call/keys/keys-port.ts';

/** The methods of `KeysPort` that answer nothing. */
export type KeysMethod = Exclude<keyof KeysPort, 'events' | 'keyPackage' | 'proof' | 'send' | 'close'>;
export type DeliveryMethod = keyof KeysDelivery;

export type ToKeysWorker =
  | {
      readonly kind: 'create';
      readonly request: Omit<KeysRequest, 'delivery'>;
      /** Where each epoch's frame keys go. */
      readonly frames: MessagePort;
    }
  | { readonly kind: 'call'; readonly method: KeysMethod; readonly argument: unknown }
  | { readonly kind: 'send'; readonly id: number; readonly data: Parameters<KeysPort['send']>[0] }
  | { readonly kind: 'delivered'; readonly id: number; readonly answer: unknown; readonly failed: string | null };

export type FromKeysWorker =
  | { readonly kind: 'created'; readonly keyPackage: string; readonly proof: string }
  | { readonly kind: 'create-failed'; readonly code: string }
  | { readonly kind: 'deliver'; readonly id: number; readonly method: DeliveryMethod; readonly request: unknown }
  | { readonly kind: 'sent'; readonly id: number; readonly failed: string | null }
  | {
      readonly kind: 'event';
      readonly event: { [K in keyof KeysEvents]: { name: K; args: KeysEvents[K] } }[keyof KeysEvents];
    };
