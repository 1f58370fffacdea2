import { NetworkEmulator, type PathChange } from './network-emulator.ts';
import { ANNOUNCED_ADDRESS, announcedFlags } from './relayed-candidates.ts';
import { freePort } from './room.ts';
import { startServer, type TestServer } from './server.ts';

/** IPv4 and UDP headers, which the wire carries too. */
const HEADER_BYTES = 28;

/** Media bytes on the wire, both directions seen from the client, retransmissions, RTCP and ICE included. */
export interface Traffic {
  readonly upBytes: number;
  readonly downBytes: number;
  readonly upPackets: number;
}

/** A meeting on a server of its own; every client's media goes through the emulator, each over a path of its own name. */
export class Stage {
  readonly link: string;
  readonly guestLink: string;
  readonly certificatePath: string;
  readonly #server: TestServer;
  readonly #emulator: NetworkEmulator;
  readonly #paths: Map<number, string>;
  readonly #joining: { path: string };

  private constructor(
    server: TestServer,
    links: { link: string; guestLink: string },
    emulator: NetworkEmulator,
    paths: Map<number, string>,
    joining: { path: string },
  ) {
    this.#server = server;
    this.#emulator = emulator;
    this.#paths = paths;
    this.#joining = joining;
    this.link = links.link;
    this.guestLink = links.guestLink;
    this.certificatePath = server.certificatePath;
  }

  static async open(): Promise<Stage> {
    const port = await freePort();
    const server = await startServer(announcedFlags(port));
    const paths = new Map<number, string>();
    const joining = { path: 'nobody' };
    const pathOf = (client: { port: number }): string => {
      const known = paths.get(client.port);
      if (known !== undefined) return known;
      paths.set(client.port, joining.path);
      return joining.path;
    };
    const target = { address: '127.0.0.1', port };
    const emulator = await NetworkEmulator.open({
      targets: [target],
      address: ANNOUNCED_ADDRESS,
      ports: 'same',
      pathOf,
    });
    return new Stage(server, await server.meeting(), emulator, paths, joining);
  }

  /** Whoever begins to send media while `join` runs is on the path of this name. */
  async admit<T>(path: string, join: () => Promise<T>): Promise<T> {
    this.#joining.path = path;
    const joined = await join();
    // A transport may open its port a moment after the session is in the call.
    await sleep(500);
    return joined;
  }

  change(path: string, change: PathChange): void {
    this.#emulator.change(path, change);
  }

  traffic(path: string): Traffic {
    const { up, down } = this.#emulator.stats(path);
    return {
      upBytes: up.bytes + up.packets * HEADER_BYTES,
      downBytes: down.bytes + down.packets * HEADER_BYTES,
      upPackets: up.packets,
    };
  }

  get pathsSeen(): readonly string[] {
    return [...new Set(this.#paths.values())];
  }

  serverOutput(): string {
    return this.#server.output();
  }

  async close(): Promise<void> {
    this.#emulator.close();
    await this.#server.close();
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Uplink of a path over `forMs`, kbit/s on the wire. */
export async function upKbps(stage: Stage, path: string, forMs: number): Promise<number> {
  const [from, fromMs] = [stage.traffic(path).upBytes, performance.now()];
  await sleep(forMs);
  return ((stage.traffic(path).upBytes - from) * 8) / (performance.now() - fromMs);
}
