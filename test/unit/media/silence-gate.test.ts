import assert from 'node:assert/strict';
import { SilenceGate } from '../../../src/call/media/silence-gate.ts';

function run(gate: SilenceGate, fromMs: number, levels: readonly number[]): string[] {
  return levels.map((level, i) => gate.decide(level, fromMs + i * 20));
}
const frames = (seconds: number, level: number): number[] => Array.from({ length: seconds * 50 }, () => level);

describe('silence gate', () => {
  it('sends speech whole and nothing but keep-alives in a quiet room', () => {
    const gate = new SilenceGate();
    const quiet = run(gate, 0, frames(4, -75));
    assert.ok(quiet.filter((v) => v !== 'drop').length <= 11);
    assert.ok(quiet.filter((v) => v === 'keep-alive').length >= 9);
    assert.ok(run(gate, 4_000, frames(2, -25)).every((v) => v === 'speech'));
  });

  it('keeps sending through pauses between words, then stops', () => {
    const gate = new SilenceGate();
    run(gate, 0, frames(2, -25));
    const after = run(gate, 2_000, frames(2, -75));
    assert.ok(after.slice(0, 20).every((v) => v === 'speech'));
    assert.ok(after.slice(30).every((v) => v !== 'speech'));
  });

  it('learns the noise of an air conditioner and still hears a voice over it', () => {
    const gate = new SilenceGate();
    run(gate, 0, frames(20, -48));
    assert.ok(run(gate, 20_000, frames(2, -48)).every((v) => v !== 'speech'));
    assert.ok(run(gate, 22_000, frames(1, -34)).every((v) => v === 'speech'));
  });

  it('does not learn a long talk as noise', () => {
    const gate = new SilenceGate();
    const talk = Array.from({ length: 50 * 60 }, (_, i) => (i % 25 < 18 ? -25 : -60));
    assert.ok(run(gate, 0, talk).every((v) => v === 'speech'));
  });
});
