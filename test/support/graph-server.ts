import type { NextFunction, Request, Response } from 'express';
import express from 'express';
import type { SeededEvent } from '../contract/calendar-source.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { listenOnLoopback } from './loopback-server.ts';

/**
 * Microsoft Graph v1.0 and its sign-in service as their documentation tells of them, for one room mailbox: calendarView/delta
 * with pages and bare occurrences (microsoftgraph/microsoft-graph-docs issue 7632), a changed series told whole, at most four
 * requests at once for a mailbox (graph/throttling-limits), SyncStateNotFound, If-Match.
 */
export interface GraphServer {
  readonly origin: string;
  /** Requests to the mailbox so far, as `GET /events/x`. */
  readonly requests: readonly string[];
  readonly headersOfLast: Readonly<Record<string, string | string[] | undefined>>;
  readonly tokensGiven: number;
  /** Forms posted to the sign-in service. */
  readonly forms: readonly Readonly<Record<string, string>>[];
  readonly busiest: number;
  readonly declined: readonly string[];
  seed(event: SeededEvent): void;
  rename(from: string, to: string): void;
  erase(title: string): void;
  /** Any property of Graph's event, of the event of this title. */
  set(title: string, properties: Readonly<Record<string, unknown>>): void;
  /** The next request to the mailbox is answered so. */
  answerNext(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Requests stay unanswered until the returned function is called. */
  hold(): () => void;
  expireTokens(): void;
  refuseCredentials(): void;
  forgetDeltas(): void;
  /** Events a page. */
  pageSize: number;
  close(): Promise<void>;
}

interface Item {
  id: string;
  seriesId: string | null;
  type: 'singleInstance' | 'occurrence' | 'exception' | 'seriesMaster';
  startMs: number;
  endMs: number;
  originalMs: number | null;
  version: number;
  isOurs: boolean;
  properties: Record<string, unknown>;
}

interface Delta {
  readonly startMs: number;
  readonly endMs: number;
  readonly since: number;
}

const MAX_AT_ONCE = 4;
export const graphMailbox = 'aurora@rooms.example';
export const graphClient = { tenant: 'tenant-1', clientId: 'client-1', secret: 'graph-secret-7' };

export async function startGraphServer(): Promise<GraphServer> {
  const simulation = new Simulation();
  const server = await listenOnLoopback(simulation.app);
  simulation.listen(server);
  return simulation;
}

class Simulation implements GraphServer {
  readonly app = express();
  readonly requests: string[] = [];
  readonly forms: Record<string, string>[] = [];
  readonly declined: string[] = [];
  headersOfLast: Readonly<Record<string, string | string[] | undefined>> = {};
  tokensGiven = 0;
  busiest = 0;
  pageSize = 50;
  #server: LoopbackServer | null = null;
  #items = new Map<string, Item>();
  #removed: { id: string; at: number }[] = [];
  #version = 1;
  #made = 0;
  #atOnce = 0;
  #tokens = new Set<string>();
  #refuses = false;
  #held: Promise<void> = Promise.resolve();
  #answers: ((response: Response) => void)[] = [];
  #links = new Map<string, { entries: readonly unknown[]; delta: Delta }>();

