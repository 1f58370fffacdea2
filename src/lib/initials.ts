/** One or two letters that stand for a person without a picture; empty for a name without letters. */
export function initialsOf(name: string | null): string {
  const words = (name ?? '').trim().split(/\s+/).filter(Boolean);
  const ends = [words[0], words.length > 1 ? words.at(-1) : undefined];
  // By code points: a character of two UTF-16 units must not be cut in half.
  const letters = ends.map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toUpperCase();
}
