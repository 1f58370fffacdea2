import { join } from 'node:path';
import type { CallState } from './call/call-state.ts';
import type { BookingMeans } from './calendar/booking.ts';
import { displayText } from './calendar/display-text.ts';
import { findMeetingLink } from './calendar/link/meeting-link.ts';
import type { CalendarSource } from './calendar/calendar-source.ts';
import { RoomSchedule } from './calendar/schedule.ts';
import { scheduleFile } from './calendar/schedule-file.ts';
import { parseMeetingLink } from './crypto/link.ts';
import type { BookingWishes } from './config/schedule-wishes.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';

export interface RoomCalendarDeps {
  readonly source: CalendarSource;
  /** Which calendar it is, without secrets. */
  readonly identity: string;
  readonly wishes: BookingWishes & { readonly pollMs: number; readonly timeZone: string };
  readonly means: BookingMeans;
  readonly stateDirectory: string;
  readonly call: {
    readonly state: CallState;
    readonly events: { on: (event: 'state', listener: (state: CallState) => void) => () => void };
  };
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** The room's schedule, which knows of its calls; `close` closes the source too. Resolves when what was kept is shown. */
export async function startRoomCalendar(deps: RoomCalendarDeps): Promise<RoomSchedule> {
  const { source, identity, wishes, means, stateDirectory, call, clock, random, logger } = deps;
  const store = scheduleFile(join(stateDirectory, 'schedule.json'));
  const schedule = new RoomSchedule({ source, identity, wishes, means, store, clock, random, logger });
  const follow = ({ phase }: CallState): void => schedule.setInCall(phase !== 'idle' && phase !== 'leaving');
  await schedule.start();
  follow(call.state);
  schedule.onClose(call.events.on('state', follow));
  return schedule;
}

/** Links are joined on the room's own meeting server only: invitations come from anybody. */
export function bookingMeans(meetingServer: string): BookingMeans {
  const options = {
    hosts: [new URL(meetingServer).host],
    readOwnLink: (link: string) => {
      const parsed = parseMeetingLink(link);
      return parsed.kind === 'ok' ? parsed.kind : parsed.reason;
    },
  };
  return { displayText, findMeetingLink: (places) => findMeetingLink(places, options) };
}