  constructor() {
    const { app } = this;
    app.post('/:tenant/oauth2/v2.0/token', express.urlencoded({ extended: false }), this.#giveToken);
    const mailbox = express.Router();
    mailbox.use(this.#guard, express.json());
    mailbox.get('/calendarView/delta', this.#delta);
    mailbox.get('/events/:id/instances', this.#instances);
    mailbox.get('/events/:id', (request, response) =>
      this.#withItem(request, response, (item) => response.json(this.#full(item))),
    );
    mailbox.post('/events', this.#create);
    mailbox.patch('/events/:id', this.#patch);
    mailbox.delete('/events/:id', this.#delete);
    mailbox.post('/events/:id/decline', this.#decline);
    app.use(`/v1.0/users/${encodeURIComponent(graphMailbox)}`, mailbox);
    app.use((_request, response) => fail(response, 404, 'ErrorItemNotFound'));
  }

  listen(server: LoopbackServer): void {
    this.#server = server;
  }

  get origin(): string {
    return this.#server?.origin ?? '';
  }

  seed(event: SeededEvent): void {
    const properties = propertiesOf(event);
    if ((event.days ?? 1) === 1) {
      this.#add({
        type: 'singleInstance',
        seriesId: null,
        ...spanOf(event, 0),
        originalMs: null,
        isOurs: false,
        properties,
      });
      return;
    }
    const master = this.#add({
      type: 'seriesMaster',
      seriesId: null,
      ...spanOf(event, 0),
      originalMs: null,
      isOurs: false,
      properties,
    });
    for (let day = 0; day < (event.days ?? 1); day += 1) {
      const span = spanOf(event, day);
      this.#add({
        type: 'occurrence',
        seriesId: master.id,
        ...span,
        originalMs: span.startMs,
        isOurs: false,
        properties: {},
      });
    }
  }

  rename(from: string, to: string): void {
    this.set(from, { subject: to });
  }

  set(title: string, properties: Readonly<Record<string, unknown>>): void {
    const item = this.#titled(title);
    Object.assign(item.properties, properties);
    this.#touch(item);
  }

  erase(title: string): void {
    this.#remove(this.#titled(title));
  }

  answerNext(status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): void {
    this.#answers.push((response) => void response.status(status).set(headers).json(body));
  }

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#held = promise;
    return () => resolve(undefined);
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  refuseCredentials(): void {
    this.#refuses = true;
    this.#tokens.clear();
  }

  forgetDeltas(): void {
    this.#links.clear();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  readonly #giveToken = (request: Request, response: Response): void => {
    const form = request.body as Record<string, string>;
    this.forms.push(form);
    const isKnown = form['client_id'] === graphClient.clientId && request.params['tenant'] === graphClient.tenant;
    const isProven = form['client_secret'] === graphClient.secret || form['client_assertion'] !== undefined;
    if (this.#refuses || !isKnown || !isProven) return void response.status(401).json({ error: 'invalid_client' });
    this.tokensGiven += 1;
    const token = `token-${this.tokensGiven}`;
    this.#tokens.add(token);
    response.json({ token_type: 'Bearer', expires_in: 3599, access_token: token });
  };

  readonly #guard = (request: Request, response: Response, next: NextFunction): void => {
    this.requests.push(`${request.method} ${request.path}`);
    this.headersOfLast = request.headers;
    this.#atOnce += 1;
    this.busiest = Math.max(this.busiest, this.#atOnce);
    response.on('close', () => (this.#atOnce -= 1));
    if (this.#atOnce > MAX_AT_ONCE) return fail(response, 429, 'ApplicationThrottled');
    const prefer = request.get('prefer') ?? '';
    if (!prefer.includes('outlook.timezone="UTC"') || !prefer.includes('IdType="ImmutableId"'))
      return fail(response, 400, 'ErrorInvalidRequest');
    void this.#held.then(() => {
      const answer = this.#answers.shift();
      const token = (request.get('authorization') ?? '').replace(/^Bearer /, '');
      if (answer) answer(response);
      else if (this.#tokens.has(token)) next();
      else fail(response, 401, 'InvalidAuthenticationToken');
    });
  };

  readonly #delta = (request: Request, response: Response): void => {
    const token = request.query['$skiptoken'] ?? request.query['$deltatoken'];
    if (token === undefined) return this.#sendFirst(request, response);
    const known = this.#links.get(text(token));
    if (!known) return fail(response, 410, 'SyncStateNotFound');
    const isNext = request.query['$skiptoken'] !== undefined;
    this.#sendPage(response, isNext ? known.entries : this.#entriesOf(known.delta), {
      ...known.delta,
      since: this.#version,
    });
  };

  #sendFirst(request: Request, response: Response): void {
    const [startMs, endMs] = [
      Date.parse(text(request.query['startDateTime'])),
      Date.parse(text(request.query['endDateTime'])),
    ];
    if (Number.isNaN(startMs) || Number.isNaN(endMs)) return fail(response, 400, 'ErrorInvalidParameter');
    this.#sendPage(response, this.#entriesOf({ startMs, endMs, since: 0 }), { startMs, endMs, since: this.#version });
  }

  #sendPage(response: Response, entries: readonly unknown[], delta: Delta): void {
    const [now, later] = [entries.slice(0, this.pageSize), entries.slice(this.pageSize)];
    const key = `link-${(this.#made += 1)}`;
    this.#links.set(key, { entries: later, delta });
    const base = `${this.origin}/v1.0/users/${encodeURIComponent(graphMailbox)}/calendarView/delta`;
    const link =
      later.length > 0
        ? { '@odata.nextLink': `${base}?$skiptoken=${key}` }
        : { '@odata.deltaLink': `${base}?$deltatoken=${key}` };
    response.json({ value: now, ...link });
  }

