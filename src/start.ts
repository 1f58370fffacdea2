/** `npm start`: the meeting server and the room on this machine, with what to open and do next. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCommandLine } from './config/command-line.ts';
import { loadConfig } from './config/load.ts';
import { readEnvironment } from './config/paths.ts';
import { parseListenAddress } from './config/value-types.ts';
import { discoverDevices, systemRoots } from './devices/discover.ts';
import { isRoomError } from './lib/errors.ts';

const SERVER = '127.0.0.1:4443';
const GUESTS = '127.0.0.1:4480';
const READY_MS = 20_000;
const STOP_MS = 5_000;
/** The room was restarted from its settings. */
const EXIT_RESTART = 75;

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line = ''): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === 'doctor') return launchRoom(args);
  const commandLine = parseCommandLine(args);
  const environment = readEnvironment(process.env, process.getuid?.() ?? 0);
  if (commandLine.help) return launchRoom(args);
  const config = await loadConfig(
    commandLine.configFile ?? environment.configFile,
    environment.stateDirectory,
    commandLine.overrides,
  );
  const serverState = join(environment.stateDirectory, 'server');
  const children: ChildProcess[] = [];
  const stop = stopper(children);
  const own = config['meetingServer.url'] === 'https://localhost:4443';
  if (own) {
    children.push(run('server/main.ts', ['--listen', SERVER, '--loopback-http', GUESTS, '--state-dir', serverState]));
    watch(children, stop, 'the meeting server');
    await ready(`http://${GUESTS}/healthz`, 'the meeting server');
  }
  const virtual = config.devices === 'auto' && (await nothingFound());
  const roomArguments = [
    ...args,
    ...(own ? ['--meeting-server-trusted-certificates', join(serverState, 'certificate.pem')] : []),
    ...(virtual ? ['--devices', 'virtual'] : []),
  ];
  const startRoom = (): void => {
    children.push(run('src/main.ts', roomArguments));
    watch(children, (code) => (code === EXIT_RESTART ? startRoom() : stop(code)), 'the room');
  };
  startRoom();
  const port = parseListenAddress(config['panel.listen'])?.port ?? 8080;
  const panel = `http://localhost:${port}`;
  await ready(`${panel}/healthz`, 'the room');
  await announce(panel, config['meetingServer.url'], own, virtual);
}

async function announce(panel: string, server: string, own: boolean, virtual: boolean): Promise<void> {
  const response = await fetch(`${panel}/api/v1/meetings/own`);
  const { link } = (await response.json()) as { link?: string };
  const guest = link && own ? link.replace(/^https:\/\/[^/]+/, `http://localhost:${GUESTS.split(':')[1]}`) : link;
  say();
  say('Incamera is running.');
  say();
  say(`  Panel           ${panel}`);
  say(`  Meeting server  ${server}`);
  say(`  Guest link      ${guest ?? 'not available: the meeting server does not answer'}`);
  if (virtual) {
    say();
    say(
      '  No camera, microphone or display was found, so the configuration `devices: virtual` was chosen for this start:',
    );
    say('  a moving test picture with a clock, speech-like sound, and a window where there is an X display.');
  }
  say();
  say('Next: open the panel and touch “Start a meeting”, then open the guest link in Chromium on this machine.');
  say('The guest link holds the meeting’s key: give it only to people who may join. Stop with Ctrl+C.');
  say();
}

function launchRoom(args: readonly string[]): void {
  run('src/main.ts', args).once('exit', (code) => process.exit(code ?? 1));
}

function run(script: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
}

/** One part ending ends the whole: whoever started this by hand must see it. */
function watch(children: readonly ChildProcess[], stop: (code: number) => void, name: string): void {
  children.at(-1)?.once('exit', (code, signal) => {
    say(`${name} ended (${signal ?? code})`);
    stop(code ?? 1);
  });
}

function stopper(children: readonly ChildProcess[]): (code: number) => void {
  let stopping = false;
  const stop = (code: number): void => {
    if (stopping) return;
    stopping = true;
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ends = running.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGTERM');
    setTimeout(() => {
      for (const child of running) child.kill('SIGKILL');
      process.exit(code);
    }, STOP_MS).unref();
    void Promise.all(ends).then(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
  return stop;
}

async function ready(url: string, name: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answered = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} did not start within ${READY_MS / 1_000} s; see its messages above`);
}

async function nothingFound(): Promise<boolean> {
  const { cameras, microphones, displays } = await discoverDevices(systemRoots(process.env));
  return cameras.length + microphones.length + displays.length === 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${isRoomError(error) || error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
