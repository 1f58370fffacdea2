/** What a booking says about its meeting. A joinable link holds key material: it is never logged and never leaves the daemon. */
export type FoundMeeting =
  | { readonly kind: 'joinable'; readonly link: string }
  /** A link of a service that cannot be joined here, by its name. */
  | { readonly kind: 'other'; readonly service: string }
  /** A link of ours that lost its part after `#`. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'none' };
