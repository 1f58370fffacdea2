/**
 * A meeting's link: `https://host[:port]/m/<meeting>#<secret>[.<anchor>]`. What follows `#` never reaches a server; it is the
 * meeting's secret, so a link is a credential: never logged, never stored where others read, shown only by `redactLink`.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { constantTimeEqual, fromBase64Url, toBase64Url, utf8, wipe } from '../lib/bytes.ts';
import { UsageError } from '../lib/errors.ts';

export const LINK_SECRET_BYTES = 32;
const MEETING_ID_BYTES = 16;
const ANCHOR_BYTES = 16;
const SECRET_CHARS = 43;
const ANCHOR_CHARS = 22;
const MAX_LINK_CHARS = 2_048;

export interface MeetingLink {
  /** Of the meeting server: `https://host[:port]`, or plain http on loopback. */
  readonly origin: string;
  /** Public: the server knows the meeting by it. */
  readonly meeting: string;
  readonly secret: Uint8Array;
  /** Fingerprint of the organisation's CA (`anchorOf`), so that a guest recognises its rooms; null: none in the link. */
  readonly anchor: string | null;
}

export type ParsedLink =
  | { readonly kind: 'ok'; readonly link: MeetingLink }
  /** `incomplete`: cut off when copied; `mistyped`: some character is wrong. Found without asking a server. */
  | { readonly kind: 'invalid'; readonly reason: 'not-a-link' | 'incomplete' | 'mistyped' };

/** `random` is a cryptographic source, such as `randomBytes`. */
export function newLinkSecret(random: (length: number) => Uint8Array): Uint8Array {
  return Uint8Array.from(random(LINK_SECRET_BYTES));
}

/** 22 characters; says nothing about the secret, and only that secret has it. */
export function meetingIdOf(secret: Uint8Array): string {
  return toBase64Url(derive(secret, 'incamera meeting id v1', MEETING_ID_BYTES));
}

/** 22 characters that stand for a CA certificate (DER) in a link: the first 16 bytes of its SHA-256. */
export function anchorOf(caCertificate: Uint8Array): string {
  return toBase64Url(sha256(caCertificate).subarray(0, ANCHOR_BYTES));
}

/** @throws {UsageError} `crypto/link-invalid` for parts that `parseMeetingLink` would not accept. */
export function formatMeetingLink(parts: { origin: string; secret: Uint8Array; anchor: string | null }): string {
  const anchor = parts.anchor === null ? '' : `.${parts.anchor}`;
  const text = `${parts.origin}/m/${meetingIdOf(parts.secret)}#${toBase64Url(parts.secret)}${anchor}`;
  if (parseMeetingLink(text).kind !== 'ok')
    throw new UsageError('crypto/link-invalid', 'these parts do not make a meeting link');
  return text;
}

/** Accepts what people paste: spaces around it, a query, a final slash. Never throws. */
export function parseMeetingLink(text: string): ParsedLink {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LINK_CHARS || !URL.canParse(trimmed)) return invalid('not-a-link');
  const url = new URL(trimmed);
  const meeting = /^\/m\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (!isTrustworthy(url) || url.username || url.password || meeting === undefined) return invalid('not-a-link');
  const [secretText = '', anchor = null, ...rest] = url.hash.slice(1).split('.');
  if (secretText.length < SECRET_CHARS || (anchor !== null && anchor.length < ANCHOR_CHARS))
    return invalid('incomplete');
  const secret = fromBase64Url(secretText);
  if (rest.length > 0 || secret?.length !== LINK_SECRET_BYTES || meetingIdOf(secret) !== meeting)
    return invalid('mistyped');
  if (anchor !== null && fromBase64Url(anchor)?.length !== ANCHOR_BYTES) return invalid('mistyped');
  return { kind: 'ok', link: { origin: url.origin, meeting, secret, anchor } };
}

/** The MLS pre-shared key of every Add, 64 bytes. */
export function linkPsk(secret: Uint8Array): Uint8Array {
  return derive(secret, 'incamera link psk v1', 64);
}

/** Shows a member that whoever offers `keyPackage` holds the link: HMAC-SHA-512, 64 bytes. */
export function joinProof(secret: Uint8Array, keyPackage: Uint8Array): Uint8Array {
  const key = derive(secret, 'incamera join proof v1', 64);
  const proof = hmac(sha512, key, keyPackage);
  wipe(key);
  return proof;
}

export function verifyJoinProof(secret: Uint8Array, keyPackage: Uint8Array, proof: Uint8Array): boolean {
  return constantTimeEqual(joinProof(secret, keyPackage), proof);
}

/** Any text without what follows its first `#`: fit for logs and screens. */
export function redactLink(text: string): string {
  const at = text.indexOf('#');
  return at < 0 ? text : `${text.slice(0, at)}#…`;
}

function derive(secret: Uint8Array, info: string, bytes: number): Uint8Array {
  return hkdf(sha512, secret, undefined, utf8.encode(info), bytes);
}

/** Everything but loopback is TLS: the page and the signalling come from there. */
function isTrustworthy(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function invalid(reason: 'not-a-link' | 'incomplete' | 'mistyped'): ParsedLink {
  return { kind: 'invalid', reason };
}
