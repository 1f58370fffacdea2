import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What every build of the guest page's parts shares. Nothing is inlined: the page's policy allows files of its own origin only. */
export const shared: UserConfig = {
  root,
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  worker: { format: 'es' },
  build: {
    target: ['chrome120', 'firefox128', 'safari17.4'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
};

export default defineConfig({
  ...shared,
  build: { ...shared.build, outDir: fileURLToPath(new URL('../../dist/guest', import.meta.url)) },
});
