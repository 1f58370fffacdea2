import * as v from 'valibot';

/** Bodies of the API's requests; nothing else is accepted. The OpenAPI file describes the same, held equal by a test. */
export const bodies = {
  join: v.pipe(
    v.strictObject({
      link: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(2_048))),
      next: v.optional(v.literal(true)),
      muted: v.optional(v.boolean(), false),
      cameraOff: v.optional(v.boolean(), false),
    }),
    v.check(({ link, next }) => (link === undefined) !== (next === undefined), 'give either "link" or "next": true'),
  ),
  empty: v.optional(v.strictObject({}), {}),
  mute: v.strictObject({ muted: v.boolean() }),
  camera: v.strictObject({ off: v.boolean() }),
  volume: v.strictObject({ percent: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)) }),
  share: v.strictObject({ sharing: v.boolean() }),
  hand: v.strictObject({ raised: v.boolean() }),
  layout: v.pipe(
    v.strictObject({
      mode: v.optional(v.picklist(['speaker', 'grid'])),
      page: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000))),
      selfView: v.optional(v.boolean()),
    }),
    v.check((change) => Object.keys(change).length > 0, 'give "mode", "page" or "selfView"'),
  ),
  chat: v.strictObject({ text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4_000)) }),
} as const;

/** Which display a picture is asked of. */
export const displayQuery = v.object({ display: v.optional(v.picklist(['1', '2']), '1') });