  #entriesOf(delta: Delta): unknown[] {
    const within = [...this.#items.values()].filter((item) => item.startMs < delta.endMs && item.endMs > delta.startMs);
    const changed = within.filter((item) => this.#changedAt(item) > delta.since);
    const gone = delta.since === 0 ? [] : this.#removed.filter(({ at }) => at > delta.since);
    return [
      ...gone.map(({ id }) => ({ id, '@removed': { reason: 'deleted' } })),
      ...changed.map((item) => (item.type === 'occurrence' ? this.#bare(item) : this.#full(item))),
    ];
  }

  /** Occurrences change with their series, all of them. */
  #changedAt(item: Item): number {
    return Math.max(item.version, item.seriesId === null ? 0 : (this.#items.get(item.seriesId)?.version ?? 0));
  }

  readonly #instances = (request: Request, response: Response): void => {
    const [startMs, endMs] = [
      Date.parse(text(request.query['startDateTime'])),
      Date.parse(text(request.query['endDateTime'])),
    ];
    const found = [...this.#items.values()].filter(
      (item) => item.seriesId === request.params['id'] && item.startMs < endMs && item.endMs > startMs,
    );
    response.json({ value: found.map((item) => this.#full(item)) });
  };

  readonly #create = (request: Request, response: Response): void => {
    const body = request.body as Record<string, { dateTime: string; timeZone: string } | string>;
    const [startMs, endMs] = [momentOf(body['start']), momentOf(body['end'])];
    const properties = { subject: body['subject'], showAs: body['showAs'] };
    const item = this.#add({
      type: 'singleInstance',
      seriesId: null,
      startMs,
      endMs,
      originalMs: null,
      isOurs: true,
      properties,
    });
    response.status(201).json(this.#full(item));
  };

  readonly #patch = (request: Request, response: Response): void =>
    this.#withUnchanged(request, response, (item) => {
      item.endMs = momentOf((request.body as Record<string, unknown>)['end']);
      if (item.type === 'occurrence') item.type = 'exception';
      this.#touch(item);
      response.json(this.#full(item));
    });

  readonly #delete = (request: Request, response: Response): void =>
    this.#withUnchanged(request, response, (item) => {
      this.#remove(item);
      response.status(204).end();
    });

  readonly #decline = (request: Request, response: Response): void =>
    this.#withItem(request, response, (item) => {
      if (item.isOurs) return fail(response, 400, 'ErrorInvalidRequest');
      this.declined.push(item.id);
      this.#remove(item);
      response.status(202).end();
    });

