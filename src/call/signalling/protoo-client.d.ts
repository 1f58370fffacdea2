declare module 'protoo-client/lib/Peer.js' {
  import type { EventEmitter } from 'node:events';
  import type { ProtooTransport } from '../signalling/socket-transport.ts';

  export interface ProtooNotification {
    readonly method: string;
    readonly data: unknown;
  }
  export interface ProtooRequest {
    readonly id: number;
    readonly method: string;
    readonly data: unknown;
  }
  export default class Peer extends EventEmitter {
    constructor(transport: ProtooTransport);
    readonly closed: boolean;
    readonly connected: boolean;
    close(): void;
    request(method: string, data?: unknown): Promise<unknown>;
    notify(method: string, data?: unknown): Promise<void>;
  }
}

declare module 'protoo-client/lib/Message.js' {
  const Message: { parse(raw: string): Record<string, unknown> | undefined };
  export default Message;
}

declare module 'protoo-client/lib/EnhancedEventEmitter.js' {
  import { EventEmitter } from 'node:events';
  export default class EnhancedEventEmitter extends EventEmitter {
    constructor(logger?: unknown);
    safeEmit(event: string, ...args: unknown[]): void;
  }
}
