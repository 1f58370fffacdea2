/** The room itself as systemd runs it, driven over its HTTP API. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RoomState } from '../../../src/kiosk/room-state.ts';
import { eventually } from '../../support/eventually.ts';
import { childrenOf, treeCpuSeconds } from '../../support/processes.ts';

const UNIT = 'incamera-room-test.service';
const FOLDER = '/run/incamera-room-test';
const PORT = 8080;
const START_MS = 200_000;
const POLL_MS = 100;
const REST_MS = 2_000;
const ANSWER_MS = 60_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What the units of rooms will have: the daemon comes back by itself, and takes its call processes with it. */
const PROPERTIES = ['Type=exec', 'Restart=on-failure', 'RestartSec=1s', `WorkingDirectory=${root}`];

export interface RoomServiceOptions {
  /** `incamera.json`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** PEM; the room pins it. */
  readonly certificate: string;
}

export class RoomService {
  readonly url = `http://127.0.0.1:${PORT}`;

  /** Resolves when the room answers. */
  static async start({ settings, certificate }: RoomServiceOptions): Promise<RoomService> {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    const pinned = join(FOLDER, 'server.pem');
    writeFileSync(pinned, certificate);
    const config = { ...settings, 'panel.listen': `127.0.0.1:${PORT}`, 'meetingServer.trustedCertificates': [pinned] };
    writeFileSync(join(FOLDER, 'incamera.json'), JSON.stringify(config));
    const environment = {
      ...only(process.env, [
        'PATH',
        'HOME',
        'GST_PLUGIN_PATH',
        'INCAMERA_GPIO_HELPER',
        'NODE_OPTIONS',
        'INCAMERA_STRIPPED',
      ]),
      INCAMERA_STATE_DIR: FOLDER,
      INCAMERA_CACHE_DIR: join(FOLDER, 'cache'),
    };
    const flags = [
      ...PROPERTIES.map((property) => `--property=${property}`),
      ...Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`),
    ];
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', join(root, 'src/main.ts')];
    execFileSync('systemd-run', ['--quiet', '--collect', `--unit=${UNIT}`, ...flags, ...command]);
    const room = new RoomService();
    await eventually('the room', START_MS, () => room.#answers());
    return room;
  }

  async state(): Promise<RoomState> {
    return (await this.#json('/state')) as RoomState;
  }

  async post(path: string, body: object = {}): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.#json(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Polls until `holds`. Returns the state and how long that took. @throws {Error} with the last state's call and problems. */
  async until(
    what: string,
    holds: (state: RoomState) => boolean,
    timeoutMs: number,
  ): Promise<{ state: RoomState; ms: number }> {
    const from = performance.now();
    for (;;) {
      const state = await this.state();
      const ms = performance.now() - from;
      if (holds(state)) return { state, ms };
      if (ms > timeoutMs) {
        const { phase, problems, participants, stats } = state.call;
        const call = { phase, problems, participants, stats };
        throw new Error(`not within ${timeoutMs} ms: ${what}; ${JSON.stringify({ call, problems: state.problems })}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Whether a spare call process beside the one in the call is loaded and rests: until then it takes much of the processor. */
  async spareRests(): Promise<boolean> {
    const main = Number(
      execFileSync('systemctl', ['show', '--property=MainPID', '--value', UNIT], { encoding: 'utf8' }),
    );
    const [, spare] = await childrenOf(main);
    if (spare === undefined) return false;
    const before = await treeCpuSeconds(spare);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    return before > 0 && (await treeCpuSeconds(spare)) - before < 0.1 * (REST_MS / 1_000);
  }

  /** The newest lines of its journal. */
  journal(lines = 60): string {
    return execFileSync(
      'journalctl',
      ['--unit', UNIT, '--lines', String(lines), '--no-pager', '--output=short-monotonic'],
      {
        encoding: 'utf8',
      },
    );
  }

  stop(): void {
    execFileSync('systemctl', ['stop', UNIT]);
  }

  async #answers(): Promise<boolean> {
    return fetch(`${this.url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async #json(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1${path}`, { signal: AbortSignal.timeout(ANSWER_MS), ...init });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
}

function only(variables: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])));
}
