import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fillFolder, fingerprint } from './files.mjs';
import { ask, run } from './run.mjs';

/** `native/build.sh OUT_DIR` compiles our GStreamer elements and the GPIO helper into OUT_DIR. */
export const pluginStep = {
  title: 'native parts of the product',
  satisfied: (context) => {
    const { root, cache } = context.places;
    const libraries = ask('pkg-config', ['--modversion', 'gstreamer-1.0', 'vpx']) ?? 'none';
    context.plugin = join(cache, 'gstreamer-plugin', fingerprint(root, ['native'], libraries, process.arch));
    return existsSync(context.plugin);
  },
  perform: async (context) => {
    const script = join(context.places.root, 'native/build.sh');
    await fillFolder(context.plugin, (folder) => run(context.places, 'plugin', 'sh', [script, folder]));
  },
};

/** GStreamer scans every plugin when its registry is absent or old (0.6 s): pay for that here, not in a call. */
export const registryStep = {
  title: 'GStreamer plugin registry',
  satisfied: (context) => {
    const libraries = ask('pkg-config', ['--modversion', 'gstreamer-1.0']) ?? 'none';
    context.registry = join(
      context.places.cache,
      'gstreamer-registry',
      `${libraries}-${context.plugin.split('/').at(-1)}.bin`,
    );
    return existsSync(context.registry);
  },
  perform: async (context) => {
    mkdirSync(join(context.places.cache, 'gstreamer-registry'), { recursive: true });
    const env = { ...process.env, GST_PLUGIN_PATH: context.plugin, GST_REGISTRY: context.registry };
    await run(context.places, 'registry', 'gst-inspect-1.0', [], { env });
  },
};
