import type { StartHelper } from '../../src/devices/controls/start-helper.ts';
import { eventually } from './eventually.ts';

export interface ListeningHelper {
  readonly start: StartHelper;
  /** Does something outside a line and waits until the helper has told of it, where it holds an input. */
  readonly hearing: (act: () => Promise<void> | void) => Promise<void>;
  /** Resolves when a line was lost. */
  readonly lost: () => Promise<void>;
  readonly running: () => number;
}

const WAIT_MS = 10_000;

/** A helper whose lines are counted on their way. */
export function listening(start: StartHelper): ListeningHelper {
  let [edges, losses, running] = [0, 0, 0];
  /** Numbers of inputs that are held or being taken. */
  const inputs = new Set<string>();
  const count = (line: string): void => {
    if (line.startsWith('edge ')) edges++;
    if (line.startsWith('lost ')) losses++;
  };
  return {
    start: () => {
      const process = start();
      let text = '';
      running++;
      process.onExit(() => {
        running--;
        inputs.clear();
      });
      return {
        ...process,
        write: (request) => {
          const [kind, number = '', which = ''] = request.trim().split(' ');
          if (kind === 'input') inputs.add(number);
          if (kind === 'release') inputs.delete(which);
          process.write(request);
        },
        // Counted after whoever listens has heard.
        onOutput: (listener) =>
          process.onOutput((chunk) => {
            listener(chunk);
            const lines = (text + Buffer.from(chunk).toString()).split('\n');
            text = lines.pop() ?? '';
            lines.forEach(count);
          }),
      };
    },
    hearing: async (act) => {
      const before = edges;
      await act();
      if (inputs.size > 0) await eventually('the edge', WAIT_MS, () => edges > before);
    },
    lost: async () => void (await eventually('the loss', WAIT_MS, () => losses > 0)),
    running: () => running,
  };
}
