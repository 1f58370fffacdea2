import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import express from 'express';
import { jwtVerify } from 'jose';
import type { SeededEvent } from '../contract/calendar-source.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { listenOnLoopback } from './loopback-server.ts';

/**
 * The Google Calendar API v3 and its token service as their documentation tells of them, for one room calendar: lists of
 * masters and exceptions with page and sync tokens, 410 for a token that is not known any more, instances by their original
 * start, If-Match, attendeesOmitted, 403 rateLimitExceeded.
 */
export interface GoogleServer {
  readonly origin: string;
  /** What a service account's key file holds. */
  readonly keyFile: string;
  /** Requests to the calendar so far, as `GET /x?…`. */
  readonly requests: readonly string[];
  readonly tokensGiven: number;
  readonly claims: readonly Readonly<Record<string, unknown>>[];
  readonly declined: readonly string[];
  seed(event: SeededEvent): void;
  rename(from: string, to: string): void;
  erase(title: string): void;
  /** Any property of Google's event, of the event of this title. */
  set(title: string, properties: Readonly<Record<string, unknown>>): void;
  /** Moves one instance of the series of this title. */
  move(title: string, originalStartMs: number, startMs: number, endMs: number): void;
  /** An entry that the calendar has besides. */
  add(entry: Readonly<Record<string, unknown>>): void;
  answerNext(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void;
  hold(): void;
  expireTokens(): void;
  refuseCredentials(): void;
  forgetSyncTokens(): void;
  pageSize: number;
  close(): Promise<void>;
}

interface Item {
  id: string;
  /** The series that it is an instance of. */
  seriesId: string | null;
  originalMs: number | null;
  startMs: number;
  endMs: number;
  days: number;
  version: number;
  isCancelled: boolean;
  properties: Record<string, unknown>;
}

interface Listing {
  readonly since: number;
  readonly timeMin: number;
  readonly timeMax: number;
}

export const googleCalendar = 'c_room@resource.calendar.google.com';
export const googleAccount = 'room@project.iam.gserviceaccount.com';
const DAY_MS = 86_400_000;
let made: { publicKey: KeyObject; privateKey: KeyObject } | null = null;

/** One for all servers: making it takes longer than a test. */
function accountKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return (made ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
}

export async function startGoogleServer(): Promise<GoogleServer> {
  const simulation = new Simulation();
  simulation.listen(await listenOnLoopback(simulation.app));
  return simulation;
}

class Simulation implements GoogleServer {
  readonly app = express();
  readonly requests: string[] = [];
  readonly claims: Readonly<Record<string, unknown>>[] = [];
  readonly declined: string[] = [];
  readonly keyFile: string;
  tokensGiven = 0;
  pageSize = 250;
  readonly #publicKey: KeyObject;
  #server: LoopbackServer | null = null;
  #items = new Map<string, Item>();
  #added: Readonly<Record<string, unknown>>[] = [];
  #version = 1;
  #made = 0;
  #tokens = new Set<string>();
  #refuses = false;
  #holds = false;
  #answers: ((response: Response) => void)[] = [];
  #listings = new Map<string, Listing>();
  #pages = new Map<string, { entries: readonly unknown[]; listing: Listing }>();

