import { readFile } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { limits } from '../src/call/signalling/messages.ts';
import { codeOf, UsageError } from '../src/lib/errors.ts';

export interface Address {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Everything the server can be told; `defaultServerOptions` has the rest. */
export interface ServerOptions {
  readonly listen: Address;
  /** A plain listener for browsers on this machine, where http is a secure context; null: none. */
  readonly loopbackHttp: Address | null;
  /** The address or name that clients reach media under, when it is not one of this machine's own. */
  readonly announcedAddress: string | null;
  readonly mediaPorts: { readonly min: number; readonly max: number };
  /** Origin under which people reach the server, as in `https://meet.example.org`; null: whatever they used. */
  readonly publicUrl: string | null;
  /** A certificate of one's own; null: a self-signed one in `stateDir`. */
  readonly tls: { readonly certificatePath: string; readonly keyPath: string } | null;
  readonly stateDir: string;
  /** Vite's output. */
  readonly guestDir: string;
  readonly workers: number;
  /** Meetings whose links are kept. */
  readonly maxMeetings: number;
  /** Meetings held at the same time. */
  readonly maxLiveMeetings: number;
  readonly maxPeers: number;
  readonly maxPeersPerMeeting: number;
  readonly maxConnectionsPerAddress: number;
  readonly meetingsPerMinute: number;
  readonly requestsPerMinute: number;
  readonly consumersPerRouter: number;
  /** Bytes a client may leave unread before it is given up. */
  readonly maxBufferedBytes: number;
  readonly metricsToken: string | null;
  readonly joinDeadlineMs: number;
  readonly graceMs: number;
  readonly demandHoldMs: number;
  readonly heartbeatMs: number;
}

export function defaultServerOptions(stateDir: string): ServerOptions {
  return {
    listen: { host: '0.0.0.0', port: 4443 },
    loopbackHttp: { host: '127.0.0.1', port: 4480 },
    announcedAddress: null,
    mediaPorts: { min: 40_000, max: 40_999 },
    publicUrl: null,
    tls: null,
    stateDir,
    guestDir: join(import.meta.dirname, '..', 'dist', 'guest'),
    workers: availableParallelism(),
    maxMeetings: 10_000,
    maxLiveMeetings: 500,
    maxPeers: 2_000,
    maxPeersPerMeeting: limits.peersPerMeeting,
    maxConnectionsPerAddress: 64,
    meetingsPerMinute: 30,
    requestsPerMinute: 600,
    consumersPerRouter: 400,
    maxBufferedBytes: 4_000_000,
    metricsToken: null,
    joinDeadlineMs: 10_000,
    graceMs: 3_000,
    demandHoldMs: 1_000,
    heartbeatMs: 5_000,
  };
}

const whole =
  (name: string, min: number, max: number) =>
  (text: string): number => {
    if (!/^\d{1,10}$/.test(text) || Number(text) < min || Number(text) > max) {
      throw invalid(name, text, `a whole number from ${min} to ${max}`);
    }
    return Number(text);
  };

/** Each option of the command line: what stands for its value in the help, what it does, and how it changes the options. */
const table = {
  listen: {
    value: '<address>:<port>',
    help: 'where to listen with TLS (default 0.0.0.0:4443)',
    read: (text: string) => ({ listen: parseAddress('listen', text) }),
  },
  'loopback-http': {
    value: '<address>:<port>|off',
    help: 'plain http for browsers on this machine, loopback addresses only (default 127.0.0.1:4480)',
    read: (text: string) => ({ loopbackHttp: text === 'off' ? null : parseLoopback(text) }),
  },
  'announced-address': {
    value: '<address or name>',
    help: "where clients reach media, when it is not one of this machine's own addresses (NAT)",
    read: (text: string) => {
      if (!isHost(text)) throw invalid('announced-address', text, 'an IP address or a host name');
      return { announcedAddress: text };
    },
  },
  'media-ports': {
    value: '<first>-<last>',
    help: 'ports for media; each worker takes one, for UDP and TCP, on each address (default 40000-40999)',
    read: (text: string) => ({ mediaPorts: parsePorts(text) }),
  },
  'public-url': {
    value: '<https://name>',
    help: 'origin that meeting links begin with (default: the one the caller used)',
    read: (text: string) => {
      const url = URL.parse(text);
      if (
        url?.protocol !== 'https:' ||
        url.pathname !== '/' ||
        url.search !== '' ||
        url.hash !== '' ||
        url.username !== ''
      ) {
        throw invalid('public-url', text, 'an origin such as https://meet.example.org');
      }
      return { publicUrl: url.origin };
    },
  },
  'tls-cert': {
    value: '<file>',
    help: 'certificate chain, PEM (default: self-signed, made on the first run)',
    read: null,
  },
  'tls-key': { value: '<file>', help: 'private key of --tls-cert, PEM', read: null },
  'state-dir': {
    value: '<directory>',
    help: 'where certificate and meetings are kept (default: $STATE_DIRECTORY, else under $XDG_STATE_HOME)',
    read: (text: string) => ({ stateDir: text }),
  },
  workers: {
    value: '<n>',
    help: 'media workers (default: one a core)',
    read: (text: string) => ({ workers: whole('workers', 1, 256)(text) }),
  },
  'max-meetings': {
    value: '<n>',
    help: 'meetings whose links are kept (default 10000)',
    read: (text: string) => ({ maxMeetings: whole('max-meetings', 1, 1_000_000)(text) }),
  },
  'max-live-meetings': {
    value: '<n>',
    help: 'meetings held at the same time (default 500)',
    read: (text: string) => ({ maxLiveMeetings: whole('max-live-meetings', 1, 100_000)(text) }),
  },
  'max-peers': {
    value: '<n>',
    help: 'participants on the whole server (default 2000)',
    read: (text: string) => ({ maxPeers: whole('max-peers', 1, 100_000)(text) }),
  },
  'max-peers-per-meeting': {
    value: '<n>',
    help: `participants in one meeting (default ${limits.peersPerMeeting})`,
    read: (text: string) => ({ maxPeersPerMeeting: whole('max-peers-per-meeting', 1, limits.peersPerMeeting)(text) }),
  },
  'max-connections-per-address': {
    value: '<n>',
    help: 'signalling connections from one address, for offices behind one NAT (default 64)',
    read: (text: string) => ({ maxConnectionsPerAddress: whole('max-connections-per-address', 1, 100_000)(text) }),
  },
  'consumers-per-router': {
    value: '<n>',
    help: 'streams to viewers after which a meeting spreads to a further worker (default 400)',
    read: (text: string) => ({ consumersPerRouter: whole('consumers-per-router', 1, 100_000)(text) }),
  },
  'grace-ms': {
    value: '<ms>',
    help: 'how long a participant whose connection broke stays in the meeting (default 3000)',
    read: (text: string) => ({ graceMs: whole('grace-ms', 0, 60_000)(text) }),
  },
  'metrics-token-file': {
    value: '<file>',
    help: 'file with a token that opens /metrics to other machines (default: this machine only)',
    read: null,
  },
} satisfies Record<string, { value: string; help: string; read: ((text: string) => Partial<ServerOptions>) | null }>;

export function helpText(): string {
  const rows = Object.entries(table).map(([name, { value, help }]) => `  --${name} ${value}\n      ${help}`);
  return ['Usage: node server/main.ts [options]', '', ...rows, '  --help', '      this text', ''].join('\n');
}

/**
 * The options of a command line; null when it asks for help.
 * @throws {UsageError} `server/option-invalid`, naming option, value and what is accepted.
 */
export async function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ServerOptions | null> {
  const values = parseValues(args);
  if (values['help'] === true) return null;
  let options = defaultServerOptions(defaultStateDir(environment));
  for (const [name, { read }] of Object.entries(table)) {
    const text = values[name];
    if (read && typeof text === 'string') options = { ...options, ...read(text) };
  }
  const { 'tls-cert': certificatePath, 'tls-key': keyPath, 'metrics-token-file': tokenFile } = values;
  if (typeof certificatePath === 'string' && typeof keyPath === 'string') {
    options = { ...options, tls: { certificatePath, keyPath } };
  } else if (certificatePath !== undefined || keyPath !== undefined) {
    throw new UsageError('server/option-invalid', '--tls-cert and --tls-key go together');
  }
  if (typeof tokenFile === 'string') options = { ...options, metricsToken: await readToken(tokenFile) };
  return options;
}

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function parseValues(args: readonly string[]): Record<string, string | boolean | undefined> {
  const names = Object.keys(table).map((name) => [name, { type: 'string' }] as const);
  try {
    const options = { ...Object.fromEntries(names), help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message : 'unknown option';
    throw new UsageError('server/option-invalid', `${text} Known: --${Object.keys(table).join(', --')}, --help`);
  }
}

function defaultStateDir(environment: Readonly<Record<string, string | undefined>>): string {
  const { STATE_DIRECTORY, XDG_STATE_HOME } = environment;
  if (STATE_DIRECTORY) return STATE_DIRECTORY.split(':')[0] ?? STATE_DIRECTORY;
  return join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'incamera', 'server');
}

function invalid(name: string, text: string, accepted: string): UsageError {
  const shown = text.slice(0, 80);
  return new UsageError('server/option-invalid', `--${name} ${shown} is not ${accepted}`, {
    context: { option: name },
  });
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*$/i.test(text));
}

function parseAddress(name: string, text: string): Address {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !isHost(host) || port > 65_535) {
    throw invalid(name, text, '<address>:<port>, as in 0.0.0.0:4443 or [::]:4443');
  }
  return { host, port };
}

function parseLoopback(text: string): Address {
  const address = parseAddress('loopback-http', text);
  if (!isLoopback(address.host))
    throw invalid('loopback-http', text, 'a loopback address: without TLS nothing else is served');
  return address;
}

function parsePorts(text: string): { min: number; max: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const min = Number(match?.[1]);
  const max = Number(match?.[2]);
  if (!match || min < 1_024 || max > 65_535 || min > max) {
    throw invalid('media-ports', text, '<first>-<last> between 1024 and 65535');
  }
  return { min, max };
}

async function readToken(path: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new UsageError('server/option-invalid', `--metrics-token-file ${path} cannot be read`, {
      context: { cause: codeOf(error) },
    });
  }
  if (token.length < 16)
    throw new UsageError('server/option-invalid', '--metrics-token-file holds less than 16 characters');
  return token;
}
