import { createHash } from 'node:crypto';
import type { CalendarEvent, CalendarReading, EventProblem, TimeWindow } from '../calendar-event.ts';
import type { Zone } from '../zone/zone.ts';
import { ZoneBook } from '../zone/zone-book.ts';
import { type CalendarLimits, calendarLimits, StepBudget } from './limits.ts';
import { type ParsedObject, parseObject } from './parsed-object.ts';
import { isLater, type Occurrence, occurrencesOf, originalOf, type SeriesParts, type SourcedEvent } from './series.ts';

/** An object of a calendar: one event of a CalDAV server with its exceptions, or a whole ICS file. */
export interface CalendarObject {
  /** How the source finds it again: its href, or its UID. */
  readonly event: string;
  /** ETag; unchanged objects are not parsed again. Null: parsed every time. */
  readonly version: string | null;
  readonly text: string;
}

export interface ExpandOptions {
  /** The room's own address; what it declined is left out. */
  readonly roomAddress?: string | null;
  /** What `EventReference.event` is: the object's `event`, or the UID where one object holds a whole calendar. */
  readonly referenceBy?: 'object' | 'uid';
  readonly limits?: Partial<CalendarLimits>;
}

/** `text` null: it was parsed before by the same state, and has not changed. */
export interface GivenObject extends Omit<CalendarObject, 'text'> {
  readonly text: string | null;
}

/** Told before each piece of work, so that whoever waits knows what takes so long. `uid` is null while parsing. */
export type ProgressListener = (object: number, uid: string | null) => void;

/** Work that is not to be done again: it took too long. `uid` null: the whole object. */
export interface Skipped {
  readonly event: string;
  readonly version: string | null;
  readonly uid: string | null;
}

/** What remains between readings. Parsed texts are kept by object and version. */
export interface ExpanderState {
  readonly book: ZoneBook;
  readonly parsed: Map<string, ParsedObject>;
}

const MAX_REFERENCE_CHARS = 512;

/**
 * The occurrences of all objects that overlap `window`. Recurrences are expanded here, whatever the server says of them; what
 * cannot be read costs its own event and is told in `problems`. `zone` is the room's, an IANA name: floating times and days
 * are read in it. Takes as long as it takes: see `CalendarExpander` for a bound.
 *
 * @throws {RangeError} when `zone` is no zone.
 */
export function expandCalendars(
  objects: readonly CalendarObject[],
  window: TimeWindow,
  zone: string,
  options: ExpandOptions = {},
): CalendarReading {
  return new Expansion(newExpanderState(), window, zone, options).run(objects, [], () => undefined);
}

export function newExpanderState(): ExpanderState {
  return { book: new ZoneBook(), parsed: new Map() };
}

interface Group {
  readonly uid: string;
  readonly masters: SourcedEvent[];
  readonly exceptions: SourcedEvent[];
}

/** One reading. */
export class Expansion {
  readonly #state: ExpanderState;
  readonly #window: TimeWindow;
  readonly #room: Zone;
  readonly #roomAddress: string | null;
  readonly #byUid: boolean;
  readonly #limits: CalendarLimits;
  readonly #steps: StepBudget;
  readonly #problems: EventProblem[] = [];
  readonly #events: CalendarEvent[] = [];
  readonly #used = new Set<string>();
  #objects: readonly GivenObject[] = [];
  #skipped: readonly Skipped[] = [];

  constructor(state: ExpanderState, window: TimeWindow, zone: string, options: ExpandOptions) {
    this.#state = state;
    this.#window = window;
    const room = state.book.find(zone);
    if (room === null) throw new RangeError(`${zone} is not a time zone`);
    this.#room = room;
    this.#roomAddress = options.roomAddress?.toLowerCase() ?? null;
    this.#byUid = options.referenceBy === 'uid';
    this.#limits = { ...calendarLimits, ...options.limits };
    this.#steps = new StepBudget(this.#limits.steps, null);
  }

