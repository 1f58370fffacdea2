import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commit, joinFromWelcome, processCommit } from '../../../src/crypto/group.ts';
import { openMessage, sealMessage } from '../../../src/crypto/group-messages.ts';
import { checkKeyPackage, decodeKeyPackage } from '../../../src/crypto/key-package.ts';
import { epochOfMessage, mlsLimits } from '../../../src/crypto/mls.ts';
import { concatBytes, utf8 } from '../../../src/lib/bytes.ts';
import { RoomError } from '../../../src/lib/errors.ts';
import type { TestMember } from '../../support/mls-members.ts';
import { flipped, malformedError, newGroup, newMember, refusedBytes } from '../../support/mls-members.ts';

/** Positions all over `length`, the dense beginning included. */
function sampled(length: number, count: number): number[] {
  const spread = Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
  return [...new Set([...Array.from({ length: Math.min(24, length) }, (_, i) => i), ...spread, length - 1])];
}

describe('bytes of the group that are not as they were sent', () => {
  let member: TestMember;
  let joiner: TestMember;
  let bytes: { commit: Uint8Array; welcome: Uint8Array; message: Uint8Array; keyPackage: Uint8Array };

  before(async () => {
    const [a, b] = await newGroup(2);
    assert.ok(a && b);
    member = b;
    joiner = await newMember(a.env);
    const made = await commit(a.group, { add: [joiner.login.keyPackage], remove: [] }, a.env);
    const sealed = await sealMessage(a.group, utf8.encode('hello'));
    bytes = {
      commit: made.commit,
      welcome: made.welcome ?? new Uint8Array(0),
      message: sealed.message,
      keyPackage: joiner.login.keyPackage,
    };
  });

  /** Every way in which bytes come into the group. Answers or throws an error of ours, nothing else. */
  const readers: Record<keyof typeof bytes, (from: Uint8Array) => Promise<unknown>> = {
    commit: (from) => processCommit(member.group, from, member.env),
    welcome: (from) => joinFromWelcome(joiner.login, from, joiner.env),
    message: (from) => openMessage(member.group, from),
    keyPackage: async (from) => {
      const result = await checkKeyPackage(joiner.peer, from, member.env);
      if (result.kind === 'invalid') throw new RoomError('crypto/mls-rejected', result.reason);
      return result;
    },
  };
  const kinds = Object.keys(readers) as (keyof typeof bytes)[];

  it('the originals are read', async () => {
    for (const kind of kinds) await readers[kind](bytes[kind]);
  });

  for (const kind of kinds) {
    it(`a ${kind} with one byte changed is refused, wherever the byte is`, async () => {
      for (const at of sampled(bytes[kind].length, 60))
        await assert.rejects(readers[kind](flipped(bytes[kind], at, 1 << (at % 8))), refusedBytes, `byte ${at}`);
    });

    it(`a ${kind} cut short, or with more behind it, is refused`, async () => {
      const whole = bytes[kind];
      for (const length of sampled(whole.length, 12))
        await assert.rejects(readers[kind](whole.subarray(0, length)), refusedBytes);
      for (const tail of [1, 100])
        await assert.rejects(readers[kind](concatBytes(whole, new Uint8Array(tail))), refusedBytes);
    });

    it(`a ${kind} of another kind is refused`, async () => {
      for (const other of kinds) if (other !== kind) await assert.rejects(readers[kind](bytes[other]), refusedBytes);
    });

    it(`anything for a ${kind} is answered by an error of ours`, async () => {
      const mixed = fc
        .tuple(fc.nat(bytes[kind].length), fc.nat(bytes[kind].length), fc.uint8Array({ maxLength: 80 }))
        .map(([from, to, middle]) => concatBytes(bytes[kind].subarray(0, from), middle, bytes[kind].subarray(to)));
      // Version 1 and each wire format, then anything: deeper into the decoders than chance leads.
      const framed = fc
        .tuple(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ maxLength: 300 }))
        .map(([format, rest]) => concatBytes(Uint8Array.of(0, 1, 0, format), rest));
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), mixed, framed), async (input) => {
          try {
            await readers[kind](input);
          } catch (error) {
            if (!refusedBytes(error)) throw error;
          }
        }),
        { numRuns: 150 },
      );
    });
  }

  it('epochs and key packages are read from anything, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (input, framed) => {
        const given = framed ? concatBytes(bytes.message.subarray(0, 4), input) : input;
        for (const read of [
          () => epochOfMessage(given, 'commit'),
          () => epochOfMessage(given, 'application'),
          () => decodeKeyPackage(given),
        ]) {
          try {
            read();
          } catch (error) {
            if (!malformedError(error)) throw error;
          }
        }
      }),
      { numRuns: 400 },
    );
    assert.deepEqual(epochOfMessage(bytes.commit, 'commit'), { kind: 'commit', epoch: 1 });
    assert.deepEqual(epochOfMessage(bytes.message, 'application'), { kind: 'application', epoch: 1 });
    assert.throws(() => epochOfMessage(bytes.commit, 'application'), malformedError);
  });

  it('what is too large is refused before it is looked at', async () => {
    const cases = [
      [(from: Uint8Array) => readers.commit(from), mlsLimits.handshakeBytes],
      [(from: Uint8Array) => readers.welcome(from), mlsLimits.handshakeBytes],
      [(from: Uint8Array) => readers.message(from), mlsLimits.messageBytes],
      [async (from: Uint8Array) => decodeKeyPackage(from), mlsLimits.keyPackageBytes],
    ] as const;
    for (const [read, limit] of cases)
      await assert.rejects(
        read(new Uint8Array(limit + 1)),
        (error) => malformedError(error) && /too large/.test(String(error)),
      );
  });

  it('an epoch beyond all counting is refused', () => {
    const far = bytes.message.slice();
    // Version, wire format, length and 32 bytes of group id; then the epoch.
    far.fill(0xff, 4 + 1 + 32, 4 + 1 + 32 + 8);
    assert.throws(() => epochOfMessage(far, 'application'), malformedError);
  });
});
