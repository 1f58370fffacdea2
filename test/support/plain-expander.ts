import type { ObjectExpander } from '../../src/calendar/calendar-objects.ts';
import { expandCalendars } from '../../src/calendar/ical/expand.ts';

export const roomZone = 'Europe/Berlin';

/** The product's expansion without its thread, which takes longer to start than most tests take. */
export function plainExpander(referenceBy: 'object' | 'uid'): ObjectExpander {
  return {
    expand: async (objects, window, signal) => {
      signal.throwIfAborted();
      return expandCalendars(objects, window, roomZone, { referenceBy });
    },
    close: async () => undefined,
  };
}
