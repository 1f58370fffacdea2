/** Links as mail filters rewrite them, and what they were before. */
import { isAtOrBelow } from './services.ts';

interface Wrapper {
  readonly hosts: readonly string[];
  readonly path: RegExp;
  /** The first of these query parameters that is there has the link. */
  readonly parameters: readonly string[];
}

/** Filters and redirectors that keep the link in the query, percent-encoded. */
const wrappers: readonly Wrapper[] = [
  {
    hosts: [
      'safelinks.protection.outlook.com',
      'safelinks.protection.office365.us',
      'safelinks.protection.partner.outlook.cn',
    ],
    path: /^/,
    parameters: ['url'],
  },
  { hosts: ['statics.teams.cdn.office.net'], path: /safelinks/, parameters: ['url'] },
  { hosts: ['www.google.com', 'google.com'], path: /^\/url$/, parameters: ['q', 'url'] },
  { hosts: ['urldefense.proofpoint.com'], path: /^\/v1\/url$/, parameters: ['u'] },
  { hosts: ['linkprotect.cudasvc.com'], path: /^\/url$/, parameters: ['a'] },
  { hosts: ['slack-redir.net'], path: /^\/link$/, parameters: ['url'] },
];

const MAX_WRAPPINGS = 8;
export const MAX_URL_CHARS = 8_192;

/**
 * What a link was before filters rewrote it, however often, eight times at most. A link that is wrapped by nothing known, or
 * wrongly, comes back as it is: malformed Safe Links have sent others into endless loops. Null for what is no URL.
 */
export function unwrapLink(text: string): URL | null {
  let url = parse(text);
  for (let i = 0; i < MAX_WRAPPINGS && url !== null; i++) {
    const inner = unwrapOnce(url);
    if (inner === null || inner.href === url.href) return url;
    url = inner;
  }
  return url;
}

function unwrapOnce(url: URL): URL | null {
  if (isAtOrBelow(url.hostname, 'urldefense.com') || isAtOrBelow(url.hostname, 'urldefense.us'))
    return proofpoint3(url);
  if (url.hostname === 'urldefense.proofpoint.com' && url.pathname === '/v2/url') return proofpoint2(url);
  const wrapper = wrappers.find(
    ({ hosts, path }) => hosts.some((host) => isAtOrBelow(url.hostname, host)) && path.test(url.pathname),
  );
  const inner = wrapper?.parameters.map((name) => url.searchParams.get(name)).find((value) => value !== null);
  return inner === undefined ? null : withFragmentOf(url, parse(inner));
}

/** Some filters wrap what is before `#` and leave the rest behind the wrapping. */
function withFragmentOf(outer: URL, inner: URL | null): URL | null {
  if (inner !== null && inner.hash === '' && outer.hash.length > 1) inner.hash = outer.hash;
  return inner;
}

/** `-` stands for `%` and `_` for `/`; both are themselves encoded. */
function proofpoint2(url: URL): URL | null {
  const encoded = url.searchParams.get('u');
  if (encoded === null) return null;
  try {
    return withFragmentOf(url, parse(decodeURIComponent(encoded.replaceAll('-', '%').replaceAll('_', '/'))));
  } catch {
    return null;
  }
}

const runs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** `__LINK__;REPLACED!!...$`: each `*` of the link stands for the next replaced character, `**A` for the next two, `**B` three... */
function proofpoint3(url: URL): URL | null {
  const start = url.href.indexOf('/v3/__');
  const end = url.href.lastIndexOf('__;');
  if (start < 0 || end < start + 6) return null;
  const link = url.href.slice(start + 6, end);
  const replaced = Buffer.from(url.href.slice(end + 3).split('!', 1)[0] ?? '', 'base64url').toString('latin1');
  let taken = 0;
  const restored = link.replaceAll(/\*(?:\*([A-Za-z0-9_-]))?/g, (_, run: string | undefined) => {
    const length = run === undefined ? 1 : runs.indexOf(run) + 2;
    const characters = replaced.slice(taken, taken + length);
    taken += length;
    return characters;
  });
  return parse(restored.replace(/^(https?:\/)(?!\/)/, '$1/'));
}

function parse(text: string): URL | null {
  const url = text.length <= MAX_URL_CHARS ? URL.parse(text.trim()) : null;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : null;
}
