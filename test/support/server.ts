import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatMeetingLink, meetingIdOf } from '../../src/crypto/link.ts';
import { freePort } from './room.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A meeting server in a process of its own, which can be stopped and started again on the same ports. */
export interface TestServer {
  readonly url: string;
  /** The same over plain http on loopback, for browsers. */
  readonly guestUrl: string;
  readonly certificatePath: string;
  readonly pid: () => number;
  output(): string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Makes a meeting; the same meeting's link for rooms and for guests. */
  meeting(): Promise<{ link: string; guestLink: string; secret: Uint8Array; id: string }>;
  close(): Promise<void>;
}

export async function startServer(flags: readonly string[] = []): Promise<TestServer> {
  const [tlsPort, httpPort] = [await freePort(), await freePort()];
  const stateDirectory = await mkdtemp(join(tmpdir(), 'incamera-server-'));
  const [url, guestUrl] = [`https://localhost:${tlsPort}`, `http://localhost:${httpPort}`];
  let output = '';
  let child: ReturnType<typeof spawn> | null = null;
  const start = async (): Promise<void> => {
    const addresses = ['--listen', `127.0.0.1:${tlsPort}`, '--loopback-http', `127.0.0.1:${httpPort}`];
    const started = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        'server/main.ts',
        ...addresses,
        '--state-dir',
        stateDirectory,
        ...flags,
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (part: Buffer) => (output += part.toString()));
    for (let attempt = 0; attempt < 300 && started.exitCode === null; attempt++) {
      const ok = await fetch(`${guestUrl}/healthz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the meeting server did not start:\n${output}`);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    const running = child;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    const kill = setTimeout(() => running.kill('SIGKILL'), 8_000);
    await exited;
    clearTimeout(kill);
  };
  await start();
  return {
    url,
    guestUrl,
    certificatePath: join(stateDirectory, 'certificate.pem'),
    pid: () => child?.pid ?? 0,
    output: () => output,
    start,
    stop,
    meeting: async () => {
      const secret = crypto.getRandomValues(new Uint8Array(32));
      const id = meetingIdOf(secret);
      const response = await fetch(`${guestUrl}/api/v1/meetings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ meeting: id }),
      });
      if (!response.ok) throw new Error(`no meeting: ${response.status} ${await response.text()}`);
      const link = (origin: string): string => formatMeetingLink({ origin, secret, anchor: null });
      return { link: link(url), guestLink: link(guestUrl), secret, id };
    },
    close: async () => {
      await stop();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}
