import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { NetworkLink, perfectLink, seededRandom, type LinkShape, type LinkStats } from './network-link.ts';

/** Both directions, seen from the client. */
export interface PathChange {
  readonly up?: Partial<LinkShape>;
  readonly down?: Partial<LinkShape>;
}

export interface ScriptStep extends PathChange {
  /** Since `play` was called. */
  readonly atMs: number;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface EmulatorOptions {
  /** The server's media ports. */
  readonly targets: readonly Endpoint[];
  /** Where the emulator stands in for them: this address, on the targets' own port numbers or on free ones. */
  readonly address: string;
  readonly ports: 'same' | 'free';
  /** Which path a client's packets take; clients of the same path share its bottleneck, as those behind one line do. */
  readonly pathOf: (client: Endpoint) => string;
  readonly seed: number;
  readonly clock: Clock;
}

export interface PathStats {
  readonly up: LinkStats;
  readonly down: LinkStats;
}

interface Path {
  readonly up: NetworkLink;
  readonly down: NetworkLink;
}

/** Kernel buffers large enough that only the emulated queue drops. */
const BUFFER_BYTES = 4_000_000;

/**
 * A UDP relay between clients and a server on this machine that behaves like a network: rate, queue, delay, jitter, loss, all of which
 * may change while it runs. It changes nothing in the packets. Every client address gets a socket of its own towards the server,
 * as from a NAT.
 */
export class NetworkEmulator {
  readonly #options: EmulatorOptions;
  readonly #paths = new Map<string, Path>();
  readonly #sockets = new Set<Socket>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #cancels = new Set<() => void>();
  readonly #random: () => number;
  #clients = 0;
  #closed = false;

  private constructor(options: EmulatorOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Every option has a default but the targets: free ports of 127.0.0.1, one path for all. */
  static async open(options: Partial<EmulatorOptions> & Pick<EmulatorOptions, 'targets'>): Promise<NetworkEmulator> {
    const defaults = { address: '127.0.0.1', ports: 'free', pathOf: () => 'all', seed: 1, clock: systemClock } as const;
    const emulator = new NetworkEmulator({ ...defaults, ...options });
    try {
      for (const target of options.targets) await emulator.#listen(target);
    } catch (error) {
      emulator.close();
      throw error;
    }
    return emulator;
  }

  /** Where the emulator stands in for a target; null for what is none. */
  standInFor(target: Endpoint): Endpoint | null {
    return this.#endpoints.get(keyOf(target)) ?? null;
  }

  /** Client addresses seen so far. */
  get clients(): number {
    return this.#clients;
  }

  /** From now on, and for a path nobody takes yet, from its first packet on. */
  change(path: string, change: PathChange): void {
    const { up, down } = this.#pathNamed(path);
    if (change.up) up.change(change.up);
    if (change.down) down.change(change.down);
  }

  /** Makes these changes at their times; a step at 0 at once. */
  play(path: string, script: readonly ScriptStep[]): void {
    for (const step of script) {
      if (step.atMs <= 0) this.change(path, step);
      else this.#cancels.add(this.#options.clock.after(step.atMs, () => this.change(path, step)));
    }
  }

  /** So far; a copy. */
  stats(path: string): PathStats {
    const { up, down } = this.#pathNamed(path);
    return { up: { ...up.stats }, down: { ...down.stats } };
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    for (const { up, down } of this.#paths.values()) {
      up.close();
      down.close();
    }
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  async #listen(target: Endpoint): Promise<void> {
    const { address, ports } = this.#options;
    const socket = await this.#open(ports === 'same' ? target.port : 0, address);
    this.#endpoints.set(keyOf(target), { address, port: socket.address().port });
    const upstreams = new Map<string, Promise<Socket>>();
    socket.on('message', (packet, from) => {
      const client = { address: from.address, port: from.port };
      const path = this.#pathNamed(this.#options.pathOf(client));
      const upstream =
        upstreams.get(keyOf(client)) ?? this.#openUpstream(target, path, (back) => this.#write(socket, back, client));
      upstreams.set(keyOf(client), upstream);
      // Sockets open in the order they are asked for, and promises keep it.
      void upstream.then((opened) => path.up.send(packet.length, () => this.#write(opened, packet, target)));
    });
  }

  async #openUpstream(target: Endpoint, path: Path, write: (packet: Buffer) => void): Promise<Socket> {
    this.#clients++;
    const socket = await this.#open(0, '127.0.0.1');
    socket.on('message', (packet, from) => {
      if (from.port !== target.port) return;
      path.down.send(packet.length, () => write(packet));
    });
    return socket;
  }

  async #open(port: number, address: string): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
    this.#sockets.add(socket);
    socket.bind(port, address);
    await once(socket, 'listening');
    // A port nobody listens on any more answers with ICMP, which a network would lose.
    socket.on('error', () => undefined);
    return socket;
  }

  #write(socket: Socket, packet: Buffer, to: Endpoint): void {
    if (!this.#closed) socket.send(packet, to.port, to.address, () => undefined);
  }

  #pathNamed(name: string): Path {
    const known = this.#paths.get(name);
    if (known) return known;
    const { clock } = this.#options;
    const path = {
      up: new NetworkLink(perfectLink, clock, this.#random),
      down: new NetworkLink(perfectLink, clock, this.#random),
    };
    this.#paths.set(name, path);
    return path;
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
