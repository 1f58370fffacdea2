/** A meeting server that lies: it stands between clients and an honest one, sees every message and may change each of them. */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { limits } from '../../src/call/signalling/messages.ts';

export interface ProtooMessage {
  readonly request?: boolean;
  readonly response?: boolean;
  readonly notification?: boolean;
  readonly id?: number;
  readonly ok?: boolean;
  readonly method?: string;
  readonly data?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/** `up`: from the client to the server. */
export type Direction = 'up' | 'down';

export interface Passing {
  readonly atMs: number;
  readonly direction: Direction;
  readonly connection: ProxyConnection;
  /** As it came, before anything was done to it. */
  readonly text: string;
  readonly message: ProtooMessage | null;
  /** Of a response, the method it answers. */
  readonly method: string | null;
}

/** What goes on in place of the message: several, none, the same. */
export type Meddler = (passing: Passing) => readonly ProtooMessage[];

export interface ProxyConnection {
  readonly meeting: string;
  readonly peer: string;
  readonly open: boolean;
  /** Says something the server never said, or text that is no message. */
  tell(what: ProtooMessage | string | Buffer): void;
  /** Asks something the client never asked; its answer goes to the client, which does not know of it. */
  ask(method: string, data: object): void;
  close(): void;
}

export interface SignallingProxy {
  /** `http://127.0.0.1:port`: for links of rooms and guests alike. */
  readonly origin: string;
  readonly recorded: readonly Passing[];
  readonly connections: readonly ProxyConnection[];
  /** The newest connection of whoever joined with that peer id. */
  connectionOf(peer: string): ProxyConnection;
  /** Puts one meddler in charge; null: everything passes. */
  meddle(meddler: Meddler | null): void;
  /** Connects those who ask for one meeting to another. */
  redirect(from: string, to: string): void;
  close(): Promise<void>;
}

export const notification = (method: string, data: object): ProtooMessage => ({
  notification: true,
  method,
  data: { ...data },
});

/** `target` is the origin of the honest server's plain listener on loopback. */
export async function startSignallingProxy(target: string): Promise<SignallingProxy> {
  const recorded: Passing[] = [];
  const connections: ProxyConnection[] = [];
  const redirects = new Map<string, string>();
  let meddler: Meddler | null = null;
  const server = createServer((request, response) => forward(target, request, response));
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 4_000_000,
    handleProtocols: () => 'protoo',
  });
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (client) => {
      const asked = new URL(request.url ?? '/', target);
      const url = new URL(asked);
      url.protocol = 'ws:';
      url.searchParams.set(
        'meeting',
        redirects.get(asked.searchParams.get('meeting') ?? '') ?? asked.searchParams.get('meeting') ?? '',
      );
      const upstream = new WebSocket(url, 'protoo', { perMessageDeflate: false, maxPayload: limits.messageBytes });
      const connection = join(client, upstream, asked.searchParams, (passing) => {
        recorded.push(passing);
        return meddler?.(passing) ?? null;
      });
      connections.push(connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recorded,
    connections,
    connectionOf: (peer) => {
      const found = connections.findLast((connection) => connection.peer === peer);
      if (!found) throw new Error('no connection of that peer');
      return found;
    },
    meddle: (next) => void (meddler = next),
    redirect: (from, to) => void redirects.set(from, to),
    close: async () => {
      for (const connection of connections) connection.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(
  client: WebSocket,
  upstream: WebSocket,
  query: URLSearchParams,
  pass: (passing: Passing) => readonly ProtooMessage[] | null,
): ProxyConnection {
  /** Method of each request under way, by its id. */
  const asked = new Map<number, string>();
  let ownIds = 900_000_000;
  const early: string[] = [];
  const toServer = (text: string): void => {
    if (upstream.readyState === WebSocket.CONNECTING) early.push(text);
    else if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
  };
  const toClient = (what: string | Buffer): void => {
    if (client.readyState === WebSocket.OPEN) client.send(what);
  };
  const handle = (direction: Direction, data: Buffer, isBinary: boolean): void => {
    const text = data.toString();
    const message = isBinary ? null : parse(text);
    if (direction === 'up' && message?.request && message.id !== undefined && message.method)
      asked.set(message.id, message.method);
    const method =
      message?.method ?? (message?.response && message.id !== undefined ? (asked.get(message.id) ?? null) : null);
    const instead = pass({ atMs: performance.now(), direction, connection, text, message, method });
    const send = direction === 'up' ? toServer : toClient;
    if (instead === null) send(text);
    else for (const each of instead) send(JSON.stringify(each));
  };
  const connection: ProxyConnection = {
    meeting: query.get('meeting') ?? '',
    peer: query.get('peer') ?? '',
    get open() {
      return client.readyState === WebSocket.OPEN;
    },
    tell: (what) => toClient(typeof what === 'string' || Buffer.isBuffer(what) ? what : JSON.stringify(what)),
    ask: (method, data) => toServer(JSON.stringify({ request: true, id: ownIds++, method, data })),
    close: () => {
      client.terminate();
      upstream.terminate();
    },
  };
  upstream.on('open', () => early.splice(0).forEach((text) => upstream.send(text)));
  client.on('message', (data, isBinary) => handle('up', data as Buffer, isBinary));
  upstream.on('message', (data, isBinary) => handle('down', data as Buffer, isBinary));
  // A client takes a silent server for a lost one.
  upstream.on('ping', () => client.readyState === WebSocket.OPEN && client.ping());
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => undefined);
    one.on('close', () => other.terminate());
  }
  return connection;
}

function parse(text: string): ProtooMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as ProtooMessage) : null;
  } catch {
    return null;
  }
}

/** The host stays as the client knows it: links and policies come out for the proxy's address. */
function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', target);
  const onward = httpRequest(
    url,
    { method: request.method ?? 'GET', headers: request.headers, setHost: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
