/** protoo-server ships no types: the part that is used. */
declare module 'protoo-server/lib/Peer.js' {
  import type { EventEmitter } from 'node:events';

  /** What the server's end of protoo expects of a connection. It emits `message` with a parsed envelope, and `close` once. */
  export interface ServerTransport extends EventEmitter {
    readonly closed: boolean;
    close(): void;
    send(message: unknown): Promise<void>;
  }
  export interface ServerRequest {
    readonly id: number;
    readonly method: string;
    readonly data: unknown;
  }
  export default class Peer extends EventEmitter<{
    request: [request: ServerRequest, accept: (data: unknown) => void, reject: (code: number, reason: string) => void];
    notification: [notification: { readonly method: string; readonly data: unknown }];
    close: [];
  }> {
    constructor(id: string, transport: ServerTransport);
    readonly id: string;
    readonly closed: boolean;
    close(): void;
    notify(method: string, data?: unknown): Promise<void>;
  }
}
