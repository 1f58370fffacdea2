import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { LinkPlaces } from '../../../src/calendar/calendar-event.ts';
import { findMeetingLink, type FoundLink, maskLink } from '../../../src/calendar/link/meeting-link.ts';
import { unwrapLink } from '../../../src/calendar/link/unwrap.ts';
import { formatMeetingLink, newLinkSecret, parseMeetingLink } from '../../../src/crypto/link.ts';
import { expandTexts, fixture } from './ical-fixtures.ts';

const origin = 'https://meet.example.org';
const ours = newLink(origin);
const elsewhere = newLink('https://meet.evil.example');
const nowhere: LinkPlaces = { conferences: [], provider: [], url: null, location: null, description: null };

function newLink(of: string): string {
  return formatMeetingLink({ origin: of, secret: newLinkSecret((n) => Uint8Array.from(randomBytes(n))), anchor: null });
}

function find(places: Partial<LinkPlaces>, hosts: readonly string[] = ['meet.example.org']): FoundLink | null {
  const readOwnLink = (link: string): 'ok' | 'incomplete' | 'mistyped' | 'not-a-link' => {
    const parsed = parseMeetingLink(link);
    return parsed.kind === 'ok' ? 'ok' : parsed.reason;
  };
  return findMeetingLink({ ...nowhere, ...places }, { readOwnLink, hosts });
}

const joins = (description: string): void =>
  assert.deepEqual(find({ description }), { kind: 'joinable', link: ours }, description.slice(0, 200));

const safe = (link: string): string =>
  `https://eur02.safelinks.protection.outlook.com/?url=${encodeURIComponent(link)}&data=05%7C02%7C&sdata=x%3D&reserved=0`;

