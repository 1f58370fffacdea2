import type { RoomActions } from './actions.ts';
import { get, post } from './route.ts';
import type { Route } from './route.ts';
import { bodies } from './schemas.ts';

/** The room's bookings; each post but the last two answers with the booking as it is afterwards. */
export function calendarRoutes(actions: RoomActions): readonly Route[] {
  const { calendar } = actions;
  return [
    post('/calendar/book', bodies.book, async ({ minutes, to }) => ({
      booking: await calendar.book(minutes === undefined ? { to: to ?? 'half-hour' } : { minutes }),
    })),
    post('/calendar/extend', bodies.extend, async ({ booking, minutes }) => ({
      booking: await calendar.extend(booking, minutes),
    })),
    post('/calendar/end', bodies.booking, async ({ booking }) => ({ booking: await calendar.end(booking) })),
    post('/calendar/check-in', bodies.booking, async ({ booking }) => ({ booking: await calendar.checkIn(booking) })),
    post('/calendar/skip', bodies.booking, async ({ booking }) => {
      await calendar.skip(booking);
      return actions.state();
    }),
    post('/calendar/refresh', bodies.empty, async () => ({ schedule: await calendar.refresh() })),
    get('/calendar/test', () => calendar.test()),
  ];
}
