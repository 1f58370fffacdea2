import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where set-up reads and keeps things. Artefacts that cost minutes live outside the checkout, so that a fresh clone finds them. */
export function findPlaces(environment = process.env) {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const cacheHome = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  const cache = environment.INCAMERA_CACHE_DIR || join(cacheHome, 'incamera');
  return { root, cache, logs: join(cache, 'setup-logs'), modules: join(root, 'node_modules') };
}
