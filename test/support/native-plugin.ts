import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Makes the native GStreamer plugin known to this process; call it before anything loads the binding. What set-up has built is
 * taken when GST_PLUGIN_PATH says so, else it is built here.
 */
export async function nativePlugin(): Promise<void> {
  if (process.env['GST_PLUGIN_PATH']) return;
  const out = join(tmpdir(), `incamera-plugin-${process.getuid?.() ?? 0}`);
  await mkdir(out, { recursive: true });
  await promisify(execFile)('sh', ['native/build.sh', out]);
  process.env['GST_PLUGIN_PATH'] = out;
}
