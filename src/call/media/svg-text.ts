/** Pieces of the SVG that displays are drawn with. Texts come from others: control characters go, the rest is escaped. */

export const FONT = 'Inter, DejaVu Sans, sans-serif';
/** Of a letter of `FONT` by its size, with something to spare. */
export const LETTER_WIDTH = 0.62;

/** What can be seen of `text`, at most `longest` letters. */
export function clean(text: string, longest: number): string {
  const visible = [...text.normalize('NFC')].filter(
    (each) => !/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029]/u.test(each),
  );
  return shorten(visible.join(''), longest);
}

/** With an ellipsis when it is longer. */
export function shorten(text: string, longest: number): string {
  const letters = [...text];
  return letters.length > longest ? `${letters.slice(0, Math.max(0, longest - 1)).join('')}…` : text;
}

export const escape = (text: string): string => text.replace(/[&<>"']/g, (each) => `&#${each.codePointAt(0) ?? 63};`);
