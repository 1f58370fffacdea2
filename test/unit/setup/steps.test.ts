import assert from 'node:assert/strict';

interface Step {
  readonly title: string;
  readonly without?: string;
  readonly satisfied: () => boolean;
  readonly perform: () => Promise<void>;
}
type RunSteps = (steps: readonly Step[], context: object, write: (text: string) => void) => Promise<void>;

const failing = { satisfied: () => false, perform: () => Promise.reject(new Error('no compiler')) };

describe('steps of set-up', () => {
  let runSteps: RunSteps;
  before(async () => {
    const path = new URL('../../../scripts/setup/steps.mjs', import.meta.url).href;
    ({ runSteps } = (await import(path)) as { runSteps: RunSteps });
  });

  it('goes on without an optional one that fails, and says what is missing', async () => {
    const done: string[] = [];
    let text = '';
    const last = { title: 'last', satisfied: () => false, perform: async () => void done.push('last') };
    const optional = { title: 'extra', without: 'something is not there', ...failing };
    await runSteps([optional, last], {}, (piece) => (text += piece));
    assert.deepEqual(done, ['last']);
    assert.match(text, /! extra +not available: something is not there\nno compiler/);
  });

  it('ends with any other that fails', async () => {
    await assert.rejects(
      runSteps([{ title: 'needed', ...failing }], {}, () => undefined),
      /Step "needed".*no compiler/s,
    );
  });
});
