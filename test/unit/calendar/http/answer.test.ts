import assert from 'node:assert/strict';
import { failureOf, jsonOf, retryAfter } from '../../../../src/calendar/http/answer.ts';
import type { HttpAnswer } from '../../../../src/calendar/http/http-client.ts';

const NOW = Date.UTC(2026, 2, 2);
const answer = (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): HttpAnswer => ({
  status,
  header: (name) => headers[name] ?? null,
  body: Buffer.from(body),
});

describe('what an answer says', () => {
  for (const [status, code] of [
    [200, null],
    [204, null],
    [207, null],
    [304, null],
    [301, 'calendar/unreadable'],
    [400, 'calendar/unreadable'],
    [401, 'calendar/refused'],
    [403, 'calendar/refused'],
    [404, 'calendar/not-found'],
    [405, 'calendar/unreadable'],
    [409, 'calendar/conflict'],
    [410, 'calendar/not-found'],
    [412, 'calendar/conflict'],
    [423, 'calendar/conflict'],
    [429, 'calendar/throttled'],
    [500, 'calendar/unreachable'],
    [502, 'calendar/unreachable'],
    [503, 'calendar/unreachable'],
    [507, 'calendar/unreachable'],
  ] as const) {
    it(`${status} is ${code ?? 'a success'}`, () => {
      assert.equal(failureOf(answer(status), NOW)?.code ?? null, code);
    });
  }

  it('503 with a time to wait is throttled', () => {
    const error = failureOf(answer(503, { 'retry-after': '12' }), NOW);
    assert.deepEqual([error?.code, error?.retryAfterMs], ['calendar/throttled', 12_000]);
  });

  for (const [value, ms] of [
    [null, null],
    ['0', 0],
    [' 30 ', 30_000],
    ['86400', 3_600_000],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
    [new Date(NOW - 90_000).toUTCString(), 0],
    ['soon', null],
    ['', null],
    ['9'.repeat(400), null],
  ] as const) {
    it(`Retry-After ${JSON.stringify(value)?.slice(0, 40)} is ${ms} ms`, () => {
      assert.equal(retryAfter(value, NOW), ms);
    });
  }

  it('quotes nothing of what is not JSON', () => {
    assert.throws(
      () => jsonOf(answer(200, {}, 'planted')),
      (error: Error) => !`${error.message}${String(error.cause)}`.includes('planted'),
    );
  });
});
