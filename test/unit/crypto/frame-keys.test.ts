import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import { PREVIOUS_EPOCH_MS } from '../../../src/crypto/epoch-keys.ts';
import type { ExpectedSender, FrameSource, OpenResult } from '../../../src/crypto/frame-keys.ts';
import { FrameOpener, FrameSealer } from '../../../src/crypto/frame-keys.ts';
import { WebFrameOpener, WebFrameSealer } from '../../../src/crypto/frame-keys-web.ts';
import { frameSources, kidOf } from '../../../src/crypto/frame-key-policy.ts';
import { ReplayWindow } from '../../../src/crypto/replay-window.ts';
import { decodeHeader } from '../../../src/crypto/sframe-header.ts';

interface Sealer {
  setKeys(keys: EpochKeys): void;
  seal(source: FrameSource, plaintext: Uint8Array): Promise<Uint8Array | null> | Uint8Array | null;
  clear(): void;
}
interface Opener {
  setKeys(keys: EpochKeys, nowMs: number): void;
  open(expected: ExpectedSender, frame: Uint8Array, nowMs: number): Promise<OpenResult> | OpenResult;
  expire(nowMs: number): void;
  clear(): void;
}

const leaves = { ana: 0, ben: 1, cem: 5 };
const keysOf = (
  epoch: number,
  self: keyof typeof leaves,
  seed = epoch,
  members: Record<string, number> = leaves,
): EpochKeys => ({
  epoch,
  baseKey: new Uint8Array(32).fill(seed),
  selfLeaf: leaves[self],
  leaves: members,
});
const text = (n: number) => new TextEncoder().encode(`frame ${n}`);
const camera = (peer: string): ExpectedSender => ({ peer, source: 'camera' });
const reasonOf = (result: OpenResult) => (result.kind === 'rejected' ? result.reason : result.kind);

