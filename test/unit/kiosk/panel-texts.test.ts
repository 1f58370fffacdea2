import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { frenchProblems } from '../../../src/kiosk/panel/strings/french-problems.ts';
import { english } from '../../../src/kiosk/panel/strings/english.ts';
import { french } from '../../../src/kiosk/panel/strings/french.ts';
import { typed } from '../../../src/kiosk/panel/typing.ts';

const source = (path: string): string => readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8');
/** Codes that a table of texts has as its keys. */
const codesIn = (path: string): readonly string[] =>
  [...source(path).matchAll(/^ {2}'([a-z]+\/[a-z-]+)': /gm)].map(([, code = '']) => code);

describe('words of the panel', () => {
  it('every problem that is told in English has French words', () => {
    const codes = ['devices/problem-texts.ts', 'call/call-texts.ts', 'calendar/calendar-texts.ts'].flatMap(codesIn);
    assert.ok(codes.length > 30);
    assert.deepEqual(
      codes.filter((code) => !(code in frenchProblems)),
      [],
    );
  });

  it('no sentence was left in the other language', () => {
    const same = Object.entries(english).filter(
      ([key, text]) => typeof text === 'string' && text.includes(' ') && text === french[key as keyof typeof french],
    );
    assert.deepEqual(same, []);
  });

  it('typing adds at the end, erases whole characters and has an end', () => {
    assert.equal(typed('ab', { kind: 'type', text: 'c' }, 3), 'abc');
    assert.equal(typed('abc', { kind: 'type', text: 'd' }, 3), 'abc');
    assert.equal(typed('a😀', { kind: 'erase' }, 3), 'a');
    assert.equal(typed('', { kind: 'erase' }, 3), '');
    assert.equal(typed('a', { kind: 'enter' }, 3), 'a');
  });
});
