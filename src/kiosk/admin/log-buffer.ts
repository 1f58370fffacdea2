import type { LogLine } from '../admin-state.ts';

const MOST_LINES = 500;
const MOST_CHARACTERS = 500;

/** The last lines of the room's log, for the settings page and for reports; it holds what the log holds, no more. */
export class LogBuffer {
  readonly #lines: LogLine[] = [];
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** A line as `createLogger` writes it: the level, and the rest. */
  push(line: string): void {
    const [, level = 'info', text = ''] = /^(\S+)\s+(.*)$/s.exec(line) ?? [];
    this.#lines.push({ at: this.#wallMs(), level, text: text.slice(0, MOST_CHARACTERS) });
    if (this.#lines.length > MOST_LINES) this.#lines.splice(0, this.#lines.length - MOST_LINES);
  }

  /** Oldest first. */
  get lines(): readonly LogLine[] {
    return [...this.#lines];
  }
}
