/**
 * For processes in the virtual room: TypeScript that the host has stripped of its types is read from INCAMERA_STRIPPED, laid out
 * as the checkout is. Node does the same by itself, at half a minute a process where the processor is emulated.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stripped = process.env.INCAMERA_STRIPPED;

function sourceOf(url) {
  if (!stripped || !url.startsWith('file:') || !url.endsWith('.ts')) return null;
  const path = fileURLToPath(url);
  if (!path.startsWith(root)) return null;
  try {
    return readFileSync(join(stripped, path.slice(root.length)), 'utf8');
  } catch {
    return null;
  }
}

registerHooks({
  load: (url, context, next) => {
    const source = sourceOf(url);
    return source === null ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});
