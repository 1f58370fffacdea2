/** The worker that holds a guest's meeting keys, for one login. */
import { createLocalKeys } from '../../../src/call/keys/local-keys.ts';
import { loadSuite } from '../../../src/crypto/mls.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLogger } from '../../../src/lib/log.ts';
import { KeysHost } from './keys-host.ts';
import type { ToKeysWorker } from './keys-messages.ts';

function writeLine(line: string): void {
  // eslint-disable-next-line no-console -- the browser's console is this page's journal
  console.info(line);
}

const log = createLogger('guest/keys', 'info', writeLine);
const host = new KeysHost(
  (request) => createLocalKeys(request, { identity: { kind: 'guest' }, certificates: [], clock: systemClock, log }),
  (message) => postMessage(message),
);
// Loaded while nobody waits for it; whoever needs it hears of a failure.
loadSuite().catch(() => undefined);
onmessage = ({ data }: MessageEvent<ToKeysWorker>) => host.handle(data);
