import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, readText } from './files.mjs';
import { run } from './run.mjs';

/** The web pages and what of the sources each is made of. */
const PAGES = [
  {
    name: 'guest',
    folder: 'server/guest',
    sources: ['server/guest', 'src/kiosk/design', 'src/lib', 'src/crypto', 'src/call'],
  },
  { name: 'panel', folder: 'src/kiosk/panel', sources: ['src/kiosk', 'src/lib', 'src/call'] },
];

function stale({ root }) {
  return PAGES.filter((page) => existsSync(join(root, page.folder, 'vite.config.ts'))).flatMap((page) => {
    const print = fingerprint(root, [...page.sources, 'package-lock.json', 'tsconfig.json', 'patches']);
    const stamp = join(root, 'dist', `${page.name}.stamp`);
    return readText(stamp) === print && existsSync(join(root, 'dist', page.name)) ? [] : [{ ...page, print, stamp }];
  });
}

export const pagesStep = {
  title: 'web pages',
  satisfied: (context) => {
    context.stalePages = stale(context.places);
    return context.stalePages.length === 0;
  },
  perform: async (context, progress) => {
    const { root, modules } = context.places;
    for (const page of context.stalePages) {
      progress(`building ${page.name}`);
      const out = join(root, 'dist', page.name);
      const args = [join(modules, 'vite/bin/vite.js'), 'build', page.folder, '--outDir', out, '--emptyOutDir'];
      await run(context.places, `page-${page.name}`, join(context.node.prefix, 'bin/node'), args);
      writeFileSync(page.stamp, page.print);
    }
  },
};
