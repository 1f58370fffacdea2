import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, constants, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65534;
const setup = new URL('../../../scripts/setup/', import.meta.url).pathname;

const driver = `
const place = process.env.PLACE;
const { debianStep } = await import(place + '/setup/debian.mjs');
const { runMain } = await import(place + '/setup/index.mjs');
const { runSteps } = await import(place + '/setup/steps.mjs');
await runMain(async () => {
  await runSteps([debianStep], { groups: ['run'], places: { root: place, cache: place, logs: place } });
  return 0;
});`;

/** A machine whose package tools are scripts of the test. */
class FakeMachine {
  readonly place = mkdtempSync(join(tmpdir(), 'set-up-'));

  constructor() {
    chmodSync(this.place, 0o777);
    cpSync(setup, join(this.place, 'setup'), { recursive: true });
    this.tool('dpkg-query', 'cat "$PLACE/installed" 2>/dev/null; exit 1');
    this.tool('sudo', 'exit 1');
  }

  tool(name: string, script: string): void {
    writeFileSync(join(this.place, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  run(user: 'root' | 'nobody'): { code: number | null; output: string } {
    const asNobody = user === 'nobody' && process.getuid?.() === 0;
    const result = spawnSync(asNobody ? this.#nodeForAll() : process.execPath, ['--input-type=module', '-e', driver], {
      env: { PATH: `${this.place}:/usr/bin:/bin`, PLACE: this.place },
      encoding: 'utf8',
      ...(asNobody ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    return { code: result.status, output: `${result.stdout}${result.stderr}` };
  }

  /** Node may lie in a home directory that another user cannot enter. */
  #nodeForAll(): string {
    const node = join(this.place, 'node-for-all');
    copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
    chmodSync(node, 0o755);
    return node;
  }

  calls(): string[] {
    return readFileSync(join(this.place, 'calls'), 'utf8').trim().split('\n');
  }

  remove(): void {
    rmSync(this.place, { recursive: true });
  }
}

const INSTALL_ALL = `echo "$*" >> "$PLACE/calls"
for last in "$@"; do echo "$last installed" >> "$PLACE/installed"; done`;

describe('set-up of Debian packages', () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => {
    machine.remove();
  });

  it('without root and sudo prints the exact command and stops with 2', () => {
    machine.tool('apt-get', 'exit 0');
    const { code, output } = machine.run('nobody');
    assert.equal(code, 2, output);
    assert.match(
      output,
      /sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends .*gstreamer1\.0-plugins-bad/,
    );
  });

  it('installs what is missing, as root or by sudo, and does nothing the second time', () => {
    machine.tool('sudo', '[ "$2" = true ] && exit 0; shift; exec "$@"');
    machine.tool('apt-get', INSTALL_ALL);
    const first = machine.run('root');
    assert.equal(first.code, 0, first.output);
    assert.match(first.output, /✓ Debian packages +done/);
    const second = machine.run('root');
    assert.match(second.output, /✓ Debian packages +in place/);
    assert.equal(machine.calls().filter((call) => call.includes('install')).length, 1);
  });

  it('updates the package lists only when a package is not found', () => {
    machine.tool('sudo', '[ "$2" = true ] && exit 0; shift; exec "$@"');
    machine.tool(
      'apt-get',
      `case "$*" in
  *--version*) exit 0;;
  *update*) touch "$PLACE/updated"; echo update >> "$PLACE/calls";;
  *) [ -e "$PLACE/updated" ] || { echo "E: Unable to locate package fonts-inter" >&2; exit 100; }; ${INSTALL_ALL};;
esac`,
    );
    const { code, output } = machine.run('root');
    assert.equal(code, 0, output);
    assert.equal(machine.calls()[0], 'update');
  });

  it('without a network names the step and the package', () => {
    machine.tool('sudo', '[ "$2" = true ] && exit 0; shift; exec "$@"');
    machine.tool(
      'apt-get',
      `case "$*" in
  *--version*|*update*) exit 0;;
  *) echo "E: Failed to fetch http://archive.invalid/pool/f/fonts-inter/fonts-inter_4.0_all.deb  Could not resolve 'archive.invalid'" >&2; exit 100;;
esac`,
    );
    const { code, output } = machine.run('root');
    assert.equal(code, 1, output);
    assert.match(output, /Step "Debian packages": No network to Debian's archive while fetching: fonts-inter\./);
  });
});
