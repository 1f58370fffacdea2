import { setting } from './setting.ts';
import { flag, integer, listOf, text } from './value-types.ts';

const words = (accepts: string): ReturnType<typeof text> =>
  text({ maxLength: 100, pattern: '^[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+$', accepts });

/** Settings of what the room does with its bookings, whichever calendar they come from. */
export const scheduleSettings = {
  'calendar.earlyJoinMinutes': setting(
    integer(0, 60, 'minutes'),
    10,
    'restart',
    'How long before its start a meeting can be joined by one touch.',
  ),
  'calendar.bookTitle': setting(
    words('a text of 1 to 100 printable characters'),
    'Booked in the room',
    'restart',
    'The title of bookings made in the room.',
  ),
  'calendar.showTitles': setting(
    flag,
    true,
    'restart',
    'Whether titles and organizers are shown in the room; those of private bookings never are.',
  ),
  'calendar.releaseAfterMinutes': setting(
    integer(0, 60, 'minutes'),
    0,
    'restart',
    'A booking that nobody has come to so long after its start is given back, after a countdown on the panel; a call, a touch of the check-in button and the presence sensor show that somebody has come. 0: never.',
  ),
  'calendar.releaseExceptTitles': setting(
    listOf(words('a word of 1 to 100 printable characters'), 32),
    [],
    'restart',
    'Bookings whose title contains one of these words, in capitals or not, are not given back.',
  ),
  'calendar.releaseExceptHours': setting(
    integer(0, 24, 'hours'),
    4,
    'restart',
    'Bookings at least so long are not given back; 0: their length does not matter. Those of whole days never are.',
  ),
  'calendar.releaseExceptOrganizers': setting(
    listOf(words('a name or address of 1 to 100 printable characters'), 32),
    [],
    'restart',
    'Bookings of these organizers, as the panel shows them, are not given back.',
  ),
} as const;
