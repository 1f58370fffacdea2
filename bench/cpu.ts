/**
 * Processor time of a call: a room's call process, and headless Chromium with the guest page, in the same meeting and at the
 * same time. Both send the same picture at 30 frames a second and speech, and both show four more people and each other.
 *
 *   npm run bench -- cpu [--seconds 60]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { CallState } from '../src/call/call-state.ts';
import { virtualCamera, virtualMicrophone } from '../src/devices/virtual.ts';
import { speechFile } from '../src/devices/speech.ts';
import { launchChromium } from '../test/support/browser.ts';
import { openCrowd } from '../test/support/crowd.ts';
import { openGuest } from '../test/support/guest.ts';
import { childrenOf, treeCpuSeconds } from '../test/support/processes.ts';
import { startRoom } from '../test/support/room.ts';
import { startServer } from '../test/support/server.ts';

const PEOPLE = 4;
const SETTLE_MS = 15_000;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const forMs = Number(values.seconds) * 1_000;
if (!(forMs >= 5_000)) throw new Error('--seconds takes a number from 5');

const folder = await mkdtemp(join(tmpdir(), 'incamera-cpu-'));
const { camera, microphone } = await renderDevices();
const server = await startServer();
const { link, guestLink } = await server.meeting();
const room = await startRoom({ name: 'Room', serverUrl: server.url, certificatePath: server.certificatePath });
await room.post('/call/join', { link });
const before = new Set(await childrenOf(process.pid));
const browser = await launchChromium([
  '--use-fake-device-for-media-stream=fps=30',
  `--use-file-for-fake-video-capture=${camera}`,
  `--use-file-for-fake-audio-capture=${microphone}`,
]);
const [chromium = 0] = (await childrenOf(process.pid)).filter((pid) => !before.has(pid));
const guest = await openGuest(browser, guestLink, 'Guest');
const crowd = await openCrowd(link, await readFile(server.certificatePath, 'utf8'), PEOPLE);
try {
  const all = (state: CallState): boolean =>
    videosOf(state).filter(({ framesDecoded }) => (framesDecoded ?? 0) > 30).length === PEOPLE + 1;
  await Promise.all([room.until('everybody', ({ call }) => all(call), 60_000), guest.until('everybody', all, 60_000)]);
  const [callProcess = 0] = await childrenOf(room.pid);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const sample = async () => ({
    atMs: performance.now(),
    room: { cpu: await treeCpuSeconds(callProcess), state: (await room.state()).call },
    guest: { cpu: await treeCpuSeconds(chromium), state: await guest.state() },
  });
  const from = await sample();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const to = await sample();
  const minutes = (to.atMs - from.atMs) / 60_000;
  const spent = { room: (to.room.cpu - from.room.cpu) / minutes, guest: (to.guest.cpu - from.guest.cpu) / minutes };
  for (const who of ['room', 'guest'] as const) {
    process.stdout.write(
      `cpu: ${who === 'room' ? 'call process' : 'Chromium    '}  ${spent[who].toFixed(1).padStart(6)} CPU-seconds a minute of call\n`,
    );
    for (const line of trafficOf(from[who].state, to[who].state, minutes * 60))
      process.stdout.write(`cpu:     ${line}\n`);
  }
  process.stdout.write(`cpu: the room takes ${(spent.room / spent.guest).toFixed(2)} of what Chromium takes\n`);
} finally {
  await crowd.close();
  await browser.close();
  await room.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

function videosOf({ stats }: CallState) {
  return stats.filter(({ direction, source }) => direction === 'receive' && source === 'camera');
}

/** What was sent and received meanwhile, so that everybody sees whether it was the same. */
function trafficOf(from: CallState, to: CallState, seconds: number): string[] {
  return to.stats
    .filter(({ source }) => source === 'camera')
    .map((now) => {
      const then = from.stats.find(({ id }) => id === now.id);
      const kbps = ((now.bytes - (then?.bytes ?? 0)) * 8) / 1_000 / seconds;
      const frames = ((now.framesDecoded ?? 0) - (then?.framesDecoded ?? 0)) / seconds;
      // Chromium counts the pictures of every layer that it encodes: who receives them counts pictures.
      const pictures = now.direction === 'receive' ? ` at ${frames.toFixed(1)} pictures a second` : '';
      return `${now.direction.padEnd(8)}${now.width ?? 0}×${now.height ?? 0}${pictures}, ${kbps.toFixed(0)} kbps`;
    });
}

/** The room's own virtual picture and sound as files that Chromium plays as its camera and microphone. */
async function renderDevices(): Promise<{ camera: string; microphone: string }> {
  const files = { camera: join(folder, 'camera.y4m'), microphone: join(folder, 'microphone.wav') };
  const picture = virtualCamera()
    .source({ width: 1_280, height: 720, framesPerSecond: 30 })
    .replace('is-live=true', 'num-buffers=60');
  const sound = virtualMicrophone(await speechFile(folder))
    .source.replace('multifilesrc', 'filesrc')
    .replace(' loop=true', '')
    .replace(' ! clocksync', '');
  const launch = promisify(execFile);
  await launch('sh', ['-c', `gst-launch-1.0 -q ${quoted(picture)} ! y4menc ! filesink location=${files.camera}`]);
  await launch('sh', [
    '-c',
    `gst-launch-1.0 -q ${quoted(sound)} ! audioconvert ! wavenc ! filesink location=${files.microphone}`,
  ]);
  return files;
}

/** For a shell: words with brackets, quotes and percent signs stay one word each. */
function quoted(line: string): string {
  return line
    .split(' ! ')
    .map((element) =>
      element
        .split(/ (?=[a-z-]+=)/)
        .map((word) => `'${word.replaceAll('"', '')}'`)
        .join(' '),
    )
    .join(' ! ');
}
