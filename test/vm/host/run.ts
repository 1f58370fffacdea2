/**
 * Boots the virtual room, runs tests inside it and goes off again. Started by scripts/test-vm.mjs.
 * Its logs are removed when everything passed, and kept and named when not.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../src/lib/clock.ts';
import { attachEcho, attachMdcDisplay, attachViscaCamera } from './far-ends.ts';
import { GuestShell } from './guest-shell.ts';
import { mountScript, quote, wires } from './machine-arguments.ts';
import type { Share } from './machine-arguments.ts';
import { attachMeeting } from './meeting.ts';
import { Progress } from './progress.ts';
import { writeStripped } from './stripped.ts';
import { VirtualMachine } from './virtual-machine.ts';

/** An emulated boot takes 10 to 30 s, and a minute beside other work. */
const BOOT_TIMEOUT_MS = 120_000;
const MOUNT_TIMEOUT_MS = 60_000;
const TESTS_TIMEOUT_MS = 1_200_000;
/** Of one test: everything but waiting takes 20 to 40 times longer than on the host. */
const TEST_TIMEOUT_MS = 120_000;
const LOGS_TIMEOUT_MS = 60_000;
const OFF_TIMEOUT_MS = 15_000;

const ROOM_NODE = '/opt/node';
const ROOM_STRIPPED = '/opt/stripped';
const LOADER = 'test/vm/stripped-loader.mjs';
const TESTS = 'test/vm/tests';
const FIGURES = /^\d+ passed, \d+ failed$/;

const { values, positionals } = parseArgs({
  options: {
    kernel: { type: 'string', default: '' },
    disk: { type: 'string', default: '' },
    cache: { type: 'string', default: '' },
    kvm: { type: 'boolean', default: false },
    command: { type: 'string' },
  },
  allowPositionals: true,
});

/** What the tests need of the host: checkout, packages and artefacts at the paths they have here, and Node. */
async function sharesOf(root: string, stripped: string): Promise<Share[]> {
  const folders = new Set([root, await realpath(join(root, 'node_modules')), await realpath(values.cache)]);
  const isInside = (folder: string): boolean => [...folders].some((other) => folder.startsWith(`${other}/`));
  const same = [...folders].filter((folder) => !isInside(folder)).map((folder) => ({ folder, at: folder }));
  const node = { folder: dirname(dirname(await realpath(process.execPath))), at: ROOM_NODE };
  return [...same, node, { folder: stripped, at: ROOM_STRIPPED }];
}

async function testFiles(root: string): Promise<string[]> {
  if (positionals.length > 0) return positionals;
  const names = await readdir(join(root, TESTS));
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(TESTS, name));
}

/** Devices that a contract suite is to run on: see test/support/hardware.ts. */
function testScript(root: string, files: readonly string[]): string {
  return [
    `cd ${quote(root)}`,
    `export PATH=${ROOM_NODE}/bin:$PATH`,
    `export NODE_OPTIONS=--import=${quote(pathToFileURL(join(root, LOADER)).href)} INCAMERA_STRIPPED=${ROOM_STRIPPED}`,
    `export TEST_CAMERA='visca+serial:///dev/ttyS1?baud=9600&model=telycam'`,
    `export TEST_SERIAL="$(echo /dev/serial/by-id/*${wires.usbAdapter}*)"`,
    `export TEST_DISPLAY_PORT="$(echo /dev/serial/by-id/*${wires.display}*)"`,
    `export GST_PLUGIN_PATH=${quote(process.env['GST_PLUGIN_PATH'] ?? '')}`,
    `export INCAMERA_GPIO_HELPER=${quote(process.env['INCAMERA_GPIO_HELPER'] ?? 'incamera-gpio')}`,
    values.command ??
      `exec node --no-warnings node_modules/mocha/bin/mocha.js --timeout ${TEST_TIMEOUT_MS} ${files.map(quote).join(' ')}`,
  ].join('\n');
}

