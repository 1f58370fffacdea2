/** The meeting server in this process with everything it handles laid open: signalling, RTP at its routers, what it logs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultServerOptions } from '../../server/options.ts';
import type { ServerOptions } from '../../server/options.ts';
import { startMeetingServer } from '../../server/start.ts';
import { formatMeetingLink, meetingIdOf } from '../../src/crypto/link.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/log.ts';
import { startRtpTap } from './rtp-tap.ts';
import type { RtpTap } from './rtp-tap.ts';
import { freePort } from './room.ts';
import { startSignallingProxy } from './signalling-proxy.ts';
import type { SignallingProxy } from './signalling-proxy.ts';

export interface CapturedServer {
  /** Through which every client connects. */
  readonly proxy: SignallingProxy;
  readonly tap: RtpTap;
  /** For rooms' settings. */
  readonly url: string;
  readonly certificatePath: string;
  /** All that the server wrote, and whatever else this process wrote meanwhile. */
  logs(): string;
  metrics(): Promise<string>;
  meeting(): Promise<{ link: string; secret: Uint8Array; id: string }>;
  close(): Promise<void>;
}

export async function startCapturedServer(overrides: Partial<ServerOptions> = {}): Promise<CapturedServer> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'incamera-captured-'));
  const tap = startRtpTap();
  const output = captureOutput();
  const mediaPort = await freePort();
  const options: ServerOptions = {
    ...defaultServerOptions(stateDirectory),
    listen: { host: '127.0.0.1', port: 0 },
    loopbackHttp: { host: '127.0.0.1', port: 0 },
    mediaPorts: { min: mediaPort, max: mediaPort + 9 },
    workers: 1,
    meetingsPerMinute: 1_000,
    requestsPerMinute: 10_000,
    ...overrides,
  };
  const log = createLogger('server', 'debug', (line) => void output.lines.push(line));
  const server = await startMeetingServer(options, { clock: systemClock, log, workerBin: null });
  const plain = `http://127.0.0.1:${server.addresses.http?.port ?? 0}`;
  const proxy = await startSignallingProxy(plain);
  return {
    proxy,
    tap,
    url: `https://localhost:${server.addresses.https.port}`,
    certificatePath: server.certificate.path,
    logs: () => output.lines.join('\n'),
    metrics: async () => (await fetch(`${plain}/metrics`)).text(),
    meeting: async () => {
      const secret = crypto.getRandomValues(new Uint8Array(32));
      const id = meetingIdOf(secret);
      const response = await fetch(`${plain}/api/v1/meetings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ meeting: id }),
      });
      if (!response.ok) throw new Error(`no meeting: ${response.status} ${await response.text()}`);
      return { link: formatMeetingLink({ origin: proxy.origin, secret, anchor: null }), secret, id };
    },
    close: async () => {
      await proxy.close();
      await server.close();
      tap.close();
      output.stop();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}

/** Notes what anything in this process writes to the terminal, and lets it through. */
function captureOutput(): { lines: string[]; stop: () => void } {
  const lines: string[] = [];
  const restores = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    stream.write = (part: string | Uint8Array, ...rest: []) => {
      lines.push(typeof part === 'string' ? part : Buffer.from(part).toString());
      return write(part, ...rest);
    };
    return () => void (stream.write = write);
  });
  return { lines, stop: () => restores.forEach((restore) => restore()) };
}
