import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { limits, meetingId, peerId, SIGNALLING_PATH } from '../../src/call/signalling/messages.ts';
import type { HostPolicy } from '../http/hosts.ts';

const SUBPROTOCOL = 'protoo';
const query = v.object({ meeting: meetingId, peer: peerId });

export interface Admission {
  readonly meeting: string;
  readonly peer: string;
  /** Whom the connection is counted for: an IPv4 address, or the /64 of an IPv6 one. */
  readonly address: string;
}

export type GateRefusal = 'path' | 'host' | 'origin' | 'subprotocol' | 'query' | 'too-many-from-address' | 'full';

const statusOf: Record<GateRefusal, string> = {
  path: '404 Not Found',
  host: '421 Misdirected Request',
  origin: '403 Forbidden',
  subprotocol: '400 Bad Request',
  query: '400 Bad Request',
  'too-many-from-address': '429 Too Many Requests',
  full: '503 Service Unavailable',
};

export interface GateOptions {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly onRefused: (reason: GateRefusal) => void;
  readonly onAdmitted: (socket: WebSocket, admission: Admission) => void;
}

/** Decides which HTTP upgrades become signalling connections, before anything is spent on them. */
export class Gate {
  readonly #options: GateOptions;
  readonly #byAddress = new Map<string, number>();
  #connections = 0;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.messageBytes,
    // Payloads are ciphertext: nothing to gain, and memory for each connection.
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  });

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#connections;
  }

  handleUpgrade(policy: HostPolicy, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const decision = this.#decide(policy, request);
    if (typeof decision === 'string') {
      this.#options.onRefused(decision);
      socket.end(`HTTP/1.1 ${statusOf[decision]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#count(decision.address, 1);
    socket.once('close', () => this.#count(decision.address, -1));
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#options.onAdmitted(webSocket, decision));
  }

  #decide(policy: HostPolicy, request: IncomingMessage): Admission | GateRefusal {
    const url = URL.parse(request.url ?? '', 'http://server');
    if (url?.pathname !== SIGNALLING_PATH) return 'path';
    if (!policy.isOwnHost(request.headers.host)) return 'host';
    const { origin } = request.headers;
    if (origin !== undefined && !policy.isOwnOrigin(origin, request.headers.host)) return 'origin';
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(SUBPROTOCOL)) return 'subprotocol';
    const parsed = v.safeParse(query, Object.fromEntries(url.searchParams));
    if (!parsed.success) return 'query';
    const address = countedAddress(request.socket.remoteAddress ?? '');
    if (this.#connections >= this.#options.maxConnections) return 'full';
    if ((this.#byAddress.get(address) ?? 0) >= this.#options.maxConnectionsPerAddress) return 'too-many-from-address';
    return { ...parsed.output, address };
  }

  #count(address: string, by: 1 | -1): void {
    this.#connections += by;
    const count = (this.#byAddress.get(address) ?? 0) + by;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
  }
}

/** One subscriber usually holds a whole IPv6 /64 (RFC 6177), so that is what counts as one address. */
export function countedAddress(remote: string): string {
  const plain = remote.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
