import type { ErrorContext } from './errors.ts';
import { codeOf, isRoomError } from './errors.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
/** What a line may carry besides its text: counts, ids, codes. Never keys, tokens, links, plaintext, names. */
export type LogFields = ErrorContext;

/**
 * error: given up, somebody must act; warn: recovered or being retried; info: one line per transition, never per second;
 * debug: everything else (a lambda costs nothing when debug is off).
 */
export interface Logger {
  error(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  debug(text: string | (() => string), fields?: LogFields): void;
  /** A logger whose lines carry `name` after this one's, as in `call/transport`. */
  child(name: string): Logger;
}

const order: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Lines for journald: `<priority>` prefixes are left to the unit, one line an event, fields as key=value. */
export function createLogger(name: string, level: LogLevel, write: (line: string) => void): Logger {
  const line = (at: LogLevel, text: string, fields: LogFields | undefined): void => {
    if (order[at] > order[level]) return;
    const tail = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${format(value)}`);
    write(`${at.padEnd(5)} ${name} ${text}${tail.join('')}`);
  };
  return {
    error: (text, fields) => line('error', text, fields),
    warn: (text, fields) => line('warn', text, fields),
    info: (text, fields) => line('info', text, fields),
    debug: (text, fields) => {
      if (order.debug <= order[level]) line('debug', typeof text === 'string' ? text : text(), fields);
    },
    child: (child) => createLogger(`${name}/${child}`, level, write),
  };
}

/** Keeps nothing. */
export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLogger,
};

/** The fields that tell of an error without its free text, unless the text is ours. */
export function errorFields(error: unknown): LogFields {
  if (isRoomError(error)) return { ...error.context, code: error.code };
  return { code: codeOf(error), kind: error instanceof Error ? error.name : typeof error };
}

function format(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return /^[\w.:/@-]*$/.test(value) ? value : JSON.stringify(value);
}
