/** `npm run verify`: every static check, all of them even when one fails. `npm test` runs the tests. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CHECKS } from './checks.mjs';
import { runMain, setUp } from './setup/index.mjs';

await runMain(async () => {
  const { root, node, env } = await setUp(['run', 'build']);
  let failed = 0;
  for (const { name, program, args } of CHECKS) {
    const begin = Date.now();
    const { status } = spawnSync(node, [join(root, 'node_modules', program), ...args], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) failed += 1;
    process.stdout.write(`  ${status === 0 ? '✓' : '✗'} ${name} ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
  }
  return failed === 0 ? 0 : 1;
});
