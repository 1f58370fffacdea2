import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parseUdevRules, type UdevRule } from '../../support/udev-rules.ts';

const folder = new URL('../../../systemd/udev/', import.meta.url);
const text = readFileSync(new URL('70-incamera.rules', folder), 'utf8');

const has = (rule: UdevRule, key: string, value: string): boolean =>
  rule.conditions.some((part) => part.key === key && part.operator === '==' && part.value === value);
const does = (rule: UdevRule, key: string): string[] =>
  rule.actions.filter((part) => part.key === key).map(({ value }) => value);
/** Whether a value with udev's wildcards matches. */
function matches(pattern: string, value: string): boolean {
  const one = (each: string): RegExp =>
    new RegExp(
      `^${each
        .replaceAll(/[.+^${}()\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
  return pattern.split('|').some((each) => one(each).test(value));
}

describe('the reader of udev rules', () => {
  for (const [what, rule] of [
    ['an assignment for a comparison', 'KERNEL="video0", MODE="0660"'],
    ['a comparison for an assignment', 'SUBSYSTEM=="tty", MODE=="0660"'],
    ['a value without quotes', 'SUBSYSTEM==tty, MODE="0660"'],
    ['a key that there is not', 'SUBSYSTM=="tty", MODE="0660"'],
    ['an attribute without its name', 'ATTR=="1", MODE="0660"'],
    ['a lost quote', 'SUBSYSTEM=="tty, MODE="0660"'],
  ] as const) {
    it(`finds ${what}`, () => assert.throws(() => parseUdevRules(`# x\n${rule}\n`), /line 2/));
  }
});

describe('systemd/udev/70-incamera.rules', () => {
  const rules = parseUdevRules(text);

  it('each rule says what it is about and does something', () => {
    assert.ok(rules.length >= 7);
    for (const { line, conditions, actions } of rules) {
      assert.ok(
        conditions.some(({ key }) => key.startsWith('SUBSYSTEM')),
        `line ${line} is about everything`,
      );
      assert.ok(actions.length > 0, `line ${line} does nothing`);
    }
  });

  it('each says why above it', () => {
    const lines = text.split('\n');
    for (const { line } of rules) {
      const above =
        lines
          .slice(0, line - 1)
          .reverse()
          .find((each) => each === '' || each.startsWith('#')) ?? '';
      assert.match(above, /^# /, `line ${line}`);
    }
  });

  it('rights of the person at the screen come before 73-seat-late.rules', () => {
    const tagged = rules.filter((rule) => does(rule, 'TAG').includes('uaccess'));
    assert.ok(tagged.length >= 3);
    for (const name of readdirSync(folder)) assert.ok(Number(/^(\d\d)-[a-z-]+\.rules$/.exec(name)?.[1]) < 73, name);
  });

  it('nothing is open to everybody', () => {
    for (const rule of rules)
      for (const mode of does(rule, 'MODE')) assert.match(mode, /^0[0-7]{2}0$/, `line ${rule.line}`);
    for (const rule of rules) for (const run of does(rule, 'RUN')) assert.doesNotMatch(run, /chmod 0?[0-7]{2}[2367]\b/);
  });

  it('a mode comes with a group, and programs by their full path', () => {
    for (const rule of rules) {
      assert.equal(does(rule, 'MODE').length, does(rule, 'GROUP').length, `line ${rule.line}`);
      for (const run of does(rule, 'RUN')) assert.match(run, /^\/(usr\/)?bin\/[a-z]+ /, `line ${rule.line}`);
    }
  });

  it('speakerphones are opened and keyboards are not', () => {
    const rule = rules.find((each) => has(each, 'SUBSYSTEM', 'hidraw') && does(each, 'MODE').length > 0);
    const isOpened = (interfaces: string): boolean =>
      (rule?.conditions ?? [])
        .filter(({ attribute }) => attribute === 'ID_USB_INTERFACES')
        .every(({ operator, value }) => (operator === '==') === matches(value, interfaces));
    assert.equal(isOpened(':010100:010200:030000:'), true, 'a speakerphone');
    assert.equal(isOpened(':030101:030102:'), false, 'a keyboard');
    assert.equal(isOpened(':010100:030101:'), false, 'a keyboard with a sound card');
    assert.equal(isOpened(':030000:'), false, 'a security key');
  });

  it('the interfaces of a hidraw node are read before they are compared', () => {
    const at = (find: (rule: UdevRule) => boolean): number => rules.findIndex(find);
    const hidraw = (rule: UdevRule): boolean => has(rule, 'SUBSYSTEM', 'hidraw');
    const read = at((rule) => hidraw(rule) && does(rule, 'IMPORT').includes('usb_id'));
    const compared = at(
      (rule) => hidraw(rule) && rule.conditions.some(({ attribute }) => attribute === 'ID_USB_INTERFACES'),
    );
    assert.ok(read >= 0 && read < compared);
  });

  it('the camera cure reaches cameras and nothing else', () => {
    const rule = rules.find((each) => does(each, 'RUN').some((run) => run.includes('authorized')));
    const pattern = rule?.conditions.find(({ attribute }) => attribute === 'ID_USB_INTERFACES')?.value ?? '';
    assert.ok(matches(pattern, ':0e0100:0e0200:010100:'));
    assert.ok(!matches(pattern, ':080650:'));
  });

  it('serial ports keep DTR, and are left alone by ModemManager', () => {
    const rule = rules.find((each) => has(each, 'SUBSYSTEM', 'tty'));
    assert.ok(rule);
    assert.deepEqual(does(rule, 'RUN'), ['/usr/bin/stty -F $devnode -hupcl']);
    assert.ok(rule.actions.some(({ attribute, value }) => attribute === 'ID_MM_DEVICE_IGNORE' && value === '1'));
    const kernel = rule.conditions.find(({ key }) => key === 'KERNEL')?.value ?? '';
    for (const node of ['ttyUSB0', 'ttyACM12']) assert.ok(matches(kernel.replaceAll('[0-9]', '?'), node), node);
  });

  it('has cameras, speakerphones, serial ports and GPIO', () => {
    for (const subsystem of ['video4linux', 'hidraw', 'tty', 'gpio']) {
      assert.ok(
        rules.some((rule) => has(rule, 'SUBSYSTEM', subsystem)),
        subsystem,
      );
    }
  });
});
