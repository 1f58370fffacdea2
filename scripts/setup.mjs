/** Sets this machine up for the product; with --test, for its tests as well. */
import { runMain, setUp } from './setup/index.mjs';

await runMain(async () => {
  await setUp(process.argv.includes('--test') ? ['run', 'build', 'test'] : ['run', 'build']);
  return 0;
});
