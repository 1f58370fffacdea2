/** What a value of the configuration may be: how it is checked, told to people, and described as JSON Schema. */
export interface ValueType<T> {
  /** The accepted range in words, completing "must be …". */
  readonly accepts: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether the value is a path, or paths, resolved against the state directory when relative. */
  readonly path: boolean;
  /** Whether a command line flag may be given several times. */
  readonly repeatable: boolean;
  is(value: unknown): value is T;
  /** The JSON value that text on a command line stands for; not yet checked. */
  fromText(texts: readonly string[]): unknown;
}

export type ValueOf<V> = V extends ValueType<infer T> ? T : never;

const lastText = (texts: readonly string[]): unknown => texts.at(-1);

export function oneOf<const T extends string>(values: readonly T[]): ValueType<T> {
  return {
    accepts: `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
    schema: { type: 'string', enum: values },
    path: false,
    repeatable: false,
    is: (value): value is T => values.some((known) => known === value),
    fromText: lastText,
  };
}

/** Printable text of at most `maxLength` UTF-16 units; `pattern` narrows it and `accepts` says how. */
export function text(options: { maxLength: number; pattern: string; accepts: string }): ValueType<string> {
  const pattern = new RegExp(options.pattern, 'u');
  return {
    accepts: options.accepts,
    schema: { type: 'string', maxLength: options.maxLength, pattern: options.pattern },
    path: false,
    repeatable: false,
    is: (value): value is string =>
      typeof value === 'string' && value.length <= options.maxLength && pattern.test(value),
    fromText: lastText,
  };
}

export function integer(minimum: number, maximum: number, unit: string): ValueType<number> {
  return {
    accepts: `a whole number from ${minimum} to ${maximum}${unit === '' ? '' : ` (${unit})`}`,
    schema: { type: 'integer', minimum, maximum },
    path: false,
    repeatable: false,
    is: (value): value is number => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    fromText: (texts) => (/^-?\d{1,15}$/.test(texts.at(-1) ?? '') ? Number(texts.at(-1)) : texts.at(-1)),
  };
}

/** On or off. */
export const flag: ValueType<boolean> = {
  accepts: 'true or false',
  schema: { type: 'boolean' },
  path: false,
  repeatable: false,
  is: (value): value is boolean => typeof value === 'boolean',
  fromText: (texts) => ({ true: true, false: false })[texts.at(-1) ?? ''] ?? texts.at(-1),
};

/** A time zone by its IANA name, or `auto`: that of this machine. */
export const timeZone: ValueType<string> = {
  accepts: '"auto" (that of this machine) or a time zone, as in "Europe/Berlin"',
  schema: { type: 'string', maxLength: 64 },
  path: false,
  repeatable: false,
  is: (value): value is string =>
    typeof value === 'string' && value.length <= 64 && (value === 'auto' || isTimeZone(value)),
  fromText: lastText,
};

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** An address to listen on: an IPv4 address, a bracketed IPv6 address or a host name, a colon, and a port (0: any free one). */
export const listenAddress: ValueType<string> = {
  accepts: 'an address and a port, as in "127.0.0.1:8080" or "[::1]:8080"',
  schema: { type: 'string', maxLength: 261 },
  path: false,
  repeatable: false,
  is: (value): value is string =>
    typeof value === 'string' && value.length <= 261 && parseListenAddress(value) !== null,
  fromText: lastText,
};

/** The same, or `off`. */
export const networkAddress: ValueType<string> = {
  ...listenAddress,
  accepts: '"off" or an address and a port, as in "0.0.0.0:8443"',
  is: (value): value is string => value === 'off' || listenAddress.is(value),
};

/** Host and port of a `listenAddress`; null when it is none. An IPv6 host comes without brackets. */
export function parseListenAddress(value: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** An origin over TLS: no user, path, query or fragment. */
export const httpsOrigin: ValueType<string> = {
  accepts: 'an https address without a path, as in "https://meet.example.org"',
  schema: { type: 'string', format: 'uri', pattern: '^https://' },
  path: false,
  repeatable: false,
  is: (value): value is string => typeof value === 'string' && isHttpsOrigin(value),
  fromText: lastText,
};

function isHttpsOrigin(value: string): boolean {
  if (value.length > 300 || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.protocol === 'https:' && (value === url.origin || value === `${url.origin}/`);
}

export const filePath: ValueType<string> = {
  accepts: 'the path of a file',
  schema: { type: 'string', minLength: 1, maxLength: 4095 },
  path: true,
  repeatable: false,
  is: (value): value is string =>
    typeof value === 'string' && value !== '' && value.length <= 4095 && !value.includes('\0'),
  fromText: lastText,
};

export function listOf<T>(item: ValueType<T>, maxItems: number): ValueType<readonly T[]> {
  return {
    accepts: `a list of at most ${maxItems}, each ${item.accepts}`,
    schema: { type: 'array', maxItems, items: item.schema },
    path: item.path,
    repeatable: true,
    is: (value): value is readonly T[] =>
      Array.isArray(value) && value.length <= maxItems && value.every((entry) => item.is(entry)),
    fromText: (texts) => texts.map((entry) => item.fromText([entry])),
  };
}
