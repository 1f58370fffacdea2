/** What the tests in the room and the meeting on the host say to each other: lines of JSON over a wire of their own. */

export type MeetingRequest = { readonly id: number } & (
  | { readonly ask: 'invitation' }
  | { readonly ask: 'enter'; readonly name: string }
  | { readonly ask: 'figures'; readonly room: string }
);

export type MeetingAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

export interface Invitation {
  readonly link: string;
  /** As the room reaches it. */
  readonly serverUrl: string;
  /** PEM. */
  readonly certificate: string;
}

/** What a person in the meeting has got of the room since they came. */
export interface PersonFigures {
  readonly people: readonly string[];
  /** Decrypted, decoded and shown. */
  readonly pictures: number;
  readonly pictureWidth: number;
  readonly voicePackets: number;
  /** Pictures and packets that could not be decrypted. */
  readonly notOpened: number;
  /** The loudest 5 ms of the last half second, 0 to 1. */
  readonly loudness: number;
}
