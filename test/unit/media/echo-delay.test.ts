import assert from 'node:assert/strict';
import { TRUSTED, alignmentFor, chirp, estimateEchoDelay } from '../../../src/call/media/echo-delay.ts';

const RATE = 48_000;

/** A room: delayed direct sound, reflections, a dull speaker, noise. Same for the same arguments. */
function room(played: Float32Array, delayMs: number, gain: number, noise: number): Float32Array {
  const out = new Float32Array(played.length);
  let seed = 1;
  const paths = [
    [0, 1],
    [7, 0.5],
    [19, -0.35],
    [43, 0.2],
  ] as const;
  let dull = 0;
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (const [ms, part] of paths) sum += (played[i - Math.round(((delayMs + ms) / 1000) * RATE)] ?? 0) * part;
    dull += 0.3 * (sum - dull);
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    out[i] = dull * gain + (seed / 4_294_967_296 - 0.5) * noise;
  }
  return out;
}

function playedChirp(): Float32Array {
  const out = new Float32Array(1.4 * RATE);
  chirp(RATE).forEach((sample, i) => (out[i + 2_400] = sample / 32_768));
  return out;
}

describe('echo delay', () => {
  const played = playedChirp();
  for (const delayMs of [30, 80, 137, 250])
    it(`finds ${delayMs} ms in a room with reflections and noise`, () => {
      const found = estimateEchoDelay(played, room(played, delayMs, 0.2, 0.02), RATE, 500);
      assert.ok(found && Math.abs(found.delayMs - delayMs) <= 2, `found ${found?.delayMs}`);
      assert.ok(found.confidence >= TRUSTED, `confidence ${found.confidence}`);
    });

  it('does not trust noise without an echo', () => {
    const found = estimateEchoDelay(played, room(played, 100, 0, 0.1), RATE, 500);
    assert.ok(found === null || found.confidence < TRUSTED, `confidence ${found?.confidence}`);
  });

  it('says nothing about silence or too short a recording', () => {
    assert.equal(estimateEchoDelay(played, new Float32Array(played.length), RATE, 500), null);
    assert.equal(estimateEchoDelay(played, played.subarray(0, 100), RATE, 500), null);
  });

  it('aligns a little early, never late', () => {
    for (const delayMs of [0, 10, 80, 250]) {
      const shift = alignmentFor({ delayMs, confidence: 1 });
      assert.ok(shift >= 0 && shift <= delayMs && shift >= delayMs - 50);
    }
  });
});
