import { readSecretLine } from './secret-file.ts';

/** The value of the `Authorization` header, made anew for each operation. @throws {CalendarError} `calendar/refused`. */
export type Authorization = () => Promise<string | null>;

export interface PasswordCredentials {
  /** Empty: the file holds a bearer token (RFC 6750). */
  readonly user: string;
  /** Null: no credentials at all. */
  readonly passwordFile: string | null;
}

/** Basic (RFC 7617, UTF-8) for a user with a password or an app password, Bearer for a token alone. */
export function authorizationOf({ user, passwordFile }: PasswordCredentials): Authorization {
  return async () => {
    if (passwordFile === null) return null;
    const secret = await readSecretLine(passwordFile);
    return user === '' ? `Bearer ${secret}` : `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
  };
}
