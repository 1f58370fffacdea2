import { CalendarError } from './calendar-error.ts';
import type { CalendarEvent, EventReference } from './calendar-event.ts';
import type { CalendarObject, ObjectExpander } from './calendar-objects.ts';

/** The occurrence of `object` that ends at `endMs`, as it was just written. @throws {CalendarError} `calendar/not-found`. */
export async function occurrenceIn(
  object: CalendarObject,
  wanted: Pick<EventReference, 'event' | 'occurrence'> & { readonly endMs: number },
  expander: ObjectExpander,
  signal: AbortSignal,
): Promise<CalendarEvent> {
  // A millisecond on each side finds it whether it has a length or not.
  const { events } = await expander.expand([object], { startMs: wanted.endMs - 1, endMs: wanted.endMs + 1 }, signal);
  const isWanted = ({ reference: { event, occurrence } }: CalendarEvent): boolean =>
    event === wanted.event && occurrence === wanted.occurrence;
  const found = events.find(isWanted);
  if (!found) throw new CalendarError('calendar/not-found', 'The calendar does not have the event as it was written');
  return found;
}
