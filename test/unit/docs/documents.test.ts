import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { configDocument, configSchema } from '../../../src/config/documents.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

function sources(folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ts$/.test(name) && !name.includes('node_modules'))
      .map((name) => `${folder}/${name}`),
  );
  return files.map(read).join('\n');
}

describe('documents made from the source', () => {
  it('docs/configuration.md is up to date (npm run docs)', () => {
    assert.equal(read('docs/configuration.md'), configDocument());
  });

  it('docs/configuration.schema.json is up to date (npm run docs)', () => {
    assert.deepEqual(JSON.parse(read('docs/configuration.schema.json')), configSchema());
  });
});

describe('docs/errors.md', () => {
  const documented = [...read('docs/errors.md').matchAll(/^\|\s*`([a-z0-9-]+\/[a-z0-9-]+)`\s*\|/gm)].map(
    (match) => match[1] ?? '',
  );
  const source = sources(['src', 'server']);
  /** Codes put together, as in `device/${kind}-missing`. */
  const templates = [...source.matchAll(/`([a-z-]+\/(?:[a-z-]|\$\{\w+\})*)`/g)]
    .filter((match) => match[1]?.endsWith('}') === false)
    .map((match) => new RegExp(`^${(match[1] ?? '').replaceAll(/\$\{\w+\}/g, '[a-z-]+')}$`));

  it('lists a code once', () => {
    assert.deepEqual(
      documented.filter((code, index) => documented.indexOf(code) !== index),
      [],
    );
  });

  it('lists every code that an error is made with', () => {
    const made = [...source.matchAll(/new \w+Error\(\s*'([a-z0-9-]+\/[a-z0-9-]+)'/g)].map((match) => match[1] ?? '');
    assert.ok(made.length > 0);
    assert.deepEqual([...new Set(made)].filter((code) => !documented.includes(code)).sort(), []);
  });

  it('lists no code that the source does not have', () => {
    assert.deepEqual(
      documented.filter((code) => !source.includes(`'${code}'`) && !templates.some((template) => template.test(code))),
      [],
    );
  });
});
