/** As much of HTML as it takes to find a link: no tree, one pass. */
const names: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  num: '#',
  colon: ':',
  sol: '/',
  period: '.',
  lowbar: '_',
  shy: '',
};

const MAX_TAG_CHARS = 16_384;
/** These stand inside words: what is around them belongs together. */
const inline = /^\/?(wbr|b|i|u|em|strong|span|font|code|small)\b/i;

export function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return names[name.toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The targets of links, and the text that is shown. */
export function linksOfHtml(html: string): { readonly hrefs: readonly string[]; readonly text: string } {
  const hrefs: string[] = [];
  const shown: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    const close = open < 0 ? -1 : html.indexOf('>', open);
    if (close < 0) break;
    shown.push(html.slice(at, open));
    const tag = html.slice(open + 1, Math.min(close, open + MAX_TAG_CHARS));
    const href = hrefOf(tag);
    if (href !== null) hrefs.push(decodeEntities(href));
    if (!inline.test(tag)) shown.push('\n');
    at = close + 1;
  }
  shown.push(html.slice(at));
  return { hrefs, text: decodeEntities(shown.join('')) };
}

function hrefOf(tag: string): string | null {
  const match = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(tag);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}
