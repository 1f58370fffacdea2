import type { LinkPlaces } from '../calendar-event.ts';
import { candidatesOf } from './candidates.ts';
import { serviceOf } from './services.ts';
import { unwrapLink } from './unwrap.ts';

export interface MeetingLinkOptions {
  /** Reads a link of this product, as `parseMeetingLink` does. */
  readonly readOwnLink: (link: string) => 'ok' | 'incomplete' | 'mistyped' | 'not-a-link';
  /** Meeting servers that the room may join, `host` or `host:port`; what leads elsewhere is never opened. */
  readonly hosts: readonly string[];
}

export type FoundLink =
  /** `link` is a credential: it goes to the call and nowhere else. `maskLink` makes what can be shown. */
  | { readonly kind: 'joinable'; readonly link: string }
  /** A meeting of ours whose secret was lost or damaged on the way: whoever invites must send the link again. */
  | { readonly kind: 'incomplete' }
  /** A meeting on something that this room cannot join: the name of the service, or the host of a server that is not allowed. */
  | { readonly kind: 'other'; readonly service: string };

const MAX_CHARS = 100_000;
const MAX_CANDIDATES = 200;
/** Those that were seen before are free of judgement, not of cost. */
const MAX_LOOKS = 1_000;

/**
 * How to join a meeting, by what its event says. All places are looked at, in the order of `LinkPlaces`: the first link that
 * the room can join counts, wherever it stands; then one of ours that is damaged; then the first service known by name. The
 * first 100,000 characters and 200 links are looked at. Never throws.
 */
export function findMeetingLink(places: LinkPlaces, options: MeetingLinkOptions): FoundLink | null {
  const hosts = options.hosts.map((host) => URL.parse(`https://${host}`)?.host).filter((host) => host !== undefined);
  let best: FoundLink | null = null;
  let chars = MAX_CHARS;
  let looks = 0;
  const seen = new Set<string>();
  for (const text of textsOf(places)) {
    const looked = text.slice(0, chars);
    chars -= looked.length;
    for (const candidate of candidatesOf(looked, hosts)) {
      if ((looks += 1) > MAX_LOOKS) return best;
      if (seen.has(candidate)) continue;
      if (seen.size >= MAX_CANDIDATES) return best;
      seen.add(candidate);
      const found = judge(candidate, hosts, options);
      if (found?.kind === 'joinable') return found;
      if (best === null || (found?.kind === 'incomplete' && best.kind === 'other')) best = found;
    }
  }
  return best;
}

/** A link as it may be shown: where it leads, without secret, query or meeting. */
export function maskLink(link: string): string {
  const url = URL.parse(link);
  if (url === null || url.host === '') return '…';
  return url.pathname.length > 1 || url.search !== '' || url.hash !== '' ? `${url.host}/…` : url.host;
}

function textsOf({ conferences, provider, url, location, description }: LinkPlaces): string[] {
  return [...conferences, ...provider, url, location, description].filter((text) => text !== null);
}

function judge(candidate: string, hosts: readonly string[], { readOwnLink }: MeetingLinkOptions): FoundLink | null {
  const url = unwrapLink(candidate);
  if (url === null) return null;
  // Some filters encode the sign before the secret as well.
  const forms = [url.href, url.href.replace(/%23/i, '#')];
  const read = forms.map((link) => ({ link, as: readOwnLink(link) })).filter(({ as }) => as !== 'not-a-link');
  const ours = read.find(({ as }) => as === 'ok') ?? read[0];
  if (ours === undefined) {
    const service = serviceOf(url);
    return service === null ? null : { kind: 'other', service };
  }
  if (!hosts.includes(url.host)) return { kind: 'other', service: url.host };
  return ours.as === 'ok' ? { kind: 'joinable', link: ours.link } : { kind: 'incomplete' };
}