  #withUnchanged(request: Request, response: Response, act: (item: Item) => void): void {
    this.#withItem(request, response, (item) => {
      const wanted = request.get('if-match');
      if (wanted !== undefined && wanted !== this.#etag(item)) fail(response, 412, 'ErrorIrresolvableConflict');
      else act(item);
    });
  }

  #withItem(request: Request, response: Response, act: (item: Item) => void): void {
    const item = this.#items.get(text(request.params['id']));
    if (item) act(item);
    else fail(response, 404, 'ErrorItemNotFound');
  }

  #add(item: Omit<Item, 'id' | 'version'>): Item {
    const added = { ...item, id: `AAMk-${(this.#made += 1)}==`, version: (this.#version += 1) };
    this.#items.set(added.id, added);
    return added;
  }

  #touch(item: Item): void {
    item.version = this.#version += 1;
  }

  #remove(item: Item): void {
    this.#items.delete(item.id);
    const master = item.seriesId === null ? null : this.#items.get(item.seriesId);
    if (master) return this.#touch(master);
    for (const child of [...this.#items.values()].filter(({ seriesId }) => seriesId === item.id))
      this.#items.delete(child.id);
    this.#removed.push({ id: item.id, at: (this.#version += 1) });
  }

  #titled(title: string): Item {
    const found = [...this.#items.values()].find(({ properties }) => properties['subject'] === title);
    if (!found) throw new Error(`no event ${title}`);
    return found;
  }

  #etag(item: Item): string {
    return `W/"${this.#changedAt(item)}"`;
  }

  #bare(item: Item): unknown {
    const { id, seriesId, type } = item;
    return { '@odata.etag': this.#etag(item), id, seriesMasterId: seriesId, type, ...timesOf(item) };
  }

  #full(item: Item): unknown {
    const master = item.seriesId === null ? null : this.#items.get(item.seriesId);
    return {
      '@odata.etag': this.#etag(item),
      id: item.id,
      seriesMasterId: item.seriesId,
      type: item.type,
      originalStart: item.originalMs === null ? null : new Date(item.originalMs).toISOString(),
      ...timesOf(item),
      isAllDay: false,
      isCancelled: false,
      isOrganizer: item.isOurs,
      sensitivity: 'normal',
      showAs: 'busy',
      responseStatus: { response: item.isOurs ? 'organizer' : 'accepted' },
      organizer: { emailAddress: { name: 'Organizer', address: 'organizer@example.org' } },
      attendees: [],
      location: { displayName: '' },
      body: { contentType: 'html', content: '' },
      onlineMeeting: null,
      onlineMeetingUrl: null,
      ...master?.properties,
      ...item.properties,
    };
  }
}

function propertiesOf(event: SeededEvent): Record<string, unknown> {
  return {
    subject: event.title,
    isCancelled: event.isCancelled === true,
    isAllDay: event.allDay === true,
    sensitivity: event.isPrivate ? 'private' : 'normal',
    showAs: event.isFree ? 'free' : 'busy',
  };
}

const HOUR_MS = 3_600_000;

/** An all-day event stands at midnight UTC: Exchange tells days, and the seeds are of Berlin in winter. */
function spanOf(event: SeededEvent, day: number): { startMs: number; endMs: number } {
  const shift = (event.allDay ? HOUR_MS : 0) + day * 24 * HOUR_MS;
  return { startMs: event.startMs + shift, endMs: event.endMs + shift };
}

function timesOf(item: Item): Record<string, unknown> {
  return { start: moment(item.startMs), end: moment(item.endMs) };
}

function moment(atMs: number): unknown {
  return { dateTime: `${new Date(atMs).toISOString().slice(0, 19)}.0000000`, timeZone: 'UTC' };
}

function momentOf(value: unknown): number {
  const { dateTime, timeZone } = value as { dateTime: string; timeZone: string };
  if (timeZone !== 'UTC') throw new Error(`a time in ${timeZone}`);
  return Date.parse(`${dateTime}Z`);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fail(response: Response, status: number, code: string): void {
  response.status(status).json({ error: { code, message: `${code} of the contract server` } });
}
