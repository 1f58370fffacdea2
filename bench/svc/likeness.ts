/** How like its original a decoded picture is, by luma. */
export interface Likeness {
  /** dB, of the mean square error over all pictures. */
  readonly psnr: number;
  /** Mean over all pictures, 1 is the same. */
  readonly ssim: number;
}

/** Both as I420 of this size; pictures compared in order. */
export function compare(
  shown: readonly Buffer[],
  originals: readonly Buffer[],
  size: { width: number; height: number } | undefined,
): Likeness {
  const { width, height } = size ?? { width: 0, height: 0 };
  const count = Math.min(shown.length, originals.length);
  if (count === 0) throw new Error('nothing to compare');
  let [error, likeness] = [0, 0];
  for (let index = 0; index < count; index++) {
    const [a, b] = [shown[index] ?? Buffer.alloc(0), originals[index] ?? Buffer.alloc(0)];
    if (a.length !== b.length) throw new Error(`pictures of ${a.length} and ${b.length} bytes`);
    error += squareError(a, b, width * height);
    likeness += ssimOf(a, b, width, height);
  }
  return { psnr: 10 * Math.log10((255 * 255 * width * height * count) / error), ssim: likeness / count };
}

function squareError(a: Buffer, b: Buffer, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return sum;
}

const BLOCK = 8;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** Of Wang et al. 2004, over blocks of 8×8 side by side instead of a sliding window. */
function ssimOf(a: Buffer, b: Buffer, width: number, height: number): number {
  let [sum, blocks] = [0, 0];
  for (let y = 0; y + BLOCK <= height; y += BLOCK)
    for (let x = 0; x + BLOCK <= width; x += BLOCK) {
      sum += ssimOfBlock(a, b, y * width + x, width);
      blocks++;
    }
  return sum / blocks;
}

function ssimOfBlock(a: Buffer, b: Buffer, start: number, stride: number): number {
  let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (let y = 0; y < BLOCK; y++)
    for (let at = start + y * stride, end = at + BLOCK; at < end; at++) {
      const [p, q] = [a[at] ?? 0, b[at] ?? 0];
      sumA += p;
      sumB += q;
      squareA += p * p;
      squareB += q * q;
      product += p * q;
    }
  const n = BLOCK * BLOCK;
  const [meanA, meanB] = [sumA / n, sumB / n];
  const [varianceA, varianceB] = [squareA / n - meanA ** 2, squareB / n - meanB ** 2];
  const covariance = product / n - meanA * meanB;
  return (
    ((2 * meanA * meanB + C1) * (2 * covariance + C2)) / ((meanA ** 2 + meanB ** 2 + C1) * (varianceA + varianceB + C2))
  );
}
