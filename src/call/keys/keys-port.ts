import type { DataMessage } from '../../crypto/data-message.ts';
import type { EpochKeys } from '../../crypto/epoch-keys.ts';
import type { TypedEmitter } from '../../lib/events.ts';
import type { Verification } from '../call-state.ts';
import type { RequestOf, ResponseOf } from '../signalling/messages.ts';

/** One member as the MLS tree has it: the only source of who is in the meeting. */
export interface RosterMember {
  readonly leaf: number;
  readonly peer: string;
  readonly kind: 'room' | 'guest';
  readonly verification: Verification;
}

export interface EpochChange {
  readonly keys: EpochKeys;
  /** 30 digits in 6 groups of 5. */
  readonly code: string;
  readonly roster: readonly RosterMember[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface KeysEvents {
  epoch: [change: EpochChange];
  /** From the member `peer`, authenticated by the group. */
  message: [peer: string, data: DataMessage];
  /** This joiner will not be added; final for this link and identity. */
  refused: [reason: 'link-secret' | 'identity' | 'key-package'];
  /** The group cannot be followed any more: log in again. */
  lost: [code: string];
}

/** What the keys ask of the delivery service, in the form of signalling requests. */
export interface KeysDelivery {
  commit(request: RequestOf<'mlsCommit'>): Promise<ResponseOf<'mlsCommit'>>;
  message(request: RequestOf<'mlsMessage'>): Promise<void>;
  refuse(request: RequestOf<'refuse'>): Promise<void>;
}

/** The meeting's keys as the session sees them: in the same thread, or behind a worker. Byte fields are base64url as on the wire. */
export interface KeysPort {
  readonly events: TypedEmitter<KeysEvents>;
  /** The offer of this login, for the `join` request. */
  readonly keyPackage: string;
  readonly proof: string;
  handleFound(): void;
  handleJoinRequest(request: { peer: string; keyPackage: string; proof: string }): void;
  handleCommit(commit: { epoch: number; commit: string }): void;
  handleWelcome(welcome: { welcome: string }): void;
  handleMessage(message: { message: string }): void;
  handlePeerLeft(peer: string): void;
  handleRefused(reason: 'link-secret' | 'identity' | 'key-package'): void;
  /** Encrypts to the group; rejects when there is no group yet. */
  send(data: DataMessage): Promise<void>;
  close(): void;
}

export interface KeysRequest {
  readonly meeting: string;
  readonly peer: string;
  /** The link's secret and, where the link names one, the organisation's anchor. */
  readonly secret: Uint8Array;
  readonly anchor: string | null;
  readonly delivery: KeysDelivery;
}

export type KeysFactory = (request: KeysRequest) => Promise<KeysPort>;
