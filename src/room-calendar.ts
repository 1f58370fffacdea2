import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { CallState } from './call/call-state.ts';
import type { BookingMeans } from './calendar/booking.ts';
import { displayText } from './calendar/display-text.ts';
import { findMeetingLink } from './calendar/link/meeting-link.ts';
import type { CalendarSource } from './calendar/calendar-source.ts';
import { openCalendarSource } from './calendar/open.ts';
import { RoomSchedule } from './calendar/schedule.ts';
import { scheduleFile } from './calendar/schedule-file.ts';
import { calendarWishes } from './config/calendar-wishes.ts';
import type { BookingWishes } from './config/schedule-wishes.ts';
import { bookingWishes } from './config/schedule-wishes.ts';
import type { Config } from './config/settings.ts';
import { parseMeetingLink } from './crypto/link.ts';
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

export interface ConfiguredCalendarDeps extends Pick<
  RoomCalendarDeps,
  'stateDirectory' | 'call' | 'clock' | 'random' | 'logger'
> {
  readonly config: Config;
  /** An IANA name. */
  readonly machineTimeZone: string;
  readonly cacheDirectory: string;
}

/**
 * The schedule over the calendar that the configuration names; null: the room has none.
 * @throws {ConfigError} config/incomplete @throws {CalendarError} calendar/refused for certificates that cannot be read.
 */
export async function openRoomCalendar(deps: ConfiguredCalendarDeps): Promise<RoomSchedule | null> {
  const { config, machineTimeZone, cacheDirectory, ...means } = deps;
  const wishes = calendarWishes(config, machineTimeZone);
  const source = await openCalendarSource(wishes, {
    clock: deps.clock,
    makeUid: randomUUID,
    localFile: join(deps.stateDirectory, 'calendar.ics'),
    compileCacheDir: join(cacheDirectory, 'compile-cache'),
  });
  if (!source) return null;
  return startRoomCalendar({
    ...means,
    source,
    // The address of a published calendar is a secret; its digest is none.
    identity: createHash('sha256').update(JSON.stringify(wishes.source)).digest('base64url'),
    wishes: { ...bookingWishes(config), pollMs: wishes.pollMs, timeZone: wishes.zone },
    means: bookingMeans(wishes.hosts),
  });
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

/** Links are joined on these meeting servers only, `host` or `host:port`: invitations come from anybody. */
export function bookingMeans(hosts: readonly string[]): BookingMeans {
  const options = {
    hosts,
    readOwnLink: (link: string) => {
      const parsed = parseMeetingLink(link);
      return parsed.kind === 'ok' ? parsed.kind : parsed.reason;
    },
  };
  return { displayText, findMeetingLink: (places) => findMeetingLink(places, options) };
}
