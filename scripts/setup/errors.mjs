/** Set-up cannot go on: says what failed and what a person does about it. Exit code 2 means "run this command yourself". */
export class SetupError extends Error {
  /** @param {string} message @param {{ action?: string, exitCode?: number }} [options] */
  constructor(message, { action = '', exitCode = 1 } = {}) {
    super(message);
    this.name = 'SetupError';
    this.action = action;
    this.exitCode = exitCode;
  }
}
