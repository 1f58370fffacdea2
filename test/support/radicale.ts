import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A real CalDAV server (Debian's radicale) on loopback, with one user and a folder of its own. */
export interface Radicale {
  readonly origin: string;
  readonly user: string;
  readonly password: string;
  /** Makes a calendar of the user; returns its address. */
  makeCalendar(name: string, displayName?: string): Promise<string>;
  /** Any request as that user. @throws when it fails. */
  request(method: string, url: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  stop(): Promise<void>;
}

const [USER, PASSWORD] = ['room', 'pass word:ü'];
const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

export async function startRadicale(): Promise<Radicale> {
  const folder = await mkdtemp(join(await fastFolder(), 'incamera-radicale-'));
  const port = await freePort();
  const configFile = join(folder, 'config');
  await writeFile(join(folder, 'htpasswd'), `${USER}:${PASSWORD}\n`);
  await writeFile(configFile, configOf(folder, port));
  const child = spawn('radicale', ['--config', configFile], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  const origin = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
    await rm(folder, { recursive: true });
  };
  try {
    await eventually('Radicale answers', 15_000, () =>
      fetch(origin, { redirect: 'manual' }).then(
        () => true,
        () => false,
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const request: Radicale['request'] = async (method, url, body, headers = {}) => {
    const response = await fetch(url, {
      method,
      headers: { ...headers, Authorization: authorization },
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    origin,
    user: USER,
    password: PASSWORD,
    request,
    stop,
    makeCalendar: async (name, displayName = name) => {
      const url = `${origin}/${USER}/${name}/`;
      const props = `<D:displayname>${displayName.replaceAll('&', '&amp;')}</D:displayname><C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>`;
      const body = `<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>${props}</D:prop></D:set></C:mkcalendar>`;
      await request('MKCALENDAR', url, body);
      return url;
    },
  };
}

function configOf(folder: string, port: number): string {
  return `[server]
hosts = 127.0.0.1:${port}
[encoding]
request = utf-8
[auth]
type = htpasswd
htpasswd_filename = ${join(folder, 'htpasswd')}
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = ${join(folder, 'collections')}
`;
}

/** Radicale flushes every change to the disk, which costs nothing where there is none. */
function fastFolder(): Promise<string> {
  return access('/dev/shm').then(
    () => '/dev/shm',
    () => tmpdir(),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
