import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { shared } from './vite.config.ts';

const page = (name: string): string => fileURLToPath(new URL(`./story/${name}.html`, import.meta.url));

/** Pages for tests: every screen on made-up state, and the frame worker between two connections. Never part of the product. */
export default defineConfig({
  ...shared,
  build: {
    ...shared.build,
    outDir: fileURLToPath(new URL('../../dist/guest-story', import.meta.url)),
    rolldownOptions: { input: { story: page('story'), loopback: page('loopback') } },
  },
});
