import type { Clock } from '../lib/clock.ts';
import { CalendarError } from './calendar-error.ts';
import type { CalendarWriter, EventTarget } from './calendar-objects.ts';
import type { NewBooking } from './calendar-source.ts';
import type { TreeComponent } from './ical/component-tree.ts';
import { parseTree } from './ical/component-tree.ts';
import type { WriteContext } from './ical/write.ts';
import { cancelOccurrence, changeEnd, declineOccurrence, deleteEvent, writeEvent } from './ical/write.ts';

export interface IcalWriterOptions {
  readonly clock: Clock;
  /** The room's, an IANA name. */
  readonly zone: string;
  /** The room's own address, without `mailto:`; null when it is not known. */
  readonly roomAddress: string | null;
}

/** Changes to iCalendar objects at the time of the room's clock. */
export class IcalWriter implements CalendarWriter {
  readonly #options: IcalWriterOptions;

  constructor(options: IcalWriterOptions) {
    this.#options = options;
  }

  /** Without an organizer: a server that does scheduling knows whose calendar it is, and refuses one that it does not expect. */
  create(booking: NewBooking, uid: string): string {
    return writeEvent({ ...booking, uid, nowMs: this.#options.clock.wallMs(), organizer: null });
  }

  add(calendar: string, other: string): string {
    const tree = treeOf(calendar);
    tree.entries.push(...treeOf(other).components('VEVENT'));
    return tree.toString();
  }

  changeEnd(text: string, target: EventTarget, endMs: number): string {
    return changeEnd(text, this.#context(target), endMs);
  }

  decline(text: string, target: EventTarget): string | null {
    const { roomAddress } = this.#options;
    return roomAddress === null ? null : declineOccurrence(text, this.#context(target), roomAddress);
  }

  remove(text: string, target: EventTarget): string | null {
    const context = this.#context(target);
    return target.occurrence === null ? deleteEvent(text, context) : cancelOccurrence(text, context);
  }

  #context(target: EventTarget): WriteContext {
    const { clock, zone } = this.#options;
    return { ...target, zone, nowMs: clock.wallMs() };
  }
}

function treeOf(text: string): TreeComponent {
  const tree = parseTree(text);
  if (!tree) throw new CalendarError('calendar/unreadable', 'The calendar is damaged');
  return tree;
}
