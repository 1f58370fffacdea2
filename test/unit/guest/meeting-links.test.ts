import assert from 'node:assert/strict';
import { createLinks } from '../../../server/guest/meeting-links.ts';
import { parseMeetingLink } from '../../../src/crypto/link.ts';
import { toBase64Url } from '../../../src/lib/bytes.ts';

const origin = 'https://meet.example';
const secret = (length: number): Uint8Array => new Uint8Array(length).fill(3);

function linksWith(answer: (body: string) => Response | Promise<Response>): {
  links: ReturnType<typeof createLinks>;
  sent: string[];
} {
  const sent: string[] = [];
  const fetch = async (url: unknown, init?: { body?: unknown }): Promise<Response> => {
    sent.push(`${String(url)} ${String(init?.body)}`);
    return answer(String(init?.body));
  };
  return { links: createLinks({ origin, fetch, randomBytes: secret }), sent };
}

const echo = (body: string): Response => {
  const { meeting } = JSON.parse(body) as { meeting: string };
  return Response.json({ meeting, link: `${origin}/m/${meeting}` });
};

describe('meeting links on the guest page', () => {
  it('are made here; the server hears the id and never the secret', async () => {
    const { links, sent } = linksWith(echo);
    const link = await links.create();
    const parsed = parseMeetingLink(link);
    assert.ok(parsed.kind === 'ok');
    assert.deepEqual(parsed.link.secret, secret(32));
    assert.equal(sent.length, 1);
    assert.ok(sent[0]?.startsWith(`${origin}/api/v1/meetings `) && sent[0].includes(parsed.link.meeting));
    assert.ok(!sent[0]?.includes(toBase64Url(secret(32))));
  });

  it('are not made when the server refuses, answers for another meeting, or not at all', async () => {
    const answers = [
      (): Response => new Response('no', { status: 503 }),
      (): Response => new Response('not json'),
      (): Response => Response.json({ meeting: 'A'.repeat(22), link: `${origin}/m/${'A'.repeat(22)}` }),
      (): Response => new Response('x'.repeat(20_000)),
      (): Promise<Response> => Promise.reject(new TypeError('network')),
    ];
    for (const answer of answers)
      await assert.rejects(linksWith(answer).links.create(), { code: 'guest/create-failed' });
  });

  it('are read whole or not at all', async () => {
    const { links } = linksWith(echo);
    const link = await links.create();
    assert.equal(links.parse(` ${link}\n`), link);
    assert.equal(links.parse(link.slice(0, -3)), null);
    assert.equal(links.parse(link.replace('#', '')), null);
    assert.equal(links.parse('javascript:alert(1)'), null);
    assert.equal(links.parse(''), null);
  });
});
