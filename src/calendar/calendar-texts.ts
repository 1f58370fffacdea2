interface ProblemText {
  readonly message: string;
  /** What a person can do; empty when it mends itself. */
  readonly action: string;
}

/** What a person reads of a problem of the calendar; docs/errors.md says more. */
const texts: Readonly<Record<string, ProblemText>> = {
  'calendar/unreachable': {
    message: 'The room’s calendar cannot be reached.',
    action: 'Check the network; the room keeps trying.',
  },
  'calendar/throttled': {
    message: 'The calendar service asks the room to wait.',
    action: 'Nothing, it passes; if it comes often, read less often: raise calendar.pollSeconds.',
  },
  'calendar/refused': {
    message: 'The calendar service refuses the room.',
    action: 'Check the user, the password or token and the rights of the room’s account in the settings.',
  },
  'calendar/not-found': {
    message: 'The room’s calendar is not where the settings say.',
    action: 'Check its address or name in the settings.',
  },
  'calendar/unreadable': {
    message: 'What the calendar service answers is no calendar.',
    action: 'Check its address in the settings; a sign-in page in between answers like this.',
  },
  'calendar/event-malformed': {
    message: 'A booking in the calendar cannot be read and is not shown.',
    action: 'Open it in the calendar program and save it again, or remove it.',
  },
  'calendar/event-too-large': {
    message: 'A booking in the calendar is too large and is not shown.',
    action: 'Remove what is attached to it.',
  },
  'calendar/recurrence-cut-off': {
    message: 'A series in the calendar has too many bookings; some are not shown.',
    action: 'Give the series an end, or make it again with a simpler rule.',
  },
  'calendar/time-zone-unknown': {
    message: 'A booking is in a time zone that is not known; it may be shown at a wrong time.',
    action: 'Save it again with a time zone of the list in the calendar program.',
  },
  'calendar/too-many': {
    message: 'There are more bookings than the room keeps; the latest are not shown.',
    action: 'Check that the settings name the calendar of this room.',
  },
};

const unknown: ProblemText = {
  message: 'Something is wrong with the room’s calendar.',
  action: 'Look its code up in docs/errors.md.',
};

/** A problem in a person's words. */
export function calendarText(code: string): ProblemText {
  return texts[code] ?? unknown;
}

/** Whether there are words for the code. */
export function hasCalendarText(code: string): boolean {
  return Object.hasOwn(texts, code);
}
