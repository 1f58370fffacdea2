import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RoomState } from '../../src/kiosk/room-state.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface RoomOptions {
  readonly name: string;
  /** Of the meeting server. */
  readonly serverUrl: string;
  /** PEM file that the room pins. */
  readonly certificatePath: string;
  /** `speech`, `flash` or `tone:<Hz>`. */
  readonly microphone?: string;
  readonly camera?: 'clock' | 'flash';
  /** File to which the room's speaker appends what it plays: 16-bit samples, 48 kHz, one channel. */
  readonly heardPath?: string;
  /** An earlier room's state directory, to come back as the same room. */
  readonly stateDirectory?: string;
  /** With two displays. */
  readonly secondDisplay?: boolean;
  /** An HDMI grabber with a test picture. */
  readonly screen?: boolean;
  /** More of the command line. */
  readonly flags?: readonly string[];
}

/** A whole room with virtual devices: the real daemon in a process of its own, driven over its HTTP API. */
export interface TestRoom {
  readonly url: string;
  readonly pid: number;
  /** All that the daemon and its call processes wrote. */
  output(): string;
  state(): Promise<RoomState>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: object): Promise<T>;
  /** Of display 1 or 2. */
  picture(display?: 1 | 2): Promise<Buffer>;
  /** Polls the state until `holds`; fails with the last state in its message. */
  until(what: string, holds: (state: RoomState) => boolean, timeoutMs?: number): Promise<RoomState>;
  close(): Promise<void>;
}

export async function startRoom(options: RoomOptions): Promise<TestRoom> {
  const port = await freePort();
  const stateDirectory = options.stateDirectory ?? (await mkdtemp(join(tmpdir(), 'incamera-room-')));
  const flags = [
    ...['--room-name', options.name, '--devices', 'virtual', '--panel-listen', `127.0.0.1:${port}`],
    ...['--meeting-server-url', options.serverUrl, '--meeting-server-trusted-certificates', options.certificatePath],
    ...['--virtual-microphone', options.microphone ?? 'speech', '--virtual-camera', options.camera ?? 'clock'],
    ...['--log-level', 'debug'],
    ...(options.screen ? ['--virtual-screen', 'clock'] : []),
    ...(options.flags ?? []),
    ...(options.secondDisplay ? ['--virtual-second-display', 'window'] : []),
    ...(options.heardPath ? ['--virtual-speaker', `file:${options.heardPath}`] : []),
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, INCAMERA_STATE_DIR: stateDirectory, DISPLAY: '', WAYLAND_DISPLAY: '' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const get = async <T>(path: string): Promise<T> => {
    for (;;) {
      const response = await fetch(`${url}/api/v1${path}`);
      if (response.status !== 429) return (await response.json()) as T;
      // The room answers sixty requests a second; a test that polls may ask for more.
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const room: TestRoom = {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    get,
    state: () => get<RoomState>('/state'),
    post: async (path, body = {}) => {
      const response = await fetch(`${url}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as never;
      if (!response.ok) throw new Error(JSON.stringify(answer));
      return answer;
    },
    picture: async (display = 1) =>
      Buffer.from(await (await fetch(`${url}/api/v1/display.png?display=${display}`)).arrayBuffer()),
    until: async (what, holds, timeoutMs = 15_000) => {
      const deadline = Date.now() + timeoutMs;
      let last: RoomState | null = null;
      while (Date.now() < deadline) {
        last = await room.state();
        if (holds(last)) return last;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(
        `${options.name}: not within ${timeoutMs} ms: ${what}; state ${JSON.stringify(last?.call)}\n${output.slice(-3_000)}`,
      );
    },
    close: async () => {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 8_000);
      await exited;
      clearTimeout(kill);
      if (!options.stateDirectory) await rm(stateDirectory, { recursive: true, force: true });
    },
  };
  await waitUntilAnswering(url, () => output, exited);
  return room;
}

async function waitUntilAnswering(url: string, output: () => string, exited: Promise<void>): Promise<void> {
  const life = { gone: false };
  void exited.then(() => (life.gone = true));
  for (let attempt = 0; attempt < 300 && !life.gone; attempt++) {
    const ok = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the room did not start:\n${output()}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
