import type { BookingMeans } from '../../src/calendar/booking.ts';
import { CalendarError } from '../../src/calendar/calendar-error.ts';
import type { CalendarErrorCode } from '../../src/calendar/calendar-error.ts';
import type {
  CalendarEvent,
  CalendarReading,
  EventProblem,
  EventReference,
  TimeWindow,
} from '../../src/calendar/calendar-event.ts';
import type { CalendarSource, NewBooking } from '../../src/calendar/calendar-source.ts';
import { RoomSchedule } from '../../src/calendar/schedule.ts';
import type { ScheduleWishes } from '../../src/calendar/schedule.ts';
import type { ScheduleStore } from '../../src/calendar/schedule-memory.ts';
import type { BookingView, ScheduleView } from '../../src/calendar/schedule-state.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { ManualClock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/lib/log.ts';
import { silentLogger } from '../../src/lib/log.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A Thursday, 10 o'clock in Paris. */
export const TEN = Date.UTC(2026, 10, 26, 9, 0);

let made = 0;

export function calendarEvent(event: Partial<CalendarEvent> & { readonly link?: string } = {}): CalendarEvent {
  const { link, ...rest } = event;
  const startMs = event.startMs ?? TEN;
  return {
    reference: { event: `event-${++made}`, occurrence: null, version: '1' },
    title: 'Budget',
    organizer: 'Ana Ruiz',
    startMs,
    endMs: startMs + HOUR,
    allDay: false,
    isPrivate: false,
    isFree: false,
    isSeries: false,
    attendees: 3,
    places: { conferences: [], provider: [], url: null, location: link ?? null, description: null },
    ...rest,
  };
}

/** Links as the tests write them: `ours:…`, `teams:…`, `broken:…`. */
export const testMeans: BookingMeans = {
  findMeetingLink: ({ location }) => {
    if (location === null) return null;
    if (location.startsWith('ours:')) return { kind: 'joinable', link: location };
    return location.startsWith('teams:') ? { kind: 'other', service: 'Teams' } : { kind: 'incomplete' };
  },
  displayText: (text, maxLength) => text.replaceAll(/\p{Cc}/gu, '').slice(0, maxLength),
};

/** A calendar that does as its test says. It books whatever it is asked to, also over others. */
export class ScriptedCalendar implements CalendarSource {
  readonly kind = 'caldav';
  isWritable = true;
  events: CalendarEvent[];
  problems: EventProblem[] = [];
  /** What every reading, or every change, fails with. */
  readFailure: CalendarError | null = null;
  changeFailure: CalendarError | null = null;
  /** Nothing is answered before it is aborted. */
  hangs = false;
  /** Called before each change is made: what somebody else does just then. */
  beforeChange = (): void => undefined;
  readonly asked: string[] = [];
  readonly windows: TimeWindow[] = [];
  closed = false;
  /** How many ran at once, at most. */
  mostAtOnce = 0;
  #running = 0;

  constructor(events: CalendarEvent[] = []) {
    this.events = events;
  }

  fail(code: CalendarErrorCode, retryAfterMs: number | null = null): void {
    this.readFailure = new CalendarError(code, 'As scripted', { retryAfterMs });
  }

  read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    this.windows.push(window);
    return this.#run('read', this.readFailure, signal, () => ({
      events: this.events.filter(({ startMs, endMs }) => startMs < window.endMs && endMs >= window.startMs),
      problems: this.problems,
    }));
  }

  create({ title, startMs, endMs }: NewBooking, signal: AbortSignal): Promise<CalendarEvent> {
    return this.#change('create', signal, () => {
      const event = calendarEvent({ title, organizer: null, startMs, endMs });
      this.events.push(event);
      return event;
    });
  }

  changeEnd({ event, version }: EventReference, endMs: number, signal: AbortSignal): Promise<CalendarEvent> {
    return this.#change('changeEnd', signal, () => {
      const found = this.#find(event, version);
      const changed = { ...found, endMs, reference: { ...found.reference, version: `${version}+` } };
      this.events = this.events.map((each) => (each === found ? changed : each));
      return changed;
    });
  }

  release({ event, version }: EventReference, signal: AbortSignal): Promise<void> {
    return this.#change('release', signal, () => {
      const found = this.#find(event, version);
      this.events = this.events.filter((each) => each !== found);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #find(event: string, version: string | null): CalendarEvent {
    const found = this.events.find(({ reference }) => reference.event === event);
    if (!found) throw new CalendarError('calendar/not-found', 'As scripted');
    if (found.reference.version !== version) throw new CalendarError('calendar/conflict', 'As scripted');
    return found;
  }

  #change<T>(what: string, signal: AbortSignal, make: () => T): Promise<T> {
    return this.#run(what, this.changeFailure, signal, () => {
      this.beforeChange();
      return make();
    });
  }

  async #run<T>(what: string, failure: CalendarError | null, signal: AbortSignal, make: () => T): Promise<T> {
    this.asked.push(what);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new CalendarError('calendar/unreachable', 'Aborted')));
        if (!this.hangs) setImmediate(resolve);
      });
      if (failure) throw failure;
      return make();
    } finally {
      this.#running -= 1;
    }
  }
}

/** Keeps in memory what the schedule keeps. */
export class MemoryStore implements ScheduleStore {
  text: string | null = null;
  writes = 0;

  async read(): Promise<string | null> {
    return this.text;
  }

  async write(text: string): Promise<void> {
    this.text = text;
    this.writes += 1;
  }
}

/** A clock that can jump as after a sleep: the wall's time goes on, timers do not. */
export class JumpingClock extends ManualClock {
  #jumpedMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.#jumpedMs;
  }

  jump(byMs: number): void {
    this.#jumpedMs += byMs;
  }
}

export const shownBooking: BookingView = {
  id: 'b',
  title: 'Budget',
  organizer: null,
  startsAt: TEN,
  endsAt: TEN + HOUR,
  allDay: false,
  isPrivate: false,
  isFree: false,
  isSeries: false,
  phase: 'running',
  meeting: 'none',
  service: null,
  canJoin: false,
  isCheckedIn: true,
  madeHere: true,
};

/** A calendar without bookings, as the panel is shown it. */
export const emptySchedule: ScheduleView = {
  source: 'caldav',
  isWritable: true,
  state: 'fresh',
  readAt: TEN,
  bookings: [],
  omitted: 0,
  current: null,
  next: null,
  busyUntil: null,
  freeUntil: null,
  inCall: null,
  canBook: true,
  extendMinutes: [],
  canEnd: false,
  wantsCheckIn: false,
  releasing: null,
};

export const testWishes: ScheduleWishes = {
  pollMs: MINUTE,
  earlyMs: 10 * MINUTE,
  showsTitles: true,
  bookTitle: 'Booked in the room',
  release: { afterMinutes: 0, exceptTitles: [], exceptHours: 0, exceptOrganizers: [] },
  timeZone: 'Europe/Paris',
};

export function roomSchedule(
  source: CalendarSource,
  clock: Clock,
  options: {
    wishes?: Partial<ScheduleWishes>;
    store?: ScheduleStore;
    identity?: string;
    logger?: Logger;
  } = {},
): RoomSchedule {
  return new RoomSchedule({
    source,
    clock,
    identity: options.identity ?? 'calendar of the tests',
    store: options.store ?? new MemoryStore(),
    wishes: { ...testWishes, ...options.wishes },
    means: testMeans,
    random: () => 0.5,
    logger: options.logger ?? silentLogger,
  });
}
