/** Serial-number arithmetic (RFC 1982) for the counters of RTP that wrap. */

/** Signed distance from `from` to `to` on a counter of 16 bits: −32768 to 32767. */
export function distance16(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** Signed distance on a counter of 32 bits. */
export function distance32(from: number, to: number): number {
  return (to - from) | 0;
}

/** The number nearest to `last` that is congruent to `value`: follows a counter that wraps at `modulus`. */
export function unwrapNear(last: number, value: number, modulus: number): number {
  let step = (value - last) % modulus;
  if (step < -modulus / 2) step += modulus;
  else if (step >= modulus / 2) step -= modulus;
  return last + step;
}
