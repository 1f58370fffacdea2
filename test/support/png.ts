import { inflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue at a place. */
  at(x: number, y: number): readonly [number, number, number];
}

/** Reads a PNG of 8-bit RGB or RGBA that is not interlaced, which is what the display's snapshots are. */
export function readPng(png: Buffer): Pixels {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const [width, height, depth, colour, interlaced] = [
    png.readUInt32BE(16),
    png.readUInt32BE(20),
    png[24],
    png[25],
    png[28],
  ];
  const size = colour === 6 ? 4 : 3;
  if (depth !== 8 || interlaced !== 0 || (colour !== 2 && colour !== 6))
    throw new Error('a kind of PNG that is not read');
  const raw = inflateSync(Buffer.concat(parts));
  const row = width * size;
  const pixels = Buffer.alloc(row * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (row + 1)];
    for (let i = 0; i < row; i++) {
      const left = i < size ? 0 : (pixels[y * row + i - size] ?? 0);
      const up = y === 0 ? 0 : (pixels[(y - 1) * row + i] ?? 0);
      const corner = i < size || y === 0 ? 0 : (pixels[(y - 1) * row + i - size] ?? 0);
      const add =
        filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : filter === 4
                ? paeth(left, up, corner)
                : 0;
      pixels[y * row + i] = (raw[y * (row + 1) + 1 + i] ?? 0) + add;
    }
  }
  return {
    width,
    height,
    at: (x, y) =>
      [0, 1, 2].map((c) => pixels[y * row + x * size + c] ?? 0) as unknown as readonly [number, number, number],
  };
}

/** PNG specification, section 9.4. */
function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [l, u, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  return l <= u && l <= c ? left : u <= c ? up : corner;
}