  constructor() {
    const { publicKey, privateKey } = accountKey();
    this.#publicKey = publicKey;
    this.keyFile = JSON.stringify({
      type: 'service_account',
      client_email: googleAccount,
      private_key_id: 'key-1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: 'https://evil.example/token',
    });
    this.app.post(
      '/token',
      express.urlencoded({ extended: false }),
      (request, response) => void this.#giveToken(request, response),
    );
    const calendar = express.Router();
    calendar.use(this.#guard, express.json());
    calendar.get('/events', this.#list);
    calendar.post('/events', this.#insert);
    calendar.get('/events/:id/instances', this.#instances);
    calendar.get('/events/:id', (request, response) =>
      this.#withItem(request, response, (item) => response.json(this.#shown(item))),
    );
    calendar.patch('/events/:id', this.#patch);
    calendar.delete('/events/:id', this.#delete);
    this.app.use(`/calendar/v3/calendars/${encodeURIComponent(googleCalendar)}`, calendar);
    this.app.use((_request, response) => fail(response, 404, 'notFound'));
  }

  listen(server: LoopbackServer): void {
    this.#server = server;
  }

  get origin(): string {
    return this.#server?.origin ?? '';
  }

  seed(event: SeededEvent): void {
    const { startMs, endMs, days = 1, isCancelled = false } = event;
    const properties = {
      summary: event.title,
      organizer: { email: 'eva@example.org', displayName: 'Eva' },
      attendees: [{ email: googleCalendar, self: true, resource: true, responseStatus: 'accepted' }],
      ...(event.isPrivate && { visibility: 'private' }),
      ...(event.isFree && { transparency: 'transparent' }),
      ...(event.allDay && { start: { date: dayOf(startMs) }, end: { date: dayOf(endMs) } }),
      ...(days > 1 && { recurrence: [`RRULE:FREQ=DAILY;COUNT=${days}`] }),
    };
    this.#put({ id: this.#newId(), seriesId: null, originalMs: null, startMs, endMs, days, isCancelled, properties });
  }

  rename(from: string, to: string): void {
    this.set(from, { summary: to });
  }

  set(title: string, properties: Readonly<Record<string, unknown>>): void {
    const item = this.#titled(title);
    Object.assign(item.properties, properties);
    this.#touch(item);
  }

  move(title: string, originalStartMs: number, startMs: number, endMs: number): void {
    const item = this.#instanceOf(this.#titled(title), originalStartMs);
    this.#put({ ...item, startMs, endMs });
  }

  add(entry: Readonly<Record<string, unknown>>): void {
    this.#added.push(entry);
  }

  erase(title: string): void {
    this.#cancel(this.#titled(title));
  }

  answerNext(status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): void {
    this.#answers.push((response) => void response.status(status).set(headers).json(body));
  }

  hold(): void {
    this.#holds = true;
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  refuseCredentials(): void {
    this.#refuses = true;
    this.#tokens.clear();
  }

  forgetSyncTokens(): void {
    this.#listings.clear();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #giveToken(request: Request, response: Response): Promise<void> {
    const form = request.body as Record<string, string>;
    try {
      const { payload } = await jwtVerify(form['assertion'] ?? '', this.#publicKey, {
        audience: `${this.origin}/token`,
        issuer: googleAccount,
        algorithms: ['RS256'],
      });
      this.claims.push(payload);
      if (this.#refuses) throw new Error('refused');
    } catch {
      return void response.status(400).json({ error: 'invalid_grant' });
    }
    this.tokensGiven += 1;
    this.#tokens.add(`ya29.${this.tokensGiven}`);
    response.json({ access_token: `ya29.${this.tokensGiven}`, expires_in: 3599, token_type: 'Bearer' });
  }

  readonly #guard = (request: Request, response: Response, next: NextFunction): void => {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.#holds) return;
    const answer = this.#answers.shift();
    const token = (request.get('authorization') ?? '').replace(/^Bearer /, '');
    if (answer) answer(response);
    else if (this.#tokens.has(token)) next();
    else fail(response, 401, 'authError');
  };

  readonly #list = (request: Request, response: Response): void => {
    const { syncToken, timeMin, timeMax, pageToken, singleEvents } = request.query;
    if (singleEvents !== 'false' || (syncToken !== undefined && timeMin !== undefined))
      return fail(response, 400, 'badRequest');
    if (pageToken !== undefined) {
      const page = this.#pages.get(text(pageToken));
      return page ? this.#sendPage(response, page.entries, page.listing) : fail(response, 400, 'badRequest');
    }
    const known = syncToken === undefined ? null : this.#listings.get(text(syncToken));
    if (known === undefined) return fail(response, 410, 'fullSyncRequired');
    const listing = known ?? { since: 0, timeMin: Date.parse(text(timeMin)), timeMax: Date.parse(text(timeMax)) };
    this.#sendPage(response, this.#entriesOf(listing), { ...listing, since: this.#version });
  };

  #entriesOf({ since, timeMin, timeMax }: Listing): unknown[] {
    const found = [...this.#items.values()].filter((item) => {
      const endMs = item.endMs + (item.days - 1) * DAY_MS;
      return item.version > since && ((item.startMs < timeMax && endMs > timeMin) || item.isCancelled);
    });
    return [...found.map((item) => this.#shown(item)), ...(since === 0 ? this.#added : [])];
  }

  #sendPage(response: Response, entries: readonly unknown[], listing: Listing): void {
    const [items, later] = [entries.slice(0, this.pageSize), entries.slice(this.pageSize)];
    const key = `CPD${(this.#made += 1)}=`;
    if (later.length > 0) this.#pages.set(key, { entries: later, listing });
    else this.#listings.set(key, listing);
    response.json({
      kind: 'calendar#events',
      items,
      ...(later.length > 0 ? { nextPageToken: key } : { nextSyncToken: key }),
    });
  }

  readonly #insert = (request: Request, response: Response): void => {
    const { start, end, ...properties } = request.body as Record<string, unknown>;
    const item = this.#put({
      id: this.#newId(),
      seriesId: null,
      originalMs: null,
      startMs: momentOf(start),
      endMs: momentOf(end),
      days: 1,
      isCancelled: false,
      properties: { ...properties, organizer: { email: googleCalendar, self: true } },
    });
    response.json(this.#shown(item));
  };

  readonly #instances = (request: Request, response: Response): void =>
    this.#withItem(request, response, (master) => {
      const wanted = Date.parse(text(request.query['originalStart']));
      const isThere = (wanted - master.startMs) % DAY_MS === 0 && wanted < master.startMs + master.days * DAY_MS;
      const item = isThere ? this.#instanceOf(master, wanted) : null;
      response.json({ items: item && !item.isCancelled ? [this.#shown(item)] : [] });
    });

  readonly #patch = (request: Request, response: Response): void =>
    this.#withUnchanged(request, response, (item) => {
      const body = request.body as Record<string, unknown>;
      if (body['end'] !== undefined) item.endMs = momentOf(body['end']);
      if (body['attendees'] !== undefined) this.#answer(item, body);
      response.json(this.#shown(this.#put(item)));
    });

  #answer(item: Item, body: Record<string, unknown>): void {
    const [own] = body['attendees'] as { email: string; responseStatus: string }[];
    if (body['attendeesOmitted'] !== true || own?.email !== googleCalendar) throw new Error('it would drop the others');
    item.properties['attendees'] = [
      { email: googleCalendar, self: true, resource: true, responseStatus: own.responseStatus },
    ];
    this.declined.push(item.id);
  }

  readonly #delete = (request: Request, response: Response): void =>
    this.#withUnchanged(request, response, (item) => {
      this.#cancel(item);
      response.status(204).end();
    });

