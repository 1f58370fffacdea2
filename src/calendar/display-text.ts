/** Graphemes longer than this are heaps of marks that would cover their neighbours. */
const MAX_GRAPHEME_CHARS = 24;

/** What turns text around or hides in it: marks of direction, joiners without width, tags, controls. U+200C and U+200D make letters and emoji. */
const hidden =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const blank = /[\p{Cc}\s\u2028\u2029]+/gu;

/**
 * Anybody's text, fit for a screen of ours: one line, without controls and without marks that change the direction of what
 * is around it, at most `maxGraphemes` characters as people count them, with `…` for the rest. Markup is not touched: it is
 * shown as text, never as HTML.
 */
export function displayText(text: string, maxGraphemes: number): string {
  // More than can be shown need not be looked at.
  const looked = text.slice(0, maxGraphemes * MAX_GRAPHEME_CHARS * 2 + 1_000).toWellFormed();
  const line = looked.replace(hidden, '').replace(blank, ' ').trim();
  const graphemes: string[] = [];
  for (const { segment } of new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(line)) {
    if (graphemes.length === maxGraphemes) return `${graphemes.slice(0, -1).join('').trimEnd()}…`;
    graphemes.push(
      segment.length <= MAX_GRAPHEME_CHARS ? segment : segment.slice(0, MAX_GRAPHEME_CHARS).toWellFormed(),
    );
  }
  return graphemes.join('');
}
