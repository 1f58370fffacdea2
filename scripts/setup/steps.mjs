import { SetupError } from './errors.mjs';

const HEARTBEAT_MS = 15_000;

/**
 * Runs steps in order, a line each with the time it took. A step is `{ title, satisfied(context), perform(context, progress) }`:
 * `satisfied` answers in milliseconds whether there is nothing to do; `progress(text)` tells where a long one is. One with a text
 * `without` is optional: when it fails, set-up says what is missing then, and goes on.
 */
export async function runSteps(steps, context, write = (text) => process.stdout.write(text)) {
  const begin = Date.now();
  for (const step of steps) await runStep(step, context, write);
  write(`  set-up ready ${seconds(begin)}\n`);
}

async function runStep(step, context, write) {
  const begin = Date.now();
  if (await step.satisfied(context)) {
    write(`  ✓ ${step.title.padEnd(34)} in place ${seconds(begin)}\n`);
    return;
  }
  let doing = 'started';
  write(`  … ${step.title}\n`);
  const heartbeat = setInterval(() => write(`    ${doing} ${seconds(begin)}\n`), HEARTBEAT_MS);
  try {
    await step.perform(context, (text) => (doing = text));
  } catch (error) {
    if (step.without === undefined) throw inStep(step, error);
    write(`  ! ${step.title.padEnd(34)} not available: ${step.without}\n${error?.message ?? error}\n`);
    return;
  } finally {
    clearInterval(heartbeat);
  }
  write(`  ✓ ${step.title.padEnd(34)} done     ${seconds(begin)}\n`);
}

function inStep(step, error) {
  if (!(error instanceof SetupError)) return new SetupError(`Step "${step.title}": ${error?.stack ?? error}`);
  return new SetupError(`Step "${step.title}": ${error.message}`, error);
}

function seconds(begin) {
  return `${((Date.now() - begin) / 1000).toFixed(1)} s`;
}