  #withUnchanged(request: Request, response: Response, act: (item: Item) => void): void {
    this.#withItem(request, response, (item) => {
      const wanted = request.get('if-match');
      if (item.isCancelled) fail(response, 410, 'deleted');
      else if (wanted !== undefined && wanted !== etagOf(item)) fail(response, 412, 'conditionNotMet');
      else act(item);
    });
  }

  #withItem(request: Request, response: Response, act: (item: Item) => void): void {
    const id = text(request.params['id']);
    const [seriesId = '', stamp] = id.split('_');
    const master = this.#items.get(seriesId);
    const item =
      this.#items.get(id) ?? (master && stamp !== undefined ? this.#instanceOf(master, Number(stamp)) : null);
    if (item) act(item);
    else fail(response, 404, 'notFound');
  }

  #instanceOf(master: Item, originalMs: number): Item {
    const id = `${master.id}_${originalMs}`;
    const made = {
      ...master,
      id,
      seriesId: master.id,
      originalMs,
      startMs: originalMs,
      endMs: originalMs + master.endMs - master.startMs,
    };
    return this.#items.get(id) ?? { ...made, days: 1, properties: { ...master.properties, recurrence: undefined } };
  }

  #cancel(item: Item): void {
    for (const child of this.#items.values()) if (child.seriesId === item.id) this.#items.delete(child.id);
    this.#put({ ...item, isCancelled: true, properties: {} });
  }

  #put(item: Omit<Item, 'version'>): Item {
    const kept = { ...item, version: (this.#version += 1) };
    this.#items.set(kept.id, kept);
    return kept;
  }

  #touch(item: Item): void {
    item.version = this.#version += 1;
  }

  #newId(): string {
    return `ev${(this.#made += 1)}abc`;
  }

  #titled(title: string): Item {
    const found = [...this.#items.values()].find(({ properties }) => properties['summary'] === title);
    if (!found) throw new Error(`no event ${title}`);
    return found;
  }

  #shown(item: Item): unknown {
    const isInstance = item.seriesId !== null && item.originalMs !== null;
    const belongs = isInstance
      ? { recurringEventId: item.seriesId, originalStartTime: moment(item.originalMs ?? 0) }
      : {};
    if (item.isCancelled) return { id: item.id, etag: etagOf(item), status: 'cancelled', ...belongs };
    const times = { start: moment(item.startMs), end: moment(item.endMs) };
    return {
      kind: 'calendar#event',
      id: item.id,
      etag: etagOf(item),
      status: 'confirmed',
      ...times,
      ...item.properties,
      ...belongs,
    };
  }
}

function etagOf(item: Item): string {
  return `"${item.version}000"`;
}

/** As Berlin writes it in winter. */
function moment(atMs: number): unknown {
  return { dateTime: `${new Date(atMs + 3_600_000).toISOString().slice(0, 19)}+01:00`, timeZone: 'Europe/Berlin' };
}

function dayOf(atMs: number): string {
  return new Date(atMs + 3_600_000).toISOString().slice(0, 10);
}

function momentOf(value: unknown): number {
  return Date.parse((value as { dateTime: string }).dateTime);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fail(response: Response, status: number, reason: string): void {
  response.status(status).json({ error: { code: status, message: reason, errors: [{ domain: 'x', reason }] } });
}
