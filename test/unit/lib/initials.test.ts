import assert from 'node:assert/strict';
import fc from 'fast-check';
import { initialsOf } from '../../../src/lib/initials.ts';

describe('initials', () => {
  it('are the first letters of the first and the last word of any name', () => {
    for (const [name, initials] of [
      ['Ana Ruiz', 'AR'],
      ['Ana María Ruiz', 'AR'],
      ['  léa ', 'L'],
      ['Ana 😀', 'A😀'],
      ['👩‍🚀', '👩'],
      ['  ', ''],
      [null, ''],
    ] as const)
      assert.equal(initialsOf(name), initials);
  });

  it('never hold half a character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => assert.ok(initialsOf(name).isWellFormed())));
  });
});
