import { request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback } from './loopback-server.ts';

/** Stands between a client and a server on loopback: tells what was asked, and can fail in ways that the server does not. */
export interface RecordingProxy {
  readonly origin: string;
  /** As `PROPFIND /path`. */
  readonly requests: readonly string[];
  /** Headers of the last request. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The next request is answered by this instead. */
  answerNext(answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Requests are taken and not answered any more. */
  hang(): void;
  close(): Promise<void>;
}

export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const requests: string[] = [];
  const answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];
  let hangs = false;
  let headers: RecordingProxy['headers'] = {};
  const server = await listenOnLoopback((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    headers = request.headers;
    if (hangs) return;
    const answer = answers.shift();
    if (answer) answer(request, response);
    else pass(target, request, response);
  });
  return {
    origin: server.origin,
    requests,
    get headers() {
      return headers;
    },
    answerNext: (answer) => void answers.push(answer),
    hang: () => void (hangs = true),
    close: () => server.close(),
  };
}

function pass(target: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', target);
  const sent = httpRequest(url, { method: request.method ?? 'GET', headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  sent.on('error', () => response.destroy());
  request.pipe(sent);
}
