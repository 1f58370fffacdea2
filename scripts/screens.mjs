/** `npm run screens`: makes the pictures of docs/screens anew, from the tests that see the screens. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, setUp } from './setup/index.mjs';
import { launch } from './setup/launch.mjs';

const TESTS = ['test/e2e/panel.test.ts', 'test/e2e/one-touch.test.ts'];
/** Of all that the tests write, what the repository keeps. */
const KEPT = [
  'panel-ambient.png',
  'panel-ambient-upright.png',
  'panel-offered.png',
  'panel-in-call.png',
  'panel-call-time-left.png',
  'panel-camera.png',
  'panel-chat.png',
  'panel-busy.png',
  'panel-free-after.png',
  'panel-join.png',
  'panel-settings-devices.png',
  'door-busy.png',
  'door-free.png',
  'room-display.png',
  'guest-in-call.png',
];
/** Pictures in a repository stay in it for ever. */
const MOST_BYTES = 150_000;

await runMain(async () => {
  const { node, root, env } = await setUp(['run', 'build', 'test']);
  const made = mkdtempSync(join(tmpdir(), 'incamera-screens-'));
  try {
    const mocha = ['--no-warnings', 'node_modules/mocha/bin/mocha.js', '--timeout', '120000', ...TESTS];
    const code = await launch(node, mocha, { cwd: root, env: { ...env, SCREENS: made } });
    if (code !== 0) return code;
    return keep(made, join(root, 'docs/screens'));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
});

/** The exit code: nothing is replaced when a picture is missing or too large. */
function keep(made, folder) {
  const bytes = (name) => statSync(join(made, name), { throwIfNoEntry: false })?.size ?? 0;
  const wrong = KEPT.filter((name) => bytes(name) === 0 || bytes(name) > MOST_BYTES);
  for (const name of wrong) process.stderr.write(`✗ ${name}: ${bytes(name)} bytes, at most ${MOST_BYTES}\n`);
  if (wrong.length > 0) return 1;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of KEPT) copyFileSync(join(made, name), join(folder, name));
  process.stdout.write(`${KEPT.length} pictures in docs/screens\n`);
  return 0;
}
