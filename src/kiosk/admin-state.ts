import type { PanelRole } from './room-state.ts';

/** A panel on the network that may use this room. */
export interface PairedPanel {
  readonly id: string;
  readonly name: string;
  readonly role: PanelRole;
  /** ms since 1970, as all times here. */
  readonly pairedAt: number;
  /** Null: not since the room started. */
  readonly seenAt: number | null;
}

/** What the settings page shows of the room, for whoever looks after it. */
export interface AdminOverview {
  readonly version: string;
  readonly startedAt: number;
  /** Addresses by which the room can be reached, without loopback and link-local ones. */
  readonly addresses: readonly { readonly interface: string; readonly address: string }[];
  /** `reachedMs`: how long the meeting server took to answer; null: it did not. */
  readonly server: { readonly origin: string; readonly reachedMs: number | null };
  readonly panels: readonly PairedPanel[];
}

export interface LogLine {
  readonly at: number;
  readonly level: string;
  readonly text: string;
}

export const reportKinds = ['picture', 'sound', 'display', 'calendar', 'other'] as const;
export type ReportKind = (typeof reportKinds)[number];
