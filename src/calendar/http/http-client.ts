import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Agent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../lib/clock.ts';
import { codeOf } from '../../lib/errors.ts';
import { pinnedAgent } from '../../lib/pinned-agent.ts';
import { CalendarError } from '../calendar-error.ts';
import { isAllowedAddress } from './address.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** One header of the answer; null when absent. */
  readonly header: (name: string) => string | null;
  readonly body: Buffer;
}

export interface HttpLimits {
  /** Of one answer's body. */
  readonly bytes: number;
  /** Of one request with its redirects, from its beginning to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface HttpClientOptions {
  readonly clock: Clock;
  /** The only origins that anything is sent to, credentials above all. */
  readonly origins: readonly string[];
  /** PEM texts trusted besides the usual authorities. */
  readonly trustedCertificates: readonly string[];
  readonly limits: HttpLimits;
}

const MAX_REDIRECTS = 5;
const MAX_HEADER_BYTES = 65_536;
/** These may be sent again to where a 301 or 302 points; a write may not (RFC 9110 section 15.4). */
const SAFE_METHODS = new Set(['GET', 'PROPFIND', 'REPORT', 'OPTIONS']);

/**
 * Requests to a calendar's own origins and to nowhere else: an answer is bounded in bytes and time, comes uncompressed (so
 * that nothing small unpacks into something large), and a redirect is followed only within its origin.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agent: Agent;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#agent = pinnedAgent(options.trustedCertificates);
  }

  /**
   * The answer, whatever its status.
   * @throws {CalendarError} `calendar/unreachable`, `calendar/refused` (another origin), `calendar/unreadable` (too large,
   * compressed). @throws the signal's reason when aborted.
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const { clock, limits } = this.#options;
    const deadline = new AbortController();
    const cancel = clock.after(limits.timeoutMs, () => deadline.abort());
    try {
      return await this.#follow(request, AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      signal.throwIfAborted();
      throw this.#explain(error, URL.parse(request.url)?.host ?? '', deadline.signal.aborted);
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #follow(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    let next = request;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const url = this.#checked(next.url);
      const answer = await this.#once(next, url, signal);
      const target = redirectTarget(next, url, answer);
      if (target === null) return answer;
      if (target.origin !== url.origin) throw leadsAway(url, target);
      next = { ...next, url: target.href };
    }
    throw new CalendarError('calendar/unreachable', 'The calendar server redirects in a circle');
  }

  #checked(address: string): URL {
    const url = URL.parse(address);
    if (!url || !isAllowedAddress(url))
      throw new CalendarError('calendar/refused', 'The address of the calendar is not an https address');
    if (!this.#options.origins.includes(url.origin))
      throw new CalendarError('calendar/refused', `The calendar server names another host, ${shownHost(url)}`);
    return url;
  }

  #once(request: HttpRequest, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
    const secure = url.protocol === 'https:';
    const options: RequestOptions = {
      method: request.method,
      headers: { ...request.headers, ...lengthOf(request.body) },
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      ...(secure && { agent: this.#agent }),
    };
    return new Promise((resolve, reject) => {
      const sent = (secure ? httpsRequest : httpRequest)(url, options, (message) => {
        collect(message, this.#options.limits.bytes).then(resolve, reject);
      });
      sent.on('error', reject);
      sent.end(request.body ?? undefined);
    });
  }

  #explain(error: unknown, host: string, timedOut: boolean): unknown {
    if (error instanceof CalendarError) return error;
    const why = timedOut ? `it did not answer within ${this.#options.limits.timeoutMs} ms` : codeOf(error);
    return new CalendarError('calendar/unreachable', `${host} cannot be reached: ${why}`, {
      cause: error,
      context: { host, reason: timedOut ? 'timeout' : codeOf(error) },
    });
  }
}

async function collect(message: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (encoding !== 'identity') throw unreadable('The answer is compressed, which nobody asked for');
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw unreadable(`The answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    message.destroy();
  }
  return { status: message.statusCode ?? 0, header: headerOf(message), body: Buffer.concat(chunks) };
}

function headerOf(message: IncomingMessage): HttpAnswer['header'] {
  return (name) => {
    const value = message.headers[name.toLowerCase()];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
}

function redirectTarget(request: HttpRequest, from: URL, answer: HttpAnswer): URL | null {
  const location = answer.header('location');
  if (location === null || ![301, 302, 307, 308].includes(answer.status)) return null;
  if (answer.status < 307 && !SAFE_METHODS.has(request.method)) return null;
  return URL.parse(location, from);
}

function leadsAway(from: URL, to: URL): CalendarError {
  return new CalendarError(
    'calendar/refused',
    `${from.host} redirects to ${shownHost(to)}: if that is meant, configure that address`,
    { context: { host: from.host } },
  );
}

/** A host as the server named it, short enough to show. */
function shownHost(url: URL): string {
  return url.host.slice(0, 100) || url.protocol;
}

function lengthOf(body: string | null): Record<string, string> {
  return body === null ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
}

function unreadable(message: string): CalendarError {
  return new CalendarError('calendar/unreadable', message);
}
