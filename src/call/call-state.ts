import type { StreamFigures } from './stream-figures.ts';

export type CallPhase = 'idle' | 'connecting' | 'securing' | 'in-call' | 'rejoining' | 'leaving';

export type Verification =
  /** The certificate chain ends at the organisation's trust anchor. */
  | { kind: 'organisation'; organisation: string }
  /** A name somebody typed; nobody vouches for it. */
  | { kind: 'unverified' };

export interface Participant {
  readonly peer: string;
  /** From the participant itself, end-to-end; null until it arrives. */
  readonly name: string | null;
  readonly kind: 'room' | 'guest';
  readonly verification: Verification;
  readonly self: boolean;
  readonly speaking: boolean;
  readonly microphone: 'on' | 'muted' | 'none';
  readonly camera: 'on' | 'off' | 'none';
  readonly sharing: boolean;
  readonly handRaised: boolean;
}

export interface ChatMessage {
  readonly id: string;
  readonly peer: string;
  readonly name: string | null;
  readonly text: string;
  /** Our wall clock on arrival, ms since 1970. */
  readonly at: number;
}

/** One thing that is wrong now, in a person's words; gone from the list when it ended. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** What a person can do; empty when it mends itself. */
  readonly action: string;
  readonly since: number;
}

export type LayoutMode = 'speaker' | 'grid';

/** What the room's displays show. */
export interface RoomLayout {
  readonly mode: LayoutMode;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** We see ourselves. */
  readonly selfView: boolean;
  /** 1 or 2. */
  readonly displays: number;
}

export interface CallState {
  readonly phase: CallPhase;
  /** The meeting's id, never its link. */
  readonly meeting: string | null;
  readonly joinedAt: number | null;
  /** Nobody else is in the meeting's group. */
  readonly alone: boolean;
  readonly participants: readonly Participant[];
  /** Verification code: 6 groups of 5 digits, the same on every honest screen; null until the group stands. */
  readonly code: string | null;
  readonly microphoneMuted: boolean;
  readonly cameraOff: boolean;
  readonly sharing: boolean;
  readonly volume: number;
  /** Null: no display of ours lays out windows now. */
  readonly layout: RoomLayout | null;
  readonly chat: readonly ChatMessage[];
  /** Short notices about what just changed ("Ana joined", "verification changed"), newest last, at most 20. */
  readonly notices: readonly Notice[];
  readonly problems: readonly Problem[];
  /** Why the last call ended other than by leaving it. */
  readonly lastEnd: { readonly code: string; readonly message: string } | null;
  /** What is sent and received now, refreshed every second. */
  readonly stats: readonly StreamFigures[];
}

export interface Notice {
  readonly id: number;
  /** joined, left, frames-rejected, alone, rejoined, … : what pages translate; `params` fills the sentence. */
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;
  /** The same in English, for the room display and logs without names. */
  readonly message: string;
  readonly at: number;
}

export const idleCallState: CallState = {
  phase: 'idle',
  meeting: null,
  joinedAt: null,
  alone: false,
  participants: [],
  code: null,
  microphoneMuted: false,
  cameraOff: false,
  sharing: false,
  volume: 60,
  layout: null,
  chat: [],
  notices: [],
  problems: [],
  lastEnd: null,
  stats: [],
};
