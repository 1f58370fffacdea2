/** Share of the sound's energy at `hertz`, 0 to 1 (Goertzel, in windows of 50 ms, so that phase jumps do not hide the tone). */
export function toneStrength(sound: Float32Array, rate: number, hertz: number): number {
  const size = Math.floor(rate / 20);
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  let [found, total] = [0, 0];
  for (let start = 0; start + size <= sound.length; start += size) {
    let [s1, s2, energy] = [0, 0, 0];
    for (let i = start; i < start + size; i++) {
      const sample = sound[i] ?? 0;
      const s = sample + coefficient * s1 - s2;
      [s2, s1] = [s1, s];
      energy += sample * sample;
    }
    found += ((s1 * s1 + s2 * s2 - coefficient * s1 * s2) * 2) / size;
    total += energy;
  }
  return total === 0 ? 0 : found / total;
}
