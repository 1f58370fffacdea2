import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

/** What runs in the room. */
const FOLDERS = ['src', 'server', 'test'];

/** Writes the TypeScript of a checkout without its types to `target`, under the same names: see stripped-loader.mjs. */
export async function writeStripped(root: string, target: string): Promise<void> {
  for (const folder of FOLDERS) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.d.ts')) continue;
      const path = join(target, folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, stripped(await readFile(join(root, folder, name), 'utf8')));
    }
  }
}

/** What cannot be stripped is left for Node to complain of where it is loaded. */
function stripped(source: string): string {
  try {
    return stripTypeScriptTypes(source);
  } catch {
    return source;
  }
}
