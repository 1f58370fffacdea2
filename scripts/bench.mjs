/** `npm run bench -- NAME [ARGS]`: runs bench/NAME.ts under the product's Node and environment. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runMain, setUp } from './setup/index.mjs';
import { findPlaces } from './setup/places.mjs';
import { launch } from './setup/launch.mjs';

await runMain(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  const folder = join(findPlaces().root, 'bench');
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(join(folder, `${name}.ts`))) {
    const names = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    process.stderr.write(
      `usage: npm run bench -- NAME\nbenchmarks: ${names.map((file) => file.slice(0, -3)).join(', ')}\n`,
    );
    return 1;
  }
  const { node, root, env } = await setUp(['run', 'build', 'test']);
  return launch(node, [join('bench', `${name}.ts`), ...args], { cwd: root, env });
});
