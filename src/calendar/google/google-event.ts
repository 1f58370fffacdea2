import * as v from 'valibot';

const nullish = <T extends v.GenericSchema>(schema: T) => v.nullish(schema, null);
const text = nullish(v.string());
const date = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/));
/** RFC 3339, to the instant. */
const instant = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/),
  v.transform(Date.parse),
  v.check((ms) => !Number.isNaN(ms)),
);
/** A day, or an instant with the zone that a recurrence repeats in. */
const moment = v.union([
  v.object({ date }),
  v.object({ dateTime: instant, timeZone: nullish(v.pipe(v.string(), v.regex(/^[\w+/-]{1,64}$/))) }),
]);
export type GoogleMoment = v.InferOutput<typeof moment>;

const id = v.pipe(v.string(), v.regex(/^[\w.@-]{1,512}$/));
const person = nullish(v.object({ email: text, displayName: text, self: nullish(v.boolean()) }));

/** An `event` of the Calendar API v3 that takes place. */
export const googleEvent = v.object({
  id,
  etag: v.string(),
  status: v.nullish(v.picklist(['confirmed', 'tentative']), 'confirmed'),
  summary: text,
  description: text,
  location: text,
  start: moment,
  end: moment,
  recurrence: nullish(v.pipe(v.array(v.string()), v.maxLength(1_000))),
  recurringEventId: nullish(id),
  originalStartTime: nullish(moment),
  visibility: text,
  transparency: text,
  organizer: person,
  attendees: nullish(
    v.array(
      v.object({ self: nullish(v.boolean()), responseStatus: text, email: text, resource: nullish(v.boolean()) }),
    ),
  ),
  hangoutLink: text,
  conferenceData: nullish(v.object({ entryPoints: nullish(v.array(v.object({ entryPointType: text, uri: text }))) })),
});
export type GoogleEvent = v.InferOutput<typeof googleEvent>;

/** One that does not: deleted, or an instance taken out of its series. */
export const googleCancelled = v.object({
  id,
  status: v.literal('cancelled'),
  recurringEventId: nullish(id),
  originalStartTime: nullish(moment),
});
export type GoogleCancelled = v.InferOutput<typeof googleCancelled>;

export type GoogleEntry = GoogleEvent | GoogleCancelled;

export function isCancelled(entry: GoogleEntry): entry is GoogleCancelled {
  return entry.status === 'cancelled';
}

/** The room has said no. */
export function isDeclined(event: GoogleEvent): boolean {
  return event.attendees?.some(({ self, responseStatus }) => self === true && responseStatus === 'declined') === true;
}

/** Made in the room's own calendar. */
export function isOwn(event: GoogleEvent): boolean {
  return event.organizer?.self === true;
}