  run(objects: readonly GivenObject[], skipped: readonly Skipped[], progress: ProgressListener): CalendarReading {
    this.#objects = objects;
    this.#skipped = skipped;
    for (const group of this.#groups(progress)) {
      const object = (group.masters[0] ?? group.exceptions[0])?.object ?? 0;
      const uid = shortReference(group.uid);
      if (this.#isSkipped(object, uid) || this.#events.length >= this.#limits.occurrences) {
        this.#problem('calendar/recurrence-cut-off', object, group.uid);
        continue;
      }
      progress(object, uid);
      this.#expand(group, object);
    }
    this.#forgetOthers();
    return { events: this.#events.sort(byStart), problems: this.#problems };
  }

  /** All components by UID, over all objects: some servers keep exceptions as objects of their own. */
  #groups(progress: ProgressListener): Iterable<Group> {
    const groups = new Map<string, Group>();
    const components = { left: this.#limits.components };
    let chars = 0;
    for (const [index, object] of this.#objects.entries()) {
      if (this.#isSkipped(index, null)) {
        this.#problem('calendar/event-malformed', index, null);
        continue;
      }
      progress(index, null);
      const parsed = this.#parse(object, components);
      chars += parsed.chars;
      if (chars > this.#limits.totalChars) this.#problem('calendar/event-too-large', index, null);
      else this.#gather(groups, index, parsed);
    }
    return groups.values();
  }

  #isSkipped(object: number, uid: string | null): boolean {
    const { event, version } = this.#objects[object] ?? { event: '', version: null };
    return this.#skipped.some((entry) => entry.uid === uid && entry.event === event && entry.version === version);
  }

  #gather(groups: Map<string, Group>, object: number, parsed: ParsedObject): void {
    for (const { code, uid } of parsed.problems) this.#problem(code, object, uid);
    for (const [index, event] of parsed.events.entries()) {
      // An event without a UID is alone.
      const uid = event.uid ?? `${this.#objects[object]?.event ?? ''}#${index}`;
      const group = groups.get(uid) ?? { uid, masters: [], exceptions: [] };
      groups.set(uid, group);
      (event.recurrenceId === null ? group.masters : group.exceptions).push({ event, object });
    }
  }

  #parse(object: GivenObject, components: { left: number }): ParsedObject {
    if (object.version === null) return this.#parseText(object.text ?? '', components);
    const key = `${object.event}\n${object.version}\n${this.#room.id}\n${this.#roomAddress ?? ''}`;
    this.#used.add(key);
    const kept = this.#state.parsed.get(key);
    components.left -= kept?.components ?? 0;
    const parsed = kept ?? this.#parseText(object.text ?? '', components);
    this.#state.parsed.set(key, parsed);
    return parsed;
  }

  #parseText(text: string, components: { left: number }): ParsedObject {
    if (text.length > this.#limits.objectChars)
      return { events: [], problems: [{ code: 'calendar/event-too-large', uid: null }], components: 0, chars: 0 };
    return parseObject(text, this.#state.book, this.#room, this.#roomAddress, this.#limits, components);
  }

  /** What is not in the calendar any more need not be kept. */
  #forgetOthers(): void {
    for (const key of this.#state.parsed.keys()) if (!this.#used.has(key)) this.#state.parsed.delete(key);
  }

  #expand(group: Group, object: number): void {
    const parts = this.#latest(group);
    const budget = new StepBudget(this.#limits.stepsPerEvent, this.#steps);
    const all = occurrencesOf(parts, this.#window, this.#room, budget);
    const found = all.sort((a, b) => a.startMs - b.startMs).slice(0, this.#limits.occurrencesPerEvent);
    if (budget.isExhausted || found.length < all.length)
      this.#problem('calendar/recurrence-cut-off', object, group.uid);
    const room = this.#limits.occurrences - this.#events.length;
    if (found.length > room) this.#problem('calendar/recurrence-cut-off', object, group.uid);
    for (const occurrence of found.slice(0, Math.max(0, room))) this.#events.push(this.#event(occurrence, group.uid));
  }

  /** One master, and for each occurrence one exception and one range: the latest versions. */
  #latest({ masters, exceptions }: Group): SeriesParts {
    const master = masters.reduce<SourcedEvent | null>(
      (best, next) => (best === null || isLater(next.event, best.event) ? next : best),
      null,
    );
    const byOriginal = new Map<string, SourcedEvent>();
    for (const exception of exceptions) {
      const original = `${originalOf(exception.event, master?.event ?? null, this.#room)} ${exception.event.isRange}`;
      const other = byOriginal.get(original);
      if (other === undefined || isLater(exception.event, other.event)) byOriginal.set(original, exception);
    }
    return { master, exceptions: [...byOriginal.values()] };
  }

  #event({ event, object, startMs, endMs, allDay, isSeries, originalMs }: Occurrence, uid: string): CalendarEvent {
    const { isDeclined: _, ...details } = event.details;
    const reference = {
      event: this.#referenceOf(object, uid),
      occurrence: originalMs,
      version: this.#objects[object]?.version ?? null,
    };
    return { reference, ...details, startMs, endMs, allDay, isSeries, places: event.places };
  }

  #problem(code: string, object: number, uid: string | null): void {
    const isNameless = this.#byUid && uid === null;
    this.#problems.push({ code, event: isNameless ? null : this.#referenceOf(object, uid ?? '') });
  }

  #referenceOf(object: number, uid: string): string {
    return shortReference(this.#byUid ? uid : (this.#objects[object]?.event ?? ''));
  }
}

function byStart(a: CalendarEvent, b: CalendarEvent): number {
  return (
    a.startMs - b.startMs ||
    (a.reference.event < b.reference.event ? -1 : a.reference.event > b.reference.event ? 1 : 0)
  );
}

/** As it is, or where it is longer than a reference may be, by its hash. */
export function shortReference(name: string): string {
  if (name.length <= MAX_REFERENCE_CHARS) return name;
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}