describe('finding the meeting link', () => {
  it('looks in every place, the best first', () => {
    const other = newLink(origin);
    for (const place of ['url', 'location', 'description'] as const)
      assert.deepEqual(find({ [place]: ours }), { kind: 'joinable', link: ours });
    assert.deepEqual(find({ conferences: [ours], description: other }), { kind: 'joinable', link: ours });
    assert.deepEqual(find({ provider: [ours], url: other }), { kind: 'joinable', link: ours });
    assert.deepEqual(find({ url: ours, location: other }), { kind: 'joinable', link: ours });
    assert.equal(find({}), null);
  });

  it('prefers what the room can join to what stands first', () => {
    const meet = 'https://meet.google.com/abc-defg-hij';
    assert.deepEqual(find({ conferences: [meet], description: `Join ${ours}` }), { kind: 'joinable', link: ours });
    assert.deepEqual(find({ conferences: [meet], description: 'https://zoom.us/j/1' }), {
      kind: 'other',
      service: 'Google Meet',
    });
  });

  it('takes the link out of its sentence', () => {
    for (const text of [
      `Join: ${ours}.`,
      `(${ours})`,
      `<${ours}>`,
      `"${ours}"`,
      `[Join](${ours})`,
      `**${ours}**`,
      `${ours}, or not`,
      `»${ours}!`,
    ])
      joins(text);
    joins(`\r\n  ${ours}\r\n`);
  });

  it('finds it without https:// where the host is ours', () => {
    const bare = ours.slice('https://'.length);
    joins(`Where: ${bare}`);
    assert.equal(find({ location: `not.${bare}` }), null);
    assert.equal(find({ location: `ada@${bare}` }), null);
  });

  it('reads HTML: targets, entities, words cut by tags', () => {
    joins(`<html><body><a class="x" href="${ours}">Join the meeting</a></body></html>`);
    joins(`<A HREF='${ours.replace('#', '&#35;')}'>Join</A>`);
    joins(`<p>${ours.replace('#', '<wbr>#')}</p>`);
    joins(`&lt;a href=&quot;${ours}&quot;&gt;`);
    joins(`<a href="https://example.org/?a=1&amp;b=2">x</a> <a href=${ours}>y</a>`);
  });

  it('unwraps Safe Links, nested as well', () => {
    joins(safe(ours));
    joins(safe(safe(safe(ours))));
    joins(`<a href="${safe(ours).replaceAll('&', '&amp;')}">Join</a>`);
    const [head = '', secret = ''] = ours.split('#');
    joins(`${safe(head)}#${secret}`);
    joins(safe(ours.replace('#', '%23')));
  });

  it('unwraps Proofpoint and Google', () => {
    const v2 = encodeURIComponent(ours)
      .replaceAll('-', '%2D')
      .replaceAll('_', '%5F')
      .replaceAll('%', '-')
      .replaceAll('-2F', '_');
    joins(`https://urldefense.proofpoint.com/v2/url?u=${v2}&d=DwMFaQ&c=x&e=`);
    joins(`https://urldefense.com/v3/__${ours.replace('#', '*')}__;Iw!!ABC!xyz$`);
    joins(`https://urldefense.com/v3/__${ours.replace('https://', 'https:/').replace('#', '*')}__;Iw!!ABC!xyz$`);
    joins(`https://www.google.com/url?q=${encodeURIComponent(ours)}&sa=D&ust=1`);
    joins(safe(`https://www.google.com/url?q=${encodeURIComponent(ours)}&sa=D`));
    assert.equal(
      unwrapLink('https://urldefense.com/v3/__https://example.org/a**Bb__;IyMj!!x$')?.href,
      'https://example.org/a###b',
    );
  });

  it('says when the secret was lost', () => {
    const [head = ''] = ours.split('#');
    assert.deepEqual(find({ description: safe(head) }), { kind: 'incomplete' });
    assert.deepEqual(find({ description: ours.slice(0, -5) }), { kind: 'incomplete' });
    assert.deepEqual(find({ conferences: ['https://zoom.us/j/1'], location: head }), { kind: 'incomplete' });
    assert.deepEqual(find({ location: head, description: ours }), { kind: 'joinable', link: ours });
  });

  it('never opens a link of another host', () => {
    assert.deepEqual(find({ description: elsewhere }), { kind: 'other', service: 'meet.evil.example' });
    assert.deepEqual(find({ description: ours.replace('https://', 'https://meet.example.org@evil.example/?') }), null);
    assert.deepEqual(find({ description: ours.replace('example.org', 'example.org.evil.example') }), {
      kind: 'other',
      service: 'meet.example.org.evil.example',
    });
    assert.deepEqual(find({ description: ours.replace('.org/', '.org:8443/') }), {
      kind: 'other',
      service: 'meet.example.org:8443',
    });
    assert.deepEqual(find({ description: elsewhere }, ['meet.example.org', 'MEET.evil.example']), {
      kind: 'joinable',
      link: elsewhere,
    });
    assert.equal(find({ description: `javascript:${ours.slice(6)}` }, [])?.kind ?? null, null);
  });

  for (const [link, service] of [
    ['https://us02web.zoom.us/j/84112345678?pwd=abc', 'Zoom'],
    ['https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%7d', 'Microsoft Teams'],
    ['https://teams.live.com/meet/9312345678', 'Microsoft Teams'],
    ['https://meet.google.com/abc-defg-hij', 'Google Meet'],
    ['https://example.webex.com/meet/ada', 'Webex'],
    ['https://meet.jit.si/Room', 'Jitsi'],
    ['https://bbb.example.org/b/ada-abc-def', 'BigBlueButton'],
    ['https://cloud.example.org/call/abcd1234', 'Nextcloud Talk'],
    ['https://visio.numerique.gouv.fr/abc-defg-hij', 'Visio'],
    ['https://whereby.com/room', 'Whereby'],
  ] as const)
    it(`knows ${service}`, () => assert.deepEqual(find({ description: `x ${link} y` }), { kind: 'other', service }));

  it('takes help pages and downloads for no meeting', () => {
    for (const link of [
      'https://zoom.us/',
      'https://zoom.us/download',
      'https://aka.ms/JoinTeamsMeeting',
      'https://teams.microsoft.com/',
      'https://notzoom.us/j/1',
    ])
      assert.equal(find({ description: link }), null, link);
  });

  it('finds it in calendars as they come', () => {
    const [event] = expandTexts([
      fixture('safe-links').replace(
        'AAAAAAAAAAAAAAAAAAAAAA%23secret',
        encodeURIComponent(ours.slice(origin.length + 3)),
      ),
    ]).events;
    assert.deepEqual(find(event?.places ?? {}), { kind: 'joinable', link: ours });
    const [deleted] = expandTexts([fixture('body-deleted')]).events;
    assert.deepEqual(deleted?.places, nowhere);
  });
});

