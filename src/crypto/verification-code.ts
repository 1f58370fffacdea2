import { InternalError } from '../lib/errors.ts';

const GROUPS = 6;
const BYTES_PER_GROUP = 5;

/**
 * 30 digits in 6 groups of 5 from the MLS epoch authenticator (RFC 9420 section 8.7): equal on every honest screen, and only there.
 * Five bytes modulo 10^5 favour no number by more than one in ten million.
 */
export function verificationCode(epochAuthenticator: Uint8Array): string {
  if (epochAuthenticator.length < GROUPS * BYTES_PER_GROUP)
    throw new InternalError('crypto/authenticator-short', 'an epoch authenticator is too short');
  const groups = [];
  for (let at = 0; at < GROUPS * BYTES_PER_GROUP; at += BYTES_PER_GROUP) {
    let value = 0;
    for (const byte of epochAuthenticator.subarray(at, at + BYTES_PER_GROUP)) value = value * 256 + byte;
    groups.push(String(value % 100_000).padStart(5, '0'));
  }
  return groups.join(' ');
}