/** Runs the tests in a room that is up. Returns the exit code and their figures. */
async function runTests(
  shell: GuestShell,
  root: string,
  progress: Progress,
): Promise<{ code: number; figures: string | null }> {
  let figures: string | null = null;
  const script = testScript(root, await testFiles(root));
  const { code } = await progress.during('tests in the virtual room', () =>
    shell.run(script, TESTS_TIMEOUT_MS, (line) => {
      if (FIGURES.test(line)) figures = line;
      else progress.line(line);
    }),
  );
  if (code === 124 || code === 137) progress.line(`  ended after ${TESTS_TIMEOUT_MS / 1000} s`);
  return { code, figures };
}

async function keepLogs(shell: GuestShell, run: string): Promise<void> {
  const { output } = await shell.run('journalctl --boot --no-pager | tail -n 3000', LOGS_TIMEOUT_MS, () => undefined);
  await writeFile(join(run, 'journal.log'), `${output}\n`);
}

/** A machine whose room is up, with everything at the other ends of its wires. */
interface Room {
  readonly machine: VirtualMachine;
  readonly shell: GuestShell;
  readonly endMeeting: () => Promise<void>;
}

async function boot(run: string, shares: readonly Share[], progress: Progress): Promise<Room> {
  const { kernel, disk, kvm } = values;
  const folder = await mkdtemp(join(run, 'boot-'));
  const machine = await VirtualMachine.start({ kernel, disk, shares, run: folder, accelerator: kvm ? 'kvm' : 'tcg' });
  try {
    attachViscaCamera(await machine.connect(wires.serialPort));
    attachEcho(await machine.connect(wires.usbAdapter));
    attachMdcDisplay(await machine.connect(wires.display));
    const endMeeting = attachMeeting(await machine.connect(wires.meeting));
    const shell = new GuestShell(await machine.connect(wires.shell), systemClock);
    await progress.during('virtual room is up', () => shell.ready(BOOT_TIMEOUT_MS));
    return { machine, shell, endMeeting };
  } catch (error) {
    machine.kill();
    await machine.ended(OFF_TIMEOUT_MS);
    throw error;
  }
}

/** Runs the tests in one boot of the room. Returns the exit code for this process. */
async function runIn(run: string, progress: Progress): Promise<number> {
  const root = await realpath(process.cwd());
  const stripped = join(run, 'stripped');
  await writeStripped(root, stripped);
  const shares = await sharesOf(root, stripped);
  // Once in a while an emulated kernel hangs before its first word.
  const { machine, shell, endMeeting } = await boot(run, shares, progress).catch(() => boot(run, shares, progress));
  try {
    const mounted = await shell.run(mountScript(shares), MOUNT_TIMEOUT_MS, (line) => progress.line(`    ${line}`));
    if (mounted.code !== 0) throw new Error('folders of this machine cannot be read in the virtual room');
    const { code, figures } = await runTests(shell, root, progress);
    if (code !== 0) await keepLogs(shell, run);
    shell.hangUp();
    await progress.during('virtual room is off', () => machine.ended(OFF_TIMEOUT_MS));
    if (values.command === undefined) progress.line(figures ?? 'the tests ended without figures');
    return code === 0 && (figures !== null || values.command !== undefined) ? 0 : 1;
  } finally {
    machine.kill();
    await machine.ended(OFF_TIMEOUT_MS);
    await endMeeting();
    if (machine.errors !== '') await writeFile(join(run, 'qemu.log'), machine.errors);
  }
}

const run = await mkdtemp(join(tmpdir(), 'incamera-vm-'));
const log = createWriteStream(join(run, 'output.log'));
const progress = new Progress(systemClock, (text) => {
  process.stdout.write(text);
  log.write(text);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = await runIn(run, progress);
} catch (error) {
  progress.line(`✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 1;
}
if (process.exitCode === 0) await rm(run, { recursive: true });
else process.stdout.write(`the room's console, journal and output are in ${run}\n`);
// Media libraries of the person in the meeting may hold the process up.
process.exit();