describe('finding the meeting link in hostile texts', () => {
  it('stops at malformed Safe Links, at loops and at eight wrappings', () => {
    for (const text of [
      'https://x.safelinks.protection.outlook.com/?url=',
      'https://x.safelinks.protection.outlook.com/?url=%',
      'https://x.safelinks.protection.outlook.com/?data=1',
      'https://x.safelinks.protection.outlook.com/?url=https://x.safelinks.protection.outlook.com/?url=',
      'https://urldefense.com/v3/__',
      'https://urldefense.com/v3/____;!!$',
      'https://urldefense.proofpoint.com/v2/url?u=-',
      'https://www.google.com/url?q=https://www.google.com/url',
    ])
      assert.equal(find({ description: text }), null, text);
    let nested = ours;
    for (let i = 0; i < 8; i++) nested = `https://www.google.com/url?q=${encodeURIComponent(nested)}`;
    assert.equal(unwrapLink(nested)?.href, ours);
    assert.notEqual(unwrapLink(`https://www.google.com/url?q=${encodeURIComponent(nested)}`)?.href, ours);
  });

  it('looks at 200 links and 100,000 characters', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `https://a.example/${i}`).join(' ');
    assert.equal(find({ description: `${many(199)} ${ours}` })?.kind, 'joinable');
    assert.equal(find({ description: `${many(200)} ${ours}` }), null);
    assert.equal(find({ description: `${'x'.repeat(99_000)} ${ours}` })?.kind, 'joinable');
    assert.equal(find({ description: `${'x'.repeat(100_000)} ${ours}` }), null);
  });

  for (const [name, text] of [
    ['tags that never end', '<'.repeat(100_000)],
    ['tags in tags', '<a href="'.repeat(11_000)],
    ['spaces in a tag', `<a ${'href '.repeat(20_000)}>`],
    ['entities that never end', '&#x'.repeat(33_000)],
    ['ampersands', '&amp'.repeat(25_000)],
    ['schemes', 'https://'.repeat(12_500)],
    ['one endless link', `https://${'a'.repeat(99_000)}`],
    ['closing brackets', `https://a.example/${')'.repeat(90_000)}`],
    ['hosts of ours', 'meet.example.org/'.repeat(5_800)],
    ['backslashes', '\\'.repeat(100_000)],
    ['stars of Proofpoint', `https://urldefense.com/v3/__${'*'.repeat(8_000)}__;Iw!!$`],
  ] as const)
    it(`is done soon with ${name}`, () => {
      const start = performance.now();
      find({ description: text });
      assert.ok(performance.now() - start < 1_000);
    });

  it('never throws, and never joins another host', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.constantFrom(
        ours,
        elsewhere,
        safe(elsewhere),
        '<a href="',
        '">',
        '&#35;',
        '%23',
        'https://urldefense.com/v3/__',
        '__;Iw!!x$',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, isSpaced) => {
        const found = find({ description: pieces.join(isSpaced ? ' ' : '') });
        if (found?.kind === 'joinable') assert.equal(new URL(found.link).origin, origin);
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('maskLink', () => {
  it('shows where a link leads and nothing that lets anybody in', () => {
    assert.equal(maskLink(ours), 'meet.example.org/…');
    assert.equal(maskLink('https://zoom.us/j/1?pwd=secret'), 'zoom.us/…');
    assert.equal(maskLink('https://meet.example.org'), 'meet.example.org');
    assert.equal(maskLink('#secret'), '…');
    assert.equal(maskLink('mailto:secret'), '…');
  });
});
