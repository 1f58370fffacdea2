import type { Config } from './settings.ts';

const MINUTE_MS = 60_000;

/** What the room does with its bookings, from the settings. */
export interface BookingWishes {
  readonly earlyMs: number;
  readonly showsTitles: boolean;
  readonly bookTitle: string;
  readonly release: {
    readonly afterMinutes: number;
    readonly exceptTitles: readonly string[];
    readonly exceptHours: number;
    readonly exceptOrganizers: readonly string[];
  };
}

export function bookingWishes(config: Config): BookingWishes {
  return {
    earlyMs: config['calendar.earlyJoinMinutes'] * MINUTE_MS,
    showsTitles: config['calendar.showTitles'],
    bookTitle: config['calendar.bookTitle'],
    release: {
      afterMinutes: config['calendar.releaseAfterMinutes'],
      exceptTitles: config['calendar.releaseExceptTitles'],
      exceptHours: config['calendar.releaseExceptHours'],
      exceptOrganizers: config['calendar.releaseExceptOrganizers'],
    },
  };
}
