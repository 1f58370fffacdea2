import { startAppliance } from './appliance.ts';
import { helpText, parseCommandLine } from './config/command-line.ts';
import { readEnvironment } from './config/paths.ts';
import { isRoomError } from './lib/errors.ts';

/** How long an orderly stop may take before the process simply ends. */
const STOP_DEADLINE_MS = 5_000;
/** sysexits.h EX_CONFIG: the unit does not restart on it. */
const EXIT_CONFIG = 78;

async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2));
  if (commandLine.help) {
    process.stdout.write(helpText());
    return;
  }
  const environment = readEnvironment(process.env, process.getuid?.() ?? 0);
  const appliance = await startAppliance({ environment, commandLine });
  const stop = (): void => {
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    void appliance.close().finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
}

main().catch((error: unknown) => {
  const text = isRoomError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`incamera cannot start: ${text}\n`);
  process.exit(isRoomError(error) && error.code.startsWith('config/') ? EXIT_CONFIG : 1);
});
