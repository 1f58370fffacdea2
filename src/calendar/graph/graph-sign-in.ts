import { X509Certificate, createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import { readSecretFile, readSecretLine } from '../http/secret-file.ts';

export type GraphProof =
  | { readonly kind: 'secret'; readonly path: string }
  /** One PEM file with the certificate that is registered and its private key. */
  | { readonly kind: 'certificate'; readonly path: string };

export interface GraphSignInOptions {
  /** Where the token is asked for; also the audience of an assertion. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly proof: GraphProof;
  /** `https://graph.microsoft.com/.default` */
  readonly scope: string;
  readonly clock: Clock;
  readonly makeUid: () => string;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_LIFE_S = 300;

/** `https://login.microsoftonline.com` + tenant → the endpoint of the OAuth 2.0 client credentials flow. */
export function graphTokenUrl(base: string, tenant: string): string {
  return `${base}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
}

/** The form of a client credentials request. @throws {CalendarError} `calendar/refused` for a secret or key that cannot be used. */
export async function graphTokenForm(options: GraphSignInOptions): Promise<Record<string, string>> {
  const base = { client_id: options.clientId, scope: options.scope, grant_type: 'client_credentials' };
  if (options.proof.kind === 'secret') return { ...base, client_secret: await readSecretLine(options.proof.path) };
  const client_assertion = await assertion(options, await readSecretFile(options.proof.path));
  return { ...base, client_assertion_type: ASSERTION_TYPE, client_assertion };
}

async function assertion(options: GraphSignInOptions, pem: string): Promise<string> {
  const nowS = Math.floor(options.clock.wallMs() / 1_000);
  const { thumbprint, key } = readPem(pem, options.proof.path);
  return new SignJWT()
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .setAudience(options.tokenUrl)
    .setIssuer(options.clientId)
    .setSubject(options.clientId)
    .setJti(options.makeUid())
    .setNotBefore(nowS)
    .setExpirationTime(nowS + ASSERTION_LIFE_S)
    .sign(key);
}

function readPem(pem: string, path: string): { thumbprint: string; key: ReturnType<typeof createPrivateKey> } {
  try {
    const certificate = new X509Certificate(pem);
    const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'rsa') throw new TypeError('PS256 needs an RSA key');
    return { thumbprint, key };
  } catch (cause) {
    throw new CalendarError('calendar/refused', `${path} does not hold a certificate and its private RSA key`, {
      cause,
    });
  }
}
