import { startAppliance } from './appliance.ts';
import { helpText, parseCommandLine } from './config/command-line.ts';
import { readEnvironment } from './config/paths.ts';
import { systemRoots } from './devices/discover.ts';
import { runDoctor } from './doctor.ts';
import { systemClock } from './lib/clock.ts';
import { isRoomError } from './lib/errors.ts';

/** How long an orderly stop may take before the process simply ends. */
const STOP_DEADLINE_MS = 5_000;
/** sysexits.h EX_CONFIG: the unit does not restart on it. */
const EXIT_CONFIG = 78;
/** sysexits.h EX_TEMPFAIL: whoever started it starts it again. */
const EXIT_RESTART = 75;

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === 'doctor') return doctor(args.slice(1));
  const commandLine = parseCommandLine(args);
  if (commandLine.help) {
    process.stdout.write(helpText());
    return;
  }
  const environment = readEnvironment(process.env, process.getuid?.() ?? 0);
  const stop = (exitCode: number): void => {
    setTimeout(() => process.exit(exitCode || 1), STOP_DEADLINE_MS).unref();
    void appliance.close().finally(() => process.exit(exitCode));
  };
  const appliance = await startAppliance({ environment, commandLine, restart: () => stop(EXIT_RESTART) });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(0));
}

/** `doctor [--json] [FLAGS]`: exits with 1 when something is wrong. */
async function doctor(args: readonly string[]): Promise<void> {
  const commandLine = parseCommandLine(args.filter((arg) => arg !== '--json'));
  if (commandLine.help) return void process.stdout.write(helpText());
  process.exitCode = await runDoctor({
    environment: readEnvironment(process.env, process.getuid?.() ?? 0),
    commandLine,
    json: args.includes('--json'),
    roots: systemRoots(process.env),
    clock: systemClock,
    write: (text) => void process.stdout.write(text),
  });
}

main().catch((error: unknown) => {
  const text = isRoomError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`incamera: ${text}\n`);
  process.exit(isRoomError(error) && error.code.startsWith('config/') ? EXIT_CONFIG : 1);
});
