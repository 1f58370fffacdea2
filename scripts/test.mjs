/**
 * `npm test`: sets up what is missing, runs every group of tests and ends with the line `N passed, N failed`.
 * `npm test -- unit test/integration/call` runs only those groups and folders or files.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isRoomInPlace, roomArguments } from '../test/vm/image/steps.mjs';
import { runMain, setUp } from './setup/index.mjs';
import { ROOM_GROUP, TEST_GROUPS } from './test-groups.mjs';

/** After its results a group's process gets this long to end by itself: media libraries may hold it up. */
const GRACE_MS = 5_000;

await runMain(async () => {
  const product = await setUp(['run', 'build', 'test']);
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const wanted = process.argv.slice(2);
  for (const group of selectGroups(product.root, wanted)) add(total, await runGroup(product, group));
  if (wanted.length === 0 || wanted.includes(ROOM_GROUP.name)) add(total, await runRoom(product));
  return report(total);
});

function selectGroups(root, wanted) {
  const groups = TEST_GROUPS.map((group) => ({ ...group, files: testFiles(root, group.folder) }));
  if (wanted.length === 0) return groups.filter((group) => group.files.length > 0);
  const chosen = (group, file) =>
    wanted.some((want) => want === group.name || file === want || file.startsWith(`${want.replace(/\/$/, '')}/`));
  return groups
    .map((group) => ({ ...group, files: group.files.filter((file) => chosen(group, file)) }))
    .filter((group) => group.files.length > 0);
}

function testFiles(root, folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      if (statSync(join(root, file)).isDirectory()) return testFiles(root, file);
      return name.endsWith('.test.ts') ? [file] : [];
    });
}

/** Runs mocha on one group. A process that dies, hangs or reports nothing counts as a failure of its own. */
async function runGroup({ root, node, env }, group) {
  const begin = Date.now();
  process.stdout.write(`\n${group.name}: ${group.files.length} files\n`);
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  // A flag of Node's after mocha's name makes mocha start a further process, which our channel does not reach.
  const args = ['--no-warnings', mocha, '--timeout', String(group.testTimeoutMs), ...group.files];
  const child = spawn(node, args, {
    cwd: root,
    env: { ...env, INCAMERA_TEST_PARENT: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  // The whole process group: what a test has started must not outlive it.
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  };
  process.once('exit', kill);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  let results = null;
  const limit = setTimeout(kill, group.limitMs);
  let grace;
  child.on('message', (message) => {
    if (message?.kind !== 'results') return;
    results = message;
    grace = setTimeout(kill, GRACE_MS);
  });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...how) => resolve(how));
  });
  clearTimeout(limit);
  clearTimeout(grace);
  kill();
  const duration = Date.now() - begin;
  process.stdout.write(`${group.name}: ${(duration / 1000).toFixed(1)} s\n`);
  return (
    results ??
    lost(
      group,
      duration >= group.limitMs ? `exceeded ${group.limitMs / 1000} s` : `ended without results (${signal ?? code})`,
    )
  );
}

/** The tests of the virtual room that need no call. Where the room is not built it says so: building it takes minutes. */
async function runRoom({ root, node, env, context }) {
  const { name, files, limitMs } = ROOM_GROUP;
  const results = { passed: 0, failed: 0, skipped: 0, failures: [] };
  if (!isRoomInPlace(context)) {
    process.stdout.write(`\n${name}: left out, the virtual room is not built here: \`npm run test:vm\` builds it\n`);
    return results;
  }
  process.stdout.write(`\n${name}: ${files.length} files\n`);
  const program = ['--disable-warning=ExperimentalWarning', 'test/vm/host/run.ts', ...roomArguments(context)];
  const child = spawn(node, [...program, ...files], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const limit = setTimeout(() => child.kill('SIGTERM'), limitMs);
  let figures = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    figures = /^(\d+) passed, (\d+) failed$/.exec(line) ?? figures;
    process.stdout.write(`${line}\n`);
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(limit);
  if (figures === null) return lost(ROOM_GROUP, `ended without results (${code})`);
  const [passed, failed] = figures.slice(1).map(Number);
  const failures = failed > 0 || code !== 0 ? [`${name}: see above`] : [];
  return { ...results, passed, failed: failed === 0 && code !== 0 ? 1 : failed, failures };
}

function lost(group, how) {
  return { passed: 0, failed: 1, skipped: 0, failures: [`${group.name}: the test process ${how}`] };
}

function add(total, results) {
  for (const figure of ['passed', 'failed', 'skipped']) total[figure] += results[figure];
  total.failures.push(...results.failures);
}

/** The exit code: 0 only when something ran and nothing failed. */
function report({ passed, failed, skipped, failures }) {
  process.stdout.write('\n');
  for (const failure of failures) process.stdout.write(`✗ ${failure}\n`);
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  if (passed + failed === 0) process.stdout.write('no test was run\n');
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
