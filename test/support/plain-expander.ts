import type { CalendarWriter, ObjectExpander } from '../../src/calendar/calendar-objects.ts';
import { IcalWriter } from '../../src/calendar/ical-writer.ts';
import { expandCalendars } from '../../src/calendar/ical/expand.ts';
import { systemClock } from '../../src/lib/clock.ts';

export const roomZone = 'Europe/Berlin';
export const roomAddress = 'aurora@rooms.example';

/** The product's expansion without its thread, which takes longer to start than most tests take. */
export function plainExpander(referenceBy: 'object' | 'uid'): ObjectExpander {
  return {
    expand: async (objects, window, signal) => {
      signal.throwIfAborted();
      return expandCalendars(objects, window, roomZone, { referenceBy, roomAddress });
    },
    close: async () => undefined,
  };
}

export function roomWriter(): CalendarWriter {
  return new IcalWriter({ clock: systemClock, zone: roomZone, roomAddress });
}
