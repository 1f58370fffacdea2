import { ExclusiveRunner } from '../../lib/exclusive.ts';
import { CalendarError } from '../calendar-error.ts';
import type { CalendarEvent, CalendarReading, EventReference, TimeWindow } from '../calendar-event.ts';
import type { CalendarWriter, EventTarget, ObjectExpander } from '../calendar-objects.ts';
import type { CalendarSource, NewBooking } from '../calendar-source.ts';
import { occurrenceIn } from '../occurrence-in.ts';
import type { CalendarContent, CalendarFile } from './calendar-file.ts';

export interface LocalOptions {
  readonly file: CalendarFile;
  /** One that refers by UID. */
  readonly expander: ObjectExpander;
  readonly writer: CalendarWriter;
  readonly makeUid: () => string;
}

/** The room's own calendar, for rooms without a service. `EventReference.event` is the UID, `version` made of the event's text. */
export class LocalSource implements CalendarSource {
  readonly kind = 'local';
  readonly isWritable = true;
  readonly #options: LocalOptions;
  /** A change reads the file, so no other may come in between. */
  readonly #runner = new ExclusiveRunner(closed);

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  async read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    signal.throwIfAborted();
    const content = await this.#runner.run(() => this.#options.file.read());
    const reading = await this.#options.expander.expand([objectOf(content)], window, signal);
    return { ...reading, events: reading.events.map((event) => versioned(event, content)) };
  }

  async create(booking: NewBooking, signal: AbortSignal): Promise<CalendarEvent> {
    const { writer, makeUid } = this.#options;
    const uid = makeUid();
    const content = await this.#change(signal, ({ text }) => writer.add(text, writer.create(booking, uid)));
    return this.#told(content, { event: uid, occurrence: null }, booking.endMs, signal);
  }

  async changeEnd(reference: EventReference, endMs: number, signal: AbortSignal): Promise<CalendarEvent> {
    const content = await this.#change(signal, (current) => {
      checkVersion(reference, current);
      return this.#options.writer.changeEnd(current.text, targetOf(reference), endMs);
    });
    return this.#told(content, reference, endMs, signal);
  }

  async release(reference: EventReference, signal: AbortSignal): Promise<void> {
    await this.#change(signal, (current) => {
      checkVersion(reference, current);
      return this.#options.writer.remove(current.text, targetOf(reference));
    });
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.#options.expander.close();
  }

  /** Null: nothing remains. Returns what the file holds afterwards. */
  #change(signal: AbortSignal, change: (current: CalendarContent) => string | null): Promise<CalendarContent> {
    const { file } = this.#options;
    return this.#runner.run(async () => {
      signal.throwIfAborted();
      await file.write(change(await file.read()) ?? '');
      return file.read();
    });
  }

  async #told(
    content: CalendarContent,
    { event, occurrence }: Pick<EventReference, 'event' | 'occurrence'>,
    endMs: number,
    signal: AbortSignal,
  ): Promise<CalendarEvent> {
    const wanted = { event, occurrence, endMs };
    return versioned(await occurrenceIn(objectOf(content), wanted, this.#options.expander, signal), content);
  }
}

function objectOf({ text, version }: CalendarContent): { event: string; version: string; text: string } {
  return { event: 'calendar', version, text };
}

function versioned(event: CalendarEvent, { versions }: CalendarContent): CalendarEvent {
  return { ...event, reference: { ...event.reference, version: versions.get(event.reference.event) ?? null } };
}

function checkVersion({ event, version }: EventReference, { versions }: CalendarContent): void {
  const current = versions.get(event);
  if (current === undefined) throw new CalendarError('calendar/not-found', 'The event is not there any more');
  if (version !== null && version !== current)
    throw new CalendarError('calendar/conflict', 'The event was changed by somebody else meanwhile');
}

function targetOf({ event, occurrence }: EventReference): EventTarget {
  return { uid: event, occurrence };
}

function closed(): CalendarError {
  return new CalendarError('calendar/unreachable', "The room's calendar is closed");
}
