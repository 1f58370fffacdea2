import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { selfSignedIdentity } from '../../src/lib/tls-identity.ts';
import { SocketLink } from '../../src/devices/link/tcp-link.ts';
import type { ByteLink } from '../../src/devices/link/byte-link.ts';
import { systemClock } from '../../src/lib/clock.ts';

let identity: Promise<{ certificate: string; key: string }> | null = null;

async function makeIdentity(): Promise<{ certificate: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'incamera-display-'));
  const made = await selfSignedIdentity('Display', folder, ['display'], systemClock);
  await rm(folder, { recursive: true });
  return made;
}

/** The network side of a Samsung display with "secured protocol": greeting, TLS under a certificate of its own, PIN. */
export class SecuredDisplay {
  readonly address: { readonly host: string; readonly port: number };
  pin: string;
  /** Says its verdict and its first answer in pieces of one byte. */
  slow = false;
  /** PINs that it was told. */
  readonly told: string[] = [];
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();

  /** `attach` gets what has passed. */
  static async start(pin: string, attach: (link: ByteLink) => void): Promise<SecuredDisplay> {
    const { certificate: cert, key } = await (identity ??= makeIdentity());
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const display = new SecuredDisplay(pin, server);
    server.on('connection', (socket) => {
      display.#sockets.add(socket.on('error', () => undefined));
      socket.write('MDCSTART<<TLS>>', () =>
        display.#secure(new TLSSocket(socket, { isServer: true, cert, key }), attach),
      );
    });
    return display;
  }

  private constructor(pin: string, server: ReturnType<typeof createServer>) {
    this.pin = pin;
    this.#server = server;
    this.address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    this.hangUp();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #secure(secured: TLSSocket, attach: (link: ByteLink) => void): void {
    secured.on('error', () => undefined);
    secured.once('data', (bytes: Buffer) => {
      this.told.push(bytes.toString('latin1'));
      const isRight = bytes.toString('latin1') === this.pin;
      this.#say(secured, isRight ? 'MDCAUTH<<PASS>>' : 'MDCAUTH<<FAIL:0001>>');
      if (isRight) attach(new SocketLink('display', secured, () => undefined));
      else secured.end();
    });
  }

  #say(secured: TLSSocket, text: string): void {
    for (const piece of this.slow ? text : [text]) secured.write(piece, 'latin1');
  }
}
