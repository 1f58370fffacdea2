import { randomBytes } from 'node:crypto';
import type Peer from 'protoo-server/lib/Peer.js';
import type { NotificationName, NotificationOf } from '../../src/call/signalling/messages.ts';
import { constantTimeEqual, fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts';
import type { PeerMedia } from '../media/peer-media.ts';
import type { Meeting } from './meeting.ts';

export type ClosingReason = NotificationOf<'closing'>['reason'];

/** One login of a client: its connection, and once it has joined, its place in the meeting. */
export class Session {
  readonly peer: string;
  readonly meetingId: string;
  /** Proves a later login of the same client; never logged. */
  readonly #token = randomBytes(32);
  readonly #connection: Peer;
  /** `joined` sets both; they go together. */
  #place: { readonly meeting: Meeting; readonly media: PeerMedia } | null = null;
  joining = false;
  /** Stops the grace time of a connection that was lost. */
  cancelGrace: (() => void) | null = null;

  constructor(peer: string, meetingId: string, connection: Peer) {
    this.peer = peer;
    this.meetingId = meetingId;
    this.#connection = connection;
  }

  get place(): { readonly meeting: Meeting; readonly media: PeerMedia } | null {
    return this.#place;
  }

  get token(): string {
    return toBase64Url(this.#token);
  }

  /** Whether the client can still be told anything. */
  get connected(): boolean {
    return !this.#connection.closed;
  }

  isToken(token: string): boolean {
    const bytes = fromBase64Url(token);
    return bytes !== null && constantTimeEqual(bytes, this.#token);
  }

  enter(meeting: Meeting, media: PeerMedia): void {
    this.#place = { meeting, media };
  }

  notify<N extends NotificationName>(name: N, data: NotificationOf<N>): void {
    if (this.connected) this.#connection.notify(name, data).catch(() => undefined);
  }

  /** Says why, then ends the connection. */
  disconnect(reason: ClosingReason, retry: boolean): void {
    this.notify('closing', { reason, retry });
    this.hangUp();
  }

  hangUp(): void {
    this.#connection.close();
  }
}
