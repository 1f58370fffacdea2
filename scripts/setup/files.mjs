import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A short fingerprint of files and folders (names and contents) and of further texts. What does not exist counts as empty. */
export function fingerprint(base, paths, ...texts) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of listFiles(join(base, path))) hash.update(`${relative(base, file)}\0`).update(readFileSync(file));
  }
  for (const text of texts) hash.update(`\0${text}`);
  return hash.digest('hex').slice(0, 16);
}

function listFiles(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.isDirectory())
      return entry.name === 'build' || entry.name === 'dist' ? [] : listFiles(join(path, entry.name));
    return entry.isFile() ? [join(path, entry.name)] : [];
  });
}

export function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Fills a new folder beside `target` by `fill(folder)` and renames it into place: an interrupted or a simultaneous
 * set-up never leaves half an artefact under the final name.
 */
export async function fillFolder(target, fill) {
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}.new-`);
  try {
    await fill(folder);
    // mkdtemp makes it private; nothing in these folders is secret.
    chmodSync(folder, 0o755);
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
