/**
 * SFrame suite 5 against bare AES-256-GCM of node:crypto on the same frames, interleaved in one run: medians in µs, and in
 * brackets the median of the ratios of neighbouring batches. Opening bare is measured twice: as far as `same` is from 1 the other
 * ratios may be wrong. Garbage collection falls on few batches and so on no median; opened frames leave the same, bare or not.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { noMetadata } from '../src/crypto/sframe-header.ts';
import { decrypt, deriveKey, encrypt, encryptParts } from '../src/crypto/sframe.ts';

/** Many short batches: a busy machine disturbs whole milliseconds, and so neighbours alike. */
const ROUNDS = Number(process.argv[2] ?? 801);
const BATCH_BYTES = 1_000_000;
const BATCH_MOST = 100;
const rawKey = randomBytes(32);
/** The fastest bare form: importing raw bytes at every call costs some 13 µs. */
const key = createSecretKey(rawKey);
const KID = 0x1234;
const sframeKey = deriveKey(5, rawKey, KID);

function bareSeal(plaintext: Uint8Array): Uint8Array {
  const iv = randomCounterIv();
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = cipher.update(plaintext);
  return Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]);
}

function bareOpen(frame: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, frame.subarray(0, 12));
  decipher.setAuthTag(frame.subarray(frame.length - 16));
  const plaintext = decipher.update(frame.subarray(12, frame.length - 16));
  decipher.final();
  return plaintext;
}

let counter = 0;
function randomCounterIv(): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(++counter, 8);
  return iv;
}

function timeUs(times: number, run: () => void): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  return ((performance.now() - start) / times) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

let ctr = 1_000_000;
const lookup = () => sframeKey;
for (const bytes of [120, 1_000, 5_000, 25_000, 100_000]) {
  const plaintext = randomBytes(bytes);
  const bareFrame = bareSeal(plaintext);
  const frame = encrypt(sframeKey, KID, ctr++, noMetadata, plaintext);
  const runs: Record<string, () => void> = {
    'bare seal': () => bareSeal(plaintext),
    seal: () => encrypt(sframeKey, KID, ctr++, noMetadata, plaintext),
    parts: () => encryptParts(sframeKey, KID, ctr++, noMetadata, plaintext),
    'bare open': () => bareOpen(bareFrame),
    same: () => bareOpen(bareFrame),
    open: () => decrypt(lookup, noMetadata, frame),
  };
  const times = Math.max(5, Math.min(BATCH_MOST, Math.round(BATCH_BYTES / bytes)));
  for (const run of Object.values(runs)) timeUs(times * 20, run);
  const figures: Record<string, number[]> = {};
  const order = Object.entries(runs);
  for (let round = 0; round < ROUNDS; round++) {
    // Whatever follows the large buffers pays for their garbage: chance decides who that is.
    const drawn = order.map((run) => ({ run, at: Math.random() })).toSorted((x, y) => x.at - y.at);
    for (const {
      run: [name, run],
    } of drawn)
      (figures[name] ??= []).push(timeUs(times, run));
  }
  const of = (name: string): readonly number[] => figures[name] ?? [];
  const us = (name: string) => `${name} ${median(of(name)).toFixed(2)}`;
  const against = (ours: string, bare: string) =>
    `${us(ours)} (×${median(of(ours).map((mine, i) => (of(bare)[i] ?? NaN) / mine)).toFixed(2)})`;
  const seal = [us('bare seal'), against('seal', 'bare seal'), against('parts', 'bare seal')];
  const open = [us('bare open'), against('same', 'bare open'), against('open', 'bare open')];
  console.log(`${String(bytes).padStart(6)} B  ${[...seal, ...open].join('  ')}`);
}
