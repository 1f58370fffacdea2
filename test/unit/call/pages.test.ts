import assert from 'node:assert/strict';
import { pageOf } from '../../../src/call/pages.ts';

describe('pages', () => {
  it('are turned within their range', () => {
    assert.deepEqual(pageOf([1, 2, 3], 2, 9), { items: [3], page: 2, pages: 2 });
    assert.deepEqual(pageOf([1, 2, 3], 2, 1), { items: [1, 2], page: 1, pages: 2 });
    assert.deepEqual(pageOf([], 2, -1), { items: [], page: 1, pages: 1 });
    assert.deepEqual(pageOf([1], 0, 1), { items: [1], page: 1, pages: 1 });
  });
});
