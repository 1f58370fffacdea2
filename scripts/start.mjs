/** `npm start`: sets up what is missing, then runs the meeting server, the room and its panel on this machine. */
import { runMain, setUp } from './setup/index.mjs';
import { launch } from './setup/launch.mjs';

await runMain(async () => {
  const { node, root, env } = await setUp(['run', 'build']);
  return launch(node, ['src/start.ts', ...process.argv.slice(2)], { cwd: root, env });
});
