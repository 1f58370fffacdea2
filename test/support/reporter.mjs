import mocha from 'mocha';

const {
  EVENT_RUN_BEGIN,
  EVENT_RUN_END,
  EVENT_SUITE_BEGIN,
  EVENT_SUITE_END,
  EVENT_TEST_PASS,
  EVENT_TEST_FAIL,
  EVENT_TEST_PENDING,
} = mocha.Runner.constants;

/**
 * A line per file with its time while running, then every failure in full, then `N passed, N failed` as the last line.
 * Under scripts/test.mjs the figures go to the parent instead, which prints one such line for all groups.
 */
export default class LineReporter {
  constructor(runner) {
    this.counts = { passed: 0, failed: 0, skipped: 0 };
    this.failures = [];
    this.files = new Map();
    runner.on(EVENT_RUN_BEGIN, () => (this.begin = Date.now()));
    runner.on(EVENT_SUITE_BEGIN, (suite) => this.suiteBegins(suite));
    runner.on(EVENT_SUITE_END, (suite) => this.suiteEnds(suite));
    runner.on(EVENT_TEST_PASS, (test) => this.count('passed', test));
    runner.on(EVENT_TEST_PENDING, (test) => this.count('skipped', test));
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      this.count('failed', test);
      this.failures.push({ title: test.fullTitle(), file: relative(test.file), text: describe(error) });
    });
    runner.on(EVENT_RUN_END, () => this.end());
  }

  /** mocha runs a file's top-level suites one after another: the last one's end closes the file. */
  suiteBegins(suite) {
    if (!isTopLevel(suite)) return;
    const file = this.files.get(suite.file) ?? {
      open: siblings(suite).length,
      begin: Date.now(),
      passed: 0,
      failed: 0,
      skipped: 0,
    };
    this.files.set(suite.file, file);
  }

  suiteEnds(suite) {
    const file = isTopLevel(suite) ? this.files.get(suite.file) : undefined;
    if (!file || --file.open > 0) return;
    const mark = file.failed > 0 ? '✗' : '✓';
    const extra = `${file.failed > 0 ? `, ${file.failed} failed` : ''}${file.skipped > 0 ? `, ${file.skipped} skipped` : ''}`;
    process.stdout.write(`  ${mark} ${relative(suite.file)}  ${file.passed} passed${extra}  ${seconds(file.begin)}\n`);
  }

  count(what, test) {
    this.counts[what] += 1;
    const file = this.files.get(test.file);
    if (file) file[what] += 1;
    if (what === 'skipped') process.stdout.write(`  - skipped: ${test.fullTitle()}\n`);
  }

  end() {
    for (const { title, file, text } of this.failures) process.stdout.write(`\n✗ ${title}\n  ${file}\n${text}\n`);
    if (this.failures.length > 0) process.stdout.write('\n');
    const failures = this.failures.map(({ title, file }) => `${file}: ${title}`);
    if (process.env.INCAMERA_TEST_PARENT && process.send) process.send({ kind: 'results', ...this.counts, failures });
    else process.stdout.write(`${this.counts.passed} passed, ${this.counts.failed} failed\n`);
  }
}

const isTopLevel = (suite) => suite.parent?.root === true;
const siblings = (suite) => suite.parent.suites.filter((other) => other.file === suite.file);
const relative = (file) => (file ?? 'unknown file').replace(`${process.cwd()}/`, '');
const seconds = (begin) => `${((Date.now() - begin) / 1000).toFixed(1)} s`;

function describe(error) {
  const lines = [error?.stack ?? String(error)];
  if (error && 'actual' in error && 'expected' in error && error.showDiff !== false) {
    lines.push(`expected: ${show(error.expected)}`, `actual:   ${show(error.actual)}`);
  }
  for (let cause = error?.cause; cause; cause = cause.cause) lines.push(`caused by: ${cause.stack ?? cause}`);
  return lines.join('\n').replaceAll(/^/gm, '    ');
}

function show(value) {
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner));
  return (text ?? String(value)).slice(0, 4000);
}
