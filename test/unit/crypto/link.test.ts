import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  anchorOf,
  formatMeetingLink,
  joinProof,
  linkPsk,
  meetingIdOf,
  newLinkSecret,
  parseMeetingLink,
  redactLink,
  verifyJoinProof,
} from '../../../src/crypto/link.ts';
import { UsageError } from '../../../src/lib/errors.ts';

const secret = new Uint8Array(32).map((_, i) => i * 7);
const origin = 'https://meet.example:4443';
const anchor = anchorOf(new Uint8Array([1, 2, 3]));

describe('meeting link', () => {
  it('survives being written and read, with and without an anchor', () => {
    for (const each of [anchor, null]) {
      const text = formatMeetingLink({ origin, secret, anchor: each });
      assert.deepEqual(parseMeetingLink(`  ${text}\n`), {
        kind: 'ok',
        link: { origin, meeting: meetingIdOf(secret), secret, anchor: each },
      });
    }
  });

  it('derives as HKDF-SHA-512 does', () => {
    const id = Buffer.from(hkdfSync('sha512', secret, new Uint8Array(0), 'incamera meeting id v1', 64)).subarray(0, 16);
    assert.equal(meetingIdOf(secret), id.toString('base64url'));
    assert.deepEqual(
      Buffer.from(linkPsk(secret)),
      Buffer.from(hkdfSync('sha512', secret, new Uint8Array(0), 'incamera link psk v1', 64)),
    );
    const key = Buffer.from(hkdfSync('sha512', secret, new Uint8Array(0), 'incamera join proof v1', 64));
    assert.deepEqual(
      Buffer.from(joinProof(secret, new Uint8Array([5]))),
      createHmac('sha512', key)
        .update(new Uint8Array([5]))
        .digest(),
    );
  });

  it('finds every single mistyped character of id and secret', () => {
    const text = formatMeetingLink({ origin, secret, anchor: null });
    for (let at = text.indexOf('/m/') + 3; at < text.length; at++) {
      if (text[at] === '#') continue;
      const wrong = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      assert.deepEqual(parseMeetingLink(wrong), { kind: 'invalid', reason: 'mistyped' }, wrong);
    }
  });

  it('tells a cut-off link from a mistyped one and from no link', () => {
    const text = formatMeetingLink({ origin, secret, anchor });
    const full = formatMeetingLink({ origin, secret, anchor: null });
    for (let end = full.indexOf('#'); end < text.length; end++) {
      if (end === full.length) continue;
      assert.deepEqual(parseMeetingLink(text.slice(0, end)), { kind: 'invalid', reason: 'incomplete' }, String(end));
    }
    for (const other of [
      '',
      'hello',
      'https://meet.example/',
      'ftp://meet.example/m/x#y',
      'javascript:alert(1)',
      full.replace('https', 'http'),
      full.replace('https://', 'https://user:pw@'),
      `https://meet.example/${'m'.repeat(3_000)}`,
    ])
      assert.deepEqual(parseMeetingLink(other), { kind: 'invalid', reason: 'not-a-link' }, other);
  });

  it('takes plain http only from loopback', () => {
    for (const host of ['http://localhost:4443', 'http://127.0.0.1:8080', 'http://[::1]:1'])
      assert.equal(parseMeetingLink(formatMeetingLink({ origin: host, secret, anchor: null })).kind, 'ok');
    for (const host of ['http://127.evil.example', 'http://localhost.evil.example', 'http://10.0.0.1'])
      assert.throws(() => formatMeetingLink({ origin: host, secret, anchor: null }), UsageError);
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl({ withFragments: true })),
        (text) => parseMeetingLink(text).kind === 'invalid',
      ),
    );
  });

  it('shows nothing of the secret once redacted', () => {
    const text = formatMeetingLink({ origin, secret, anchor });
    assert.equal(redactLink(text), `${origin}/m/${meetingIdOf(secret)}#…`);
    assert.equal(redactLink('no link'), 'no link');
  });

  it('secrets come from the given source, 32 bytes', () => {
    assert.deepEqual(
      newLinkSecret((n) => new Uint8Array(n).fill(9)),
      new Uint8Array(32).fill(9),
    );
    assert.notDeepEqual(newLinkSecret(randomBytes), newLinkSecret(randomBytes));
  });
});

describe('join proof', () => {
  const keyPackage = randomBytes(300);
  it('verifies for the same secret and key package only', () => {
    const proof = joinProof(secret, keyPackage);
    assert.equal(proof.length, 64);
    assert.ok(verifyJoinProof(secret, keyPackage, proof));
    assert.ok(!verifyJoinProof(new Uint8Array(32), keyPackage, proof));
    assert.ok(!verifyJoinProof(secret, randomBytes(300), proof));
    assert.ok(!verifyJoinProof(secret, keyPackage, proof.subarray(0, 32)));
    assert.ok(!verifyJoinProof(secret, keyPackage, new Uint8Array(0)));
  });
});
