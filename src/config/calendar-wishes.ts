import { ConfigError } from '../lib/errors.ts';
import type { Config, SettingKey } from './settings.ts';

export type CalendarSourceWish =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'caldav';
      readonly url: string;
      /** Null: there is one. */
      readonly calendar: string | null;
      /** Empty: the file holds a bearer token. */
      readonly user: string;
      readonly passwordFile: string;
      readonly roomAddress: string | null;
    }
  | {
      readonly kind: 'ics';
      readonly url: string;
      readonly user: string;
      /** Null: without signing in. */
      readonly passwordFile: string | null;
      readonly roomAddress: string | null;
    }
  | {
      readonly kind: 'graph';
      readonly mailbox: string;
      readonly tenant: string;
      readonly clientId: string;
      readonly proof: { readonly kind: 'secret' | 'certificate'; readonly path: string };
      readonly graphOrigin: string;
      readonly signInOrigin: string;
    }
  | {
      readonly kind: 'google';
      readonly calendarId: string;
      readonly keyFile: string;
      readonly subject: string | null;
      readonly apiOrigin: string;
      readonly signInOrigin: string;
    };

export interface CalendarWishes {
  /** Null: the room has no calendar. */
  readonly source: CalendarSourceWish | null;
  /** The room's, an IANA name. */
  readonly zone: string;
  /** Paths of PEM files. */
  readonly trustedCertificates: readonly string[];
  readonly pollMs: number;
  /** Of meeting servers, as in `URL.host`; that of `meetingServer.url` is the first. */
  readonly hosts: readonly string[];
}

/** learn.microsoft.com/graph/deployments */
const clouds = {
  global: { graphOrigin: 'https://graph.microsoft.com', signInOrigin: 'https://login.microsoftonline.com' },
  'us-government': { graphOrigin: 'https://graph.microsoft.us', signInOrigin: 'https://login.microsoftonline.us' },
  'us-defense': { graphOrigin: 'https://dod-graph.microsoft.us', signInOrigin: 'https://login.microsoftonline.us' },
  china: { graphOrigin: 'https://microsoftgraph.chinacloudapi.cn', signInOrigin: 'https://login.chinacloudapi.cn' },
} as const;
const google = { apiOrigin: 'https://www.googleapis.com', signInOrigin: 'https://oauth2.googleapis.com' } as const;

/** @throws {ConfigError} config/incomplete for a setting that the source needs and that is not given. */
export function calendarWishes(config: Config, machineTimeZone: string): CalendarWishes {
  const zone = config['calendar.timeZone'];
  return {
    source: sourceWish(config),
    zone: zone === 'auto' ? machineTimeZone : zone,
    trustedCertificates: config['calendar.trustedCertificates'],
    pollMs: config['calendar.pollSeconds'] * 1_000,
    hosts: [...new Set([new URL(config['meetingServer.url']).host, ...config['calendar.hosts']])],
  };
}

function sourceWish(config: Config): CalendarSourceWish | null {
  const kind = config['calendar.source'];
  switch (kind) {
    case 'none':
      return null;
    case 'local':
      return { kind };
    case 'caldav':
      return { kind, ...addressed(config), calendar: config['calendar.calendarId'] || null };
    case 'ics': {
      const access = addressed(config);
      return { kind, ...access, passwordFile: access.user === '' ? null : access.passwordFile };
    }
    case 'graph':
      return { kind, ...graphWish(config) };
    case 'google': {
      const subject = config['calendar.subject'] || null;
      return {
        kind,
        calendarId: given(config, 'calendar.calendarId'),
        keyFile: config['calendar.keyFile'],
        subject,
        ...google,
      };
    }
  }
}

function addressed(config: Config): { url: string; user: string; passwordFile: string; roomAddress: string | null } {
  return {
    url: given(config, 'calendar.url'),
    user: config['calendar.user'],
    passwordFile: config['calendar.passwordFile'],
    roomAddress: config['calendar.mailbox'] || null,
  };
}

function graphWish(config: Config): Omit<Extract<CalendarSourceWish, { kind: 'graph' }>, 'kind'> {
  const kind = config['calendar.proof'];
  return {
    mailbox: given(config, 'calendar.mailbox'),
    tenant: given(config, 'calendar.tenant'),
    clientId: given(config, 'calendar.clientId'),
    proof: { kind, path: config[kind === 'secret' ? 'calendar.secretFile' : 'calendar.keyFile'] },
    ...clouds[config['calendar.cloud']],
  };
}

type TextKey = { [K in SettingKey]: Config[K] extends string ? K : never }[SettingKey];

function given(config: Config, key: TextKey & `calendar.${string}`): string {
  if (config[key] !== '') return config[key];
  throw new ConfigError('config/incomplete', `${key} must be set when calendar.source is ${config['calendar.source']}`);
}
