/** SFrame suite 5 against bare AES-256-GCM of node:crypto on the same frames, interleaved in one run; medians. */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { noMetadata } from '../src/crypto/sframe-header.ts';
import { decrypt, deriveKey, encrypt, encryptParts } from '../src/crypto/sframe.ts';

const ROUNDS = Number(process.argv[2] ?? 61);
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

function median(values: number[]): number {
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
    open: () => decrypt(lookup, noMetadata, frame),
  };
  const times = bytes > 20_000 ? 300 : 1_000;
  for (const run of Object.values(runs)) timeUs(times * 3, run);
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
  const us = (name: string) => median(figures[name] ?? []);
  const ratio = (ours: string, bare: string) =>
    median((figures[ours] ?? []).map((value, i) => (figures[bare]?.[i] ?? NaN) / value));
  console.log(
    `${String(bytes).padStart(6)} B  bare seal ${us('bare seal').toFixed(2)} µs  seal ${us('seal').toFixed(2)} (×${ratio('seal', 'bare seal').toFixed(2)})` +
      `  parts ${us('parts').toFixed(2)} (×${ratio('parts', 'bare seal').toFixed(2)})  bare open ${us('bare open').toFixed(2)}  open ${us('open').toFixed(2)} (×${ratio('open', 'bare open').toFixed(2)})`,
  );
}
