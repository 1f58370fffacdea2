import type { DataMessage } from '../crypto/data-message.ts';
import type { Participant } from './call-state.ts';
import type { RosterMember } from './keys/keys-port.ts';

export type Profile = Extract<DataMessage, { type: 'profile' }>;

/** Louder than this counts as speech, dBov. */
const SPEECH_DBOV = -45;
/** A speaker stays marked this long after the last loud moment: between words nobody flickers. */
const SPEECH_HOLD_MS = 700;

/** What is known of everybody in the group; who is in it comes from the MLS roster alone. */
export class Participants {
  #roster: readonly RosterMember[] = [];
  readonly #profiles = new Map<string, Profile>();
  readonly #spokeAtMs = new Map<string, number>();

  setRoster(roster: readonly RosterMember[]): void {
    this.#roster = roster;
    const present = new Set(roster.map((member) => member.peer));
    for (const map of [this.#profiles, this.#spokeAtMs])
      for (const peer of map.keys()) if (!present.has(peer)) map.delete(peer);
  }

  setProfile(peer: string, profile: Profile): void {
    if (this.has(peer)) this.#profiles.set(peer, profile);
  }

  has(peer: string): boolean {
    return this.#roster.some((member) => member.peer === peer);
  }

  get count(): number {
    return this.#roster.length;
  }

  nameOf(peer: string): string | null {
    return this.#profiles.get(peer)?.name ?? null;
  }

  handleLevel(peer: string, levelDbov: number, nowMs: number): void {
    if (levelDbov > SPEECH_DBOV) this.#spokeAtMs.set(peer, nowMs);
  }

  /** Ourselves first, then in the order of the tree. */
  list(self: string, nowMs: number): Participant[] {
    const entries = this.#roster.map((member) => this.#describe(member, self, nowMs));
    return [...entries.filter((entry) => entry.self), ...entries.filter((entry) => !entry.self)];
  }

  #describe(member: RosterMember, self: string, nowMs: number): Participant {
    const profile = this.#profiles.get(member.peer);
    const spoke = this.#spokeAtMs.get(member.peer);
    return {
      peer: member.peer,
      name: profile?.name ?? null,
      kind: member.kind,
      verification: member.verification,
      self: member.peer === self,
      speaking: spoke !== undefined && nowMs - spoke < SPEECH_HOLD_MS && profile?.media.microphone !== 'muted',
      microphone: profile?.media.microphone ?? 'none',
      camera: profile?.media.camera ?? 'none',
      sharing: profile?.media.sharing ?? false,
      handRaised: profile?.media.hand ?? false,
    };
  }
}
