/** What looks like a link in a text. Everything here is linear in the length of the text: it is anybody's. */
import { decodeEntities, linksOfHtml } from './html.ts';
import { MAX_URL_CHARS } from './unwrap.ts';

const urlCharacters = /[^\s\p{Cc}<>"'`{}|\\^]*/uy;

/** In order, some of them twice: as it stands there, then as HTML where it is any. `hosts` are found without `https://` too. */
export function* candidatesOf(text: string, hosts: readonly string[]): Generator<string> {
  yield* linksOfText(text);
  for (const host of hosts) yield* bareLinks(text, host);
  if (!/[<&]/.test(text)) return;
  const html = linksOfHtml(text);
  for (const href of html.hrefs) yield trimmed(href.trim());
  yield* linksOfText(html.text);
  yield* linksOfText(decodeEntities(text));
}

function* linksOfText(text: string): Generator<string> {
  for (const { index } of text.matchAll(/https?:\/\//gi)) yield linkAt(text, index);
}

/** `meet.example.org/m/...`, as people type it into the place of a meeting. */
function* bareLinks(text: string, host: string): Generator<string> {
  const wanted = `${host}/`;
  const lower = text.toLowerCase();
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
    if (at === 0 || /[\s(<>[",;]/.test(text.charAt(at - 1))) yield `https://${linkAt(text, at)}`;
  }
}

function linkAt(text: string, start: number): string {
  const near = text.slice(start, start + MAX_URL_CHARS);
  urlCharacters.lastIndex = 0;
  return trimmed(urlCharacters.exec(near)?.[0] ?? '');
}

/** Without what belongs to the sentence. A closing bracket stays where the link opened one. */
function trimmed(link: string): string {
  let end = link.length;
  while (end > 0) {
    const last = link.charAt(end - 1);
    const isClosing = last === ')' || last === ']';
    if (isClosing ? link.slice(0, end).includes(last === ')' ? '(' : '[') : !/[.,;:!?*…]/.test(last)) break;
    end--;
  }
  return link.slice(0, end);
}
