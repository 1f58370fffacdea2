/**
 * `npm run test:vm`: builds the virtual room where it is not built yet, boots it and runs test/vm/tests inside.
 * `-- FILE…` runs only those test files; `-- --command 'COMMAND'` runs that instead of tests; `-- --kvm` lets the processor
 * run the room instead of emulating one.
 */
import { requireDebian12, roomArguments, roomSteps } from '../test/vm/image/steps.mjs';
import { runMain, setUp } from './setup/index.mjs';
import { launch } from './setup/launch.mjs';

await runMain(async () => {
  requireDebian12();
  const { root, node, env, context } = await setUp(['run', 'build', 'vm'], roomSteps);
  const program = ['--disable-warning=ExperimentalWarning', 'test/vm/host/run.ts', ...roomArguments(context)];
  return launch(node, [...program, ...process.argv.slice(2)], { cwd: root, env });
});
