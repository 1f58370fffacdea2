/** Who has to act, and so what a caller does with the error; see docs/errors.md for every code. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

/**
 * The one error of the product. `code` is stable, shown to people inside the message, and listed in docs/errors.md.
 * `message` says what happened; it never holds keys, tokens, link fragments, plaintext or names of people.
 */
export class RoomError extends Error {
  readonly code: string;
  readonly context: ErrorContext;

  constructor(code: string, message: string, options: { cause?: unknown; context?: ErrorContext } = {}) {
    super(`${message} (${code})`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.context = options.context ?? {};
  }
}

/** The caller asked for something that makes no sense in this state; nothing was changed. */
export class UsageError extends RoomError {}
/** A configuration key or value is unknown or out of range; the product refuses to start. */
export class ConfigError extends RoomError {}
/** A device is gone or does not answer; its driver keeps trying. */
export class DeviceUnavailableError extends RoomError {}
/** The other side sent something that breaks the protocol: its fault, not ours. */
export class ProtocolError extends RoomError {}
/** Authentication of bytes or of an identity failed: drop them, use nothing of them. */
export class CryptoVerificationError extends RoomError {}
/** Ours: should never happen. */
export class InternalError extends RoomError {}

export function isRoomError(error: unknown): error is RoomError {
  return error instanceof RoomError;
}

/** The stable code of any thrown value: ours, Node's system code, or `unknown`. */
export function codeOf(error: unknown): string {
  if (isRoomError(error)) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'unknown';
}

export function isENOENT(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}
