import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import { readSecretFile } from '../http/secret-file.ts';

export interface GoogleSignInOptions {
  /** The JSON key file of the service account, as Google gives it out. */
  readonly keyFile: string;
  /** Whom the service account acts for, by domain-wide delegation; null: itself. */
  readonly subject: string | null;
  /** Where the token is asked for. The key file names one as well, which is not believed: the assertion would go there. */
  readonly tokenUrl: string;
  readonly clock: Clock;
}

const SCOPE = 'https://www.googleapis.com/auth/calendar.events';
const LIFE_S = 3_600;
const keyShape = v.object({
  client_email: v.string(),
  private_key: v.string(),
  private_key_id: v.optional(v.string()),
});

/** The form of a JWT bearer request (RFC 7523 section 2.1). @throws {CalendarError} `calendar/refused` for a key file that is none. */
export async function googleTokenForm(options: GoogleSignInOptions): Promise<Record<string, string>> {
  const { email, keyId, key } = readKey(await readSecretFile(options.keyFile), options.keyFile);
  const nowS = Math.floor(options.clock.wallMs() / 1_000);
  const claims = { scope: SCOPE, ...(options.subject !== null && { sub: options.subject }) };
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId !== null && { kid: keyId }) })
    .setIssuer(email)
    .setAudience(options.tokenUrl)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + LIFE_S)
    .sign(key);
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
}

function readKey(
  content: string,
  path: string,
): { email: string; keyId: string | null; key: ReturnType<typeof createPrivateKey> } {
  try {
    const file = v.parse(keyShape, JSON.parse(content));
    const key = createPrivateKey(file.private_key);
    if (key.asymmetricKeyType !== 'rsa') throw new TypeError('RS256 needs an RSA key');
    return { email: file.client_email, keyId: file.private_key_id ?? null, key };
  } catch {
    // What the parsers say quotes the file.
    throw new CalendarError('calendar/refused', `${path} is not the key file of a service account`);
  }
}
