/** What pictures and sound looked like to who watched and listened. */
import { percentile } from './figures.ts';

/** A picture that was shown; times are ms since 1970, comparable between processes and pages of one machine. */
export interface ShownPicture {
  readonly atMs: number;
  readonly width: number;
}

export const wallMs = (): number => performance.timeOrigin + performance.now();

/** The longest time without a new picture between two moments, ms: those before the first and after the last count. */
export function longestFreeze(pictures: readonly ShownPicture[], fromMs: number, toMs: number): number {
  const times = pictures.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs && atMs <= toMs);
  let last = pictures.findLast(({ atMs }) => atMs < fromMs)?.atMs ?? fromMs;
  let longest = 0;
  for (const atMs of [...times, toMs]) {
    longest = Math.max(longest, atMs - last);
    last = atMs;
  }
  return longest;
}

export function rateOf(pictures: readonly ShownPicture[], fromMs: number, toMs: number): number {
  const count = pictures.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).length;
  return (count * 1_000) / (toMs - fromMs);
}

/** The width that most pictures between two moments had; 0 when there were none. */
export function usualWidth(pictures: readonly ShownPicture[], fromMs: number, toMs: number): number {
  const counts = new Map<number, number>();
  for (const { atMs, width } of pictures)
    if (atMs >= fromMs && atMs <= toMs) counts.set(width, (counts.get(width) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}

/** Length of a block of `loudness`. */
export const BLOCK_MS = 5;

/** Root mean square of each 5 ms of sound. */
export function loudness(samples: ArrayLike<number>, rate: number): number[] {
  const block = Math.round((rate * BLOCK_MS) / 1_000);
  const blocks: number[] = [];
  for (let start = 0; start + block <= samples.length; start += block) {
    let energy = 0;
    for (let i = start; i < start + block; i++) energy += (samples[i] ?? 0) ** 2;
    blocks.push(Math.sqrt(energy / block));
  }
  return blocks;
}

/** Of a steady tone: the longest time at less than a quarter of its usual loudness, ms. */
export function longestSilence(blocks: readonly number[]): number {
  const usual = percentile(blocks, 50);
  let longest = 0;
  let run = 0;
  for (const block of blocks) {
    run = block < usual / 4 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return usual > 0.001 ? longest * BLOCK_MS : Infinity;
}
