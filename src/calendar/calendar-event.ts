/** A span of time, ms since 1970: `startMs` (inclusive) to `endMs` (exclusive). */
export interface TimeWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Where a meeting link may stand, best first: RFC 7986 CONFERENCE, what providers add, URL, LOCATION, DESCRIPTION. */
export interface LinkPlaces {
  readonly conferences: readonly string[];
  readonly provider: readonly string[];
  readonly url: string | null;
  readonly location: string | null;
  /** Plain text or HTML, as it came. */
  readonly description: string | null;
}

/** What a source needs to find the occurrence again when the room changes it. */
export interface EventReference {
  /** Stable over polls and restarts, at most 512 characters; unique with `occurrence` within a source. */
  readonly event: string;
  /** The original start of an occurrence of a series, ms since 1970; null for a single event. */
  readonly occurrence: number | null;
  /** The version read (ETag, changeKey), so that a change made elsewhere is noticed; null where there is none. */
  readonly version: string | null;
}

/** One occurrence as a source gives it: recurrences are expanded, cancelled and declined ones left out. Texts are as they came. */
export interface CalendarEvent {
  readonly reference: EventReference;
  readonly title: string;
  /** A name, or an address where there is no name. */
  readonly organizer: string | null;
  readonly startMs: number;
  /** After `startMs`, or equal to it for an event without length. */
  readonly endMs: number;
  /** Begins and ends at midnight of the room's time zone. */
  readonly allDay: boolean;
  /** CLASS:PRIVATE or CONFIDENTIAL, or what the provider calls so: titles are not shown. */
  readonly isPrivate: boolean;
  /** TRANSP:TRANSPARENT, `showAs: free`: it does not occupy the room. */
  readonly isFree: boolean;
  readonly isSeries: boolean;
  readonly attendees: number;
  readonly places: LinkPlaces;
}

/** Something in the calendar that could not be used: it costs that event, never the others. */
export interface EventProblem {
  /** `calendar/event-malformed`, `calendar/recurrence-cut-off`, `calendar/event-too-large`, `calendar/time-zone-unknown`. */
  readonly code: string;
  /** The event as `EventReference.event`; null when not even that could be read. */
  readonly event: string | null;
}

export interface CalendarReading {
  /** All that overlap the window, by start. */
  readonly events: readonly CalendarEvent[];
  readonly problems: readonly EventProblem[];
}
