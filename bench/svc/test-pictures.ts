/**
 * Camera-like pictures, the same on every machine: a person who talks and gestures before a textured wall, with sensor noise.
 * Colour bars and bouncing balls cost a codec nothing, and what costs nothing cannot be shed.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Camera } from '../../src/devices/device.ts';
import { seededRandom } from '../../test/support/network-link.ts';

export const WIDTH = 1_280;
export const HEIGHT = 720;
export const FRAMES_PER_SECOND = 30;
/** Every motion comes back to its start after this many, so that they can be played over and over. */
export const PICTURES = 120;
const LUMA = WIDTH * HEIGHT;
export const PICTURE_BYTES = (LUMA * 3) / 2;

export interface TestPictures {
  /** Bare I420 pictures, `picture000.i420` and so on. */
  readonly folder: string;
  /** For GStreamer, in an endless loop at their rate. */
  readonly camera: Camera;
  /** All of them in one file, as Chromium plays them for its camera; written on the first call. */
  y4m(): Promise<string>;
  remove(): Promise<void>;
}

export async function makeTestPictures(): Promise<TestPictures> {
  const folder = await mkdtemp(join(tmpdir(), 'incamera-pictures-'));
  const scene = makeScene(seededRandom(7));
  for (let index = 0; index < PICTURES; index++) await writeFile(fileOf(folder, index), scene(index));
  const y4m = join(folder, 'camera.y4m');
  let written: Promise<string> | null = null;
  return {
    folder,
    camera: {
      id: 'bench:camera',
      name: 'Test person',
      virtual: true,
      source: () => `${launchOf(folder)} ! clocksync`,
    },
    y4m: () => (written ??= writeY4m(y4m, scene).then(() => y4m)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Source of the pictures without a clock, over and over: so many, or without end. */
export function launchOf(folder: string, count = -1): string {
  return (
    `multifilesrc location=${join(folder, 'picture%03d.i420')} index=0 stop-index=${PICTURES - 1} loop=true num-buffers=${count} ` +
    `! rawvideoparse format=i420 width=${WIDTH} height=${HEIGHT} framerate=${FRAMES_PER_SECOND}/1`
  );
}

export const fileOf = (folder: string, index: number): string =>
  join(folder, `picture${String(index).padStart(3, '0')}.i420`);

async function writeY4m(path: string, scene: (index: number) => Buffer): Promise<void> {
  const file = createWriteStream(path);
  const write = (part: string | Buffer): Promise<void> =>
    new Promise((resolve, reject) => file.write(part, (error) => (error ? reject(error) : resolve())));
  await write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n`);
  for (let index = 0; index < PICTURES; index++) {
    await write('FRAME\n');
    await write(scene(index));
  }
  await new Promise<void>((resolve) => file.end(() => resolve()));
}

/** Side of the square textures; a power of two. */
const SIDE = 512;
const MASK = SIDE - 1;

/** Value noise of several octaves, mean 0, about ±1. */
function makeTexture(random: () => number, cells: readonly number[]): Float32Array {
  const texture = new Float32Array(SIDE * SIDE);
  for (const [octave, cell] of cells.entries()) {
    const count = SIDE / cell;
    const grid = Float32Array.from({ length: count * count }, () => random() * 2 - 1);
    const at = (x: number, y: number): number => grid[(y % count) * count + (x % count)] ?? 0;
    for (let y = 0; y < SIDE; y++) {
      const [gy, fy] = [Math.floor(y / cell), (y % cell) / cell];
      for (let x = 0; x < SIDE; x++) {
        const [gx, fx] = [Math.floor(x / cell), (x % cell) / cell];
        const top = at(gx, gy) * (1 - fx) + at(gx + 1, gy) * fx;
        const bottom = at(gx, gy + 1) * (1 - fx) + at(gx + 1, gy + 1) * fx;
        const index = y * SIDE + x;
        texture[index] = (texture[index] ?? 0) + (top * (1 - fy) + bottom * fy) / 1.6 ** octave;
      }
    }
  }
  return texture;
}

/** Anywhere, between its points. */
function sample(texture: Float32Array, x: number, y: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - x0, y - y0];
  const at = (column: number, row: number): number => texture[(row & MASK) * SIDE + (column & MASK)] ?? 0;
  return (
    (at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx) * (1 - fy) +
    (at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx) * fy
  );
}

interface Shape {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  readonly luma: number;
  readonly contrast: number;
  readonly texture: Float32Array;
  readonly blue: number;
  readonly red: number;
}

function makeScene(random: () => number): (index: number) => Buffer {
  const wall = makeTexture(random, [128, 32, 8, 4]);
  const skin = makeTexture(random, [64, 16, 4]);
  const cloth = makeTexture(random, [32, 8, 4, 2]);
  const noise = Int8Array.from({ length: 1 << 20 }, () => Math.round((random() + random() + random() - 1.5) * 3.5));
  const starts = Array.from({ length: PICTURES }, () => Math.floor(random() * (1 << 20)));
  const wallPicture = Buffer.alloc(LUMA);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      wallPicture[y * WIDTH + x] = 110 + (x - WIDTH / 2) / 40 + 26 * sample(wall, x * 0.9, y * 0.9);
  return (index) => {
    const picture = Buffer.alloc(PICTURE_BYTES, 128);
    wallPicture.copy(picture);
    for (const shape of shapesAt(index, skin, cloth)) draw(picture, shape);
    const start = starts[index] ?? 0;
    for (let i = 0; i < LUMA; i++)
      picture[i] = Math.max(16, Math.min(235, (picture[i] ?? 0) + (noise[(start + i) & ((1 << 20) - 1)] ?? 0)));
    return picture;
  };
}

function shapesAt(index: number, skin: Float32Array, cloth: Float32Array): Shape[] {
  const turn = (times: number, phase = 0): number => Math.sin((2 * Math.PI * times * index) / PICTURES + phase);
  const [sway, nod] = [40 * turn(1), 14 * turn(3)];
  const head = { x: 640 + sway, y: 290 + nod };
  const face = { luma: 150, contrast: 22, texture: skin, blue: 108, red: 150 };
  const dark = { luma: 50, contrast: 12, texture: skin, blue: 124, red: 134 };
  return [
    { x: 640 + sway / 2, y: 690, rx: 330, ry: 260, luma: 80, contrast: 34, texture: cloth, blue: 140, red: 118 },
    { ...face, ...head, rx: 115, ry: 155 },
    { ...dark, x: head.x, y: head.y - 120, rx: 120, ry: 70 },
    { ...dark, x: head.x - 42, y: head.y - 25, rx: 16, ry: 9 + 3 * turn(6) },
    { ...dark, x: head.x + 42, y: head.y - 25, rx: 16, ry: 9 + 3 * turn(6) },
    { ...dark, x: head.x, y: head.y + 75, rx: 36, ry: 10 + 9 * turn(12) },
    { ...face, x: 350 + 130 * turn(2), y: 520 + 90 * turn(2, 1.2), rx: 55, ry: 70 },
    { ...face, x: 930 + 60 * turn(1, 2), y: 560 + 110 * turn(4, 0.4), rx: 55, ry: 70 },
  ];
}

/** An ellipse whose texture moves with it. */
function draw(picture: Buffer, { x: cx, y: cy, rx, ry, luma, contrast, texture, blue, red }: Shape): void {
  const [top, bottom] = [Math.max(0, Math.ceil(cy - ry)), Math.min(HEIGHT - 1, Math.floor(cy + ry))];
  for (let y = top; y <= bottom; y++) {
    const half = rx * Math.sqrt(1 - ((y - cy) / ry) ** 2);
    const [left, right] = [Math.max(0, Math.ceil(cx - half)), Math.min(WIDTH - 1, Math.floor(cx + half))];
    for (let x = left; x <= right; x++) {
      const shade = 1 - 0.25 * ((x - cx) / rx + 1);
      picture[y * WIDTH + x] = Math.max(16, luma * shade + contrast * sample(texture, x - cx + 256, y - cy + 256));
      const chroma = (y >> 1) * (WIDTH / 2) + (x >> 1);
      picture[LUMA + chroma] = blue;
      picture[LUMA + LUMA / 4 + chroma] = red;
    }
  }
}
