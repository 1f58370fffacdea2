import type { Page } from 'playwright-core';
import type { Socket } from '../../src/call/signalling/socket-transport.ts';
import type { Endpoint, NetworkEmulator } from './network-emulator.ts';

/**
 * The server's message as a client behind the emulator should read it: UDP candidates of its answers lead to the stand-ins, and
 * TCP ones, which would go around it, are gone. Text that is no such answer comes back as it is.
 */
export function relayCandidates(text: string, standInFor: (target: Endpoint) => Endpoint | null): string {
  if (!text.includes('"iceCandidates"')) return text;
  return JSON.stringify(JSON.parse(text), (key, value: unknown) =>
    key === 'iceCandidates' && Array.isArray(value)
      ? value.flatMap((one: Candidate) => relayed(one, standInFor))
      : value,
  );
}

interface Candidate {
  readonly ip?: string;
  readonly address?: string;
  readonly port: number;
  readonly protocol: string;
}

function relayed(candidate: Candidate, standInFor: (target: Endpoint) => Endpoint | null): Candidate[] {
  const { port, protocol } = candidate;
  const address = candidate.address ?? candidate.ip ?? '';
  const standIn = protocol === 'udp' ? standInFor({ address, port }) : null;
  return standIn ? [{ ...candidate, ip: standIn.address, address: standIn.address, port: standIn.port }] : [];
}

/** Puts a Node client behind the emulator: give the result to it in place of `openSocket`. */
export function relayedSocketOpener(
  openSocket: (url: string, subprotocol: string) => Socket,
  emulator: NetworkEmulator,
): (url: string, subprotocol: string) => Socket {
  return (url, subprotocol) => {
    const socket = openSocket(url, subprotocol);
    const relay = (data: unknown): unknown =>
      typeof data === 'string' ? relayCandidates(data, (target) => emulator.standInFor(target)) : data;
    return new Proxy(socket, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' && !String(name).startsWith('on') ? (value.bind(target) as unknown) : value;
      },
      set: (target, name, value: unknown) => {
        const listener = value as ((event: { data: unknown }) => void) | null;
        const wrapped =
          name === 'onmessage' && listener
            ? (event: { data: unknown }) => listener({ data: relay(event.data) })
            : value;
        return Reflect.set(target, name, wrapped, target);
      },
    });
  };
}

/** Puts a browser page behind the emulator; call it before the page is opened. */
export async function relayPage(page: Page, emulator: NetworkEmulator): Promise<void> {
  await page.routeWebSocket(/\/signal\?/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) =>
      socket.send(
        typeof message === 'string' ? relayCandidates(message, (target) => emulator.standInFor(target)) : message,
      ),
    );
  });
}

/** Another loopback address, for servers that announce it in place of their own. */
export const ANNOUNCED_ADDRESS = '127.0.0.2';

/**
 * Command line of a meeting server all of whose clients go through an emulator, with nothing changed at them: open the emulator
 * with target `127.0.0.1:port`, address `ANNOUNCED_ADDRESS` and the same ports. For call processes, whose sockets are out of reach.
 */
export function announcedFlags(port: number): string[] {
  return ['--workers', '1', '--media-ports', `${port}-${port}`, '--announced-address', ANNOUNCED_ADDRESS];
}
