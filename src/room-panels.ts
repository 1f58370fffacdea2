import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import type { Server } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config/settings.ts';
import { parseListenAddress } from './config/value-types.ts';
import { createAdminActions } from './kiosk/admin/admin-actions.ts';
import type { AdminOverview } from './kiosk/admin-state.ts';
import { LogBuffer } from './kiosk/admin/log-buffer.ts';
import { PinLock } from './kiosk/admin/pin-lock.ts';
import { ProblemReports } from './kiosk/admin/problem-reports.ts';
import type { RoomActions } from './kiosk/api/actions.ts';
import { keptFile } from './kiosk/kept-file.ts';
import type { KioskServerDeps } from './kiosk/kiosk-server.ts';
import { createKioskApp, listenKiosk, listenNetworkKiosk } from './kiosk/kiosk-server.ts';
import { PairedPanels } from './kiosk/pairing/paired-panels.ts';
import { Pairing } from './kiosk/pairing/pairing.ts';
import { PanelWatch } from './kiosk/panel-watch.ts';
import { ReachWatch } from './kiosk/reach-watch.ts';
import type { Problem } from './call/call-state.ts';
import type { PairingState } from './kiosk/room-state.ts';
import type { Clock } from './lib/clock.ts';
import { UsageError } from './lib/errors.ts';
import { errorFields, type Logger } from './lib/log.ts';
import { selfSignedIdentity } from './lib/tls-identity.ts';

export interface RoomPanelsDeps {
  readonly config: Config;
  readonly stateDirectory: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly logBuffer: LogBuffer;
  /** Ms until the meeting server answered; null: it did not. */
  readonly probeServer: () => Promise<number | null>;
  /** Ends the program in order; whoever started it starts it again. */
  readonly restart: () => void;
}

/**
 * The pages of the room: its own panel over loopback, paired panels and door displays over the network, the settings behind
 * their PIN. `start` listens, `close` ends every connection.
 */
export class RoomPanels {
  readonly #deps: RoomPanelsDeps;
  readonly #panels: PairedPanels;
  readonly #pairing: Pairing;
  readonly #watch: PanelWatch;
  readonly #reach: ReachWatch;
  readonly #reloads = new Set<() => void>();
  readonly #changes = new Set<() => void>();
  readonly #servers: Server[] = [];

  constructor(deps: RoomPanelsDeps) {
    this.#deps = deps;
    const { clock, config, stateDirectory } = deps;
    const kept = keptFile(join(stateDirectory, 'panels.json'));
    this.#panels = new PairedPanels({ clock, randomBytes, kept });
    this.#pairing = new Pairing({ clock, randomBelow: (below) => randomInt(below), panels: this.#panels });
    this.#pairing.onChange(() => this.#changed());
    this.#reach = new ReachWatch({
      clock,
      probe: deps.probeServer,
      hasNetwork: () => addresses().length > 0,
      onChange: () => this.#changed(),
    });
    this.#watch = new PanelWatch({
      clock,
      reload: () => this.#reloads.forEach((listener) => listener()),
      restart: config['panel.unit'] === 'none' ? null : () => this.#restartBrowser(config['panel.unit']),
      onChange: () => this.#changed(),
    });
  }

  get pairing(): PairingState | null {
    return this.#pairing.state;
  }

  get problems(): readonly Problem[] {
    return [...this.#reach.problems, ...this.#watch.problems];
  }

  /** Returns the function that unsubscribes. */
  onChange(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => void this.#changes.delete(listener);
  }

  /** Returns the port of the room's own panel. @throws when an address is in use or not allowed. */
  async start(actions: RoomActions): Promise<number> {
    const { config } = this.#deps;
    this.#reach.start();
    const deps = this.#kioskDeps(actions);
    const own = parseListenAddress(config['panel.listen']);
    if (!own) throw new UsageError('kiosk/not-loopback', 'The panel needs an address to listen on');
    const { server, port } = await listenKiosk(createKioskApp(deps, 'room'), own.host, own.port);
    this.#servers.push(server);
    const network = parseListenAddress(config['panel.network']);
    if (network) await this.#startNetwork(deps, network);
    return port;
  }

  close(): void {
    this.#pairing.close();
    this.#watch.close();
    this.#reach.close();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #startNetwork(deps: KioskServerDeps, { host, port }: { host: string; port: number }): Promise<void> {
    const { stateDirectory, clock, log } = this.#deps;
    const names = [hostname(), `${hostname()}.local`, 'localhost', ...addresses().map(({ address }) => address)];
    const identity = await selfSignedIdentity('Incamera room', join(stateDirectory, 'panel-tls'), names, clock);
    const listening = await listenNetworkKiosk(createKioskApp(deps, 'network'), identity, host, port);
    this.#servers.push(listening.server);
    log.info('panels on the network are served', { port: listening.port });
  }

  #kioskDeps(actions: RoomActions): KioskServerDeps {
    const { clock, config, stateDirectory, version, log, logBuffer, probeServer, restart } = this.#deps;
    const wallMs = (): number => clock.wallMs();
    const reports = new ProblemReports({
      directory: join(stateDirectory, 'reports'),
      wallMs,
      state: () => actions.state(),
      log: () => logBuffer.lines,
    });
    const admin = createAdminActions({
      ...{ logBuffer, reports, version, addresses, probeServer, restart },
      pin: new PinLock({ clock, randomBytes, kept: keptFile(join(stateDirectory, 'pin.json')) }),
      panels: this.#panels,
      startedAt: wallMs(),
      serverOrigin: config['meetingServer.url'],
    });
    return {
      ...{ actions, admin, log },
      signals: { alive: () => this.#watch.alive(), onReload: (listener) => this.#onReload(listener) },
      panels: this.#panels,
      pairing: this.#pairing,
      panelDir: fileURLToPath(new URL('../dist/panel', import.meta.url)),
    };
  }

  #onReload(listener: () => void): () => void {
    this.#reloads.add(listener);
    return () => void this.#reloads.delete(listener);
  }

  #restartBrowser(unit: string): void {
    const { log } = this.#deps;
    log.warn('the panel does not react: its browser is started again', { unit });
    execFile('systemctl', ['restart', unit], { timeout: 30_000 }, (error) => {
      if (error) log.error('the browser of the panel was not started again', { ...errorFields(error), unit });
    });
  }

  #changed(): void {
    for (const listener of this.#changes) listener();
  }
}

/** By which the room can be reached. */
function addresses(): AdminOverview['addresses'] {
  return Object.entries(networkInterfaces()).flatMap(([name, found]) =>
    (found ?? [])
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map(({ address }) => ({ interface: name, address })),
  );
}