for (const variant of [
  { name: 'Node', sealer: (limit?: number): Sealer => new FrameSealer(limit), opener: (): Opener => new FrameOpener() },
  {
    name: 'WebCrypto',
    sealer: (limit?: number): Sealer => new WebFrameSealer(limit),
    opener: (): Opener => new WebFrameOpener(),
  },
]) {
  const sealed = async (sealer: Sealer, n: number, source: FrameSource = 'camera'): Promise<Uint8Array> => {
    const frame = await sealer.seal(source, text(n));
    assert.ok(frame);
    return frame;
  };
  const pair = (epoch = 3) => {
    const sealer = variant.sealer();
    const opener = variant.opener();
    sealer.setKeys(keysOf(epoch, 'ana'));
    opener.setKeys(keysOf(epoch, 'ben'), 0);
    return { sealer, opener };
  };

  describe(`frame keys (${variant.name})`, () => {
    it('opens what the expected sender sealed, and takes two bytes for its key id', async () => {
      const { sealer, opener } = pair();
      for (const source of frameSources) {
        const frame = await sealed(sealer, 1, source);
        assert.ok(decodeHeader(frame).length <= 4);
        const result = await opener.open({ peer: 'ana', source }, frame, 0);
        assert.deepEqual(result.kind === 'opened' && Uint8Array.from(result.plaintext), text(1));
      }
    });

    it('seals nothing without keys, and nothing after clear', async () => {
      const sealer = variant.sealer();
      assert.equal(await sealer.seal('camera', text(1)), null);
      sealer.setKeys(keysOf(1, 'ana'));
      assert.ok(await sealer.seal('camera', text(1)));
      sealer.clear();
      assert.equal(await sealer.seal('camera', text(1)), null);
    });

    it('never repeats a counter, even when keys are set again, cleared, or come back after others', async () => {
      const sealer = variant.sealer();
      const seen = new Set<string>();
      for (const epoch of [1, 1, 2, 1, 3, 2, 1]) {
        sealer.setKeys(keysOf(epoch, 'ana'));
        for (let n = 0; n < 3; n++) {
          const { kid, ctr } = decodeHeader(await sealed(sealer, n));
          assert.ok(!seen.has(`${kid}/${ctr}`), `epoch ${epoch} counter ${ctr}`);
          seen.add(`${kid}/${ctr}`);
        }
        sealer.clear();
      }
    });

    it('refuses at the counter limit until a new epoch comes; each source counts on its own', async () => {
      const sealer = variant.sealer(2);
      sealer.setKeys(keysOf(1, 'ana'));
      assert.ok((await sealer.seal('camera', text(1))) && (await sealer.seal('camera', text(2))));
      assert.equal(await sealer.seal('camera', text(3)), null);
      assert.ok(await sealer.seal('microphone', text(3)));
      sealer.setKeys(keysOf(2, 'ana'));
      assert.ok(await sealer.seal('camera', text(4)));
    });

    it('rejects a replay, an old counter, and accepts any order in between', async () => {
      const { sealer, opener } = pair();
      const frames = [];
      for (let n = 0; n < 20; n++) frames.push(await sealed(sealer, n));
      for (const frame of frames.toReversed())
        assert.equal((await opener.open(camera('ana'), frame, 0)).kind, 'opened');
      for (const frame of frames) assert.equal(reasonOf(await opener.open(camera('ana'), frame, 0)), 'replay');
    });

    it('opens a frame once when it is offered twice at the same time', async () => {
      const { sealer, opener } = pair();
      const frame = await sealed(sealer, 1);
      const results = await Promise.all([opener.open(camera('ana'), frame, 0), opener.open(camera('ana'), frame, 0)]);
      assert.deepEqual(results.map(reasonOf).sort(), ['opened', 'replay']);
    });

    it('swapped streams: rejects a frame that another member, or another source, sealed', async () => {
      const { sealer, opener } = pair();
      const frame = await sealed(sealer, 1);
      assert.equal(reasonOf(await opener.open(camera('cem'), frame, 0)), 'wrong-sender');
      assert.equal(reasonOf(await opener.open(camera('stranger'), frame, 0)), 'wrong-sender');
      assert.equal(reasonOf(await opener.open({ peer: 'ana', source: 'screen' }, frame, 0)), 'wrong-sender');
      assert.equal((await opener.open(camera('ana'), frame, 0)).kind, 'opened');
    });

    it('keeps the previous epoch for its time and not a millisecond longer', async () => {
      const { sealer, opener } = pair(3);
      const [early, late] = [await sealed(sealer, 1), await sealed(sealer, 2)];
      opener.setKeys(keysOf(4, 'ben'), 1_000);
      assert.equal((await opener.open(camera('ana'), early, 1_000 + PREVIOUS_EPOCH_MS - 1)).kind, 'opened');
      assert.equal((await opener.open(camera('ana'), late, 1_000 + PREVIOUS_EPOCH_MS)).kind, 'unknown-key');
      assert.equal((await opener.open(camera('ana'), late, 1_000)).kind, 'unknown-key', 'gone for good');
    });

    it('keeps every epoch of a burst of joins for its time', async () => {
      const { sealer, opener } = pair(3);
      const frame = await sealed(sealer, 1);
      for (let epoch = 4; epoch < 10; epoch++) opener.setKeys(keysOf(epoch, 'ben'), epoch);
      assert.equal((await opener.open(camera('ana'), frame, 20)).kind, 'opened');
    });

    it('removed member: its frames open for the grace time under the old key, never under the new one', async () => {
      const { sealer, opener } = pair(3);
      const late = await sealed(sealer, 1);
      opener.setKeys(keysOf(4, 'ben', 4, { ben: 1, cem: 5 }), 0);
      assert.equal((await opener.open(camera('ana'), late, 10)).kind, 'opened');
      sealer.setKeys(keysOf(4, 'ana'));
      assert.equal(reasonOf(await opener.open(camera('ana'), await sealed(sealer, 2), 10)), 'wrong-sender');
    });

    it('frames of an epoch that has not come yet: unknown, then opened', async () => {
      const { sealer, opener } = pair(3);
      sealer.setKeys(keysOf(4, 'ana'));
      const frame = await sealed(sealer, 1);
      assert.equal((await opener.open(camera('ana'), frame, 0)).kind, 'unknown-key');
      opener.setKeys(keysOf(4, 'ben'), 100);
      assert.equal((await opener.open(camera('ana'), frame, 100)).kind, 'opened');
    });

    it('drops an old epoch at once when a new one has the same low bits', async () => {
      const { sealer, opener } = pair(3);
      const frame = await sealed(sealer, 1);
      opener.setKeys(keysOf(67, 'ben'), 0);
      assert.equal(reasonOf(await opener.open(camera('ana'), frame, 0)), 'authentication');
    });

    it('after clear every frame is of an unknown key', async () => {
      const { sealer, opener } = pair();
      opener.clear();
      assert.equal((await opener.open(camera('ana'), await sealed(sealer, 1), 0)).kind, 'unknown-key');
    });

    it('rejects every flipped byte and garbage of any kind without throwing', async () => {
      const { sealer, opener } = pair();
      const frame = await sealed(sealer, 1);
      for (let at = 0; at < frame.length; at++) {
        const bad = Uint8Array.from(frame);
        bad[at] = (bad[at] ?? 0) ^ 0x41;
        assert.notEqual((await opener.open(camera('ana'), bad, 0)).kind, 'opened');
      }
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
          assert.notEqual((await opener.open(camera('ana'), bytes, 0)).kind, 'opened');
        }),
      );
      assert.equal((await opener.open(camera('ana'), frame, 0)).kind, 'opened');
    });

    it('a leaf beyond the key id’s room seals and opens nothing', async () => {
      const sealer = variant.sealer();
      sealer.setKeys({ ...keysOf(1, 'ana'), selfLeaf: 256 });
      assert.equal(await sealer.seal('camera', text(1)), null);
      assert.equal(kidOf('camera', 256, 1), null);
    });
  });
}

describe('frame sealer in parts', () => {
  it('gives the bytes of a whole frame', () => {
    const sealer = new FrameSealer();
    const opener = new FrameOpener();
    sealer.setKeys(keysOf(1, 'ana'));
    opener.setKeys(keysOf(1, 'ben'), 0);
    const parts = sealer.sealParts('camera', text(1));
    assert.ok(parts);
    const frame = Buffer.concat([parts.header, parts.ciphertext, parts.tag]);
    assert.equal(opener.open(camera('ana'), frame, 0).kind, 'opened');
  });
});

describe('replay window', () => {
  it('agrees with a plain set, whatever the order and the jumps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(100), fc.nat(20_000), fc.nat(1_000_000)), { maxLength: 300 }),
        (counters) => {
          const window = new ReplayWindow();
          const seen = new Set<number>();
          let highest = -1;
          for (const ctr of counters) {
            const fresh = !seen.has(ctr) && ctr > highest - 8_192;
            assert.equal(window.isFresh(ctr), fresh);
            assert.equal(window.accept(ctr), fresh);
            if (!fresh) continue;
            seen.add(ctr);
            highest = Math.max(highest, ctr);
          }
        },
      ),
    );
  });
});
