import { systemClock } from '../src/lib/clock.ts';
import { isRoomError } from '../src/lib/errors.ts';
import { createLogger } from '../src/lib/log.ts';
import { helpText, readCommandLine } from './options.ts';
import { startMeetingServer } from './start.ts';

/** Exit codes of sysexits.h: 64 a wrong command line, 70 the server could not start. */
const EX_USAGE = 64;
const EX_SOFTWARE = 70;

async function main(): Promise<void> {
  const log = createLogger('server', 'info', (line) => process.stdout.write(`${line}\n`));
  const options = await readCommandLine(process.argv.slice(2), process.env);
  if (options === null) return void process.stdout.write(helpText());
  const server = await startMeetingServer(options, { clock: systemClock, log, workerBin: null });
  const stop = (): void => void server.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('SIGHUP', () => {
    server.reloadTls().catch(() => log.error('the TLS files cannot be read; the old certificate stays'));
  });
}

main().catch((error: unknown) => {
  const usage = isRoomError(error) && error.code === 'server/option-invalid';
  process.stderr.write(`${isRoomError(error) ? error.message : String(error)}\n`);
  process.exit(usage ? EX_USAGE : EX_SOFTWARE);
});
