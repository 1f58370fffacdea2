/** Application messages of the group: encrypted to every member, signed by one (RFC 9420 section 6.3). */
import { createApplicationMessage, encodeMlsMessage, processPrivateMessage } from 'ts-mls';
import { decryptSenderData } from 'ts-mls/privateMessage.js';
import { fastEqual } from '../lib/bytes.ts';
import type { Group } from './mls.ts';
import {
  asOpaque,
  decodePrivate,
  guarded,
  linkPskIndex,
  loadSuite,
  mlsLimits,
  rejectedMessage,
  stateOf,
} from './mls.ts';

export interface SealedMessage {
  readonly group: Group;
  readonly message: Uint8Array;
  readonly spent: readonly Uint8Array[];
}

export interface OpenedMessage {
  readonly group: Group;
  readonly peer: string;
  readonly plaintext: Uint8Array;
  readonly spent: readonly Uint8Array[];
}

/** Use the returned group from now on, whether or not the message is delivered: its key is spent. */
export async function sealMessage(group: Group, plaintext: Uint8Array): Promise<SealedMessage> {
  const { newState, privateMessage, consumed } = await createApplicationMessage(
    stateOf(group),
    plaintext,
    await loadSuite(),
  );
  const message = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage });
  return {
    group: { ...group, mls: asOpaque(newState) },
    message,
    spent: consumed.filter((value) => value instanceof Uint8Array),
  };
}

/**
 * Opens a message of this epoch or of one just past; each opens once.
 * @throws {ProtocolError} `crypto/mls-malformed` @throws {CryptoVerificationError} `crypto/mls-rejected`
 */
export async function openMessage(group: Group, bytes: Uint8Array): Promise<OpenedMessage> {
  const message = decodePrivate(bytes, mlsLimits.messageBytes, 'application');
  const state = stateOf(group);
  if (!fastEqual(message.groupId, state.groupContext.groupId)) throw rejectedMessage('of another group');
  return guarded('a message', async () => {
    const suite = await loadSuite();
    const isCurrent = message.epoch === state.groupContext.epoch;
    const secret = isCurrent
      ? state.keySchedule.senderDataSecret
      : state.historicalReceiverData.get(message.epoch)?.senderDataSecret;
    const roster = isCurrent ? group.roster : group.past.get(Number(message.epoch));
    if (!secret || !roster) throw rejectedMessage('of an epoch not held');
    // Believed only after the message itself verified under this sender's key.
    const sender = await decryptSenderData(message, secret, suite);
    const member = roster.find((each) => each.leaf === sender?.leafIndex);
    if (!member || (isCurrent && member.leaf === group.selfLeaf))
      throw rejectedMessage('from nobody else in the group');
    const result = await processPrivateMessage(state, message, linkPskIndex(new Uint8Array(0)), suite, () => 'reject');
    if (result.kind !== 'applicationMessage') throw rejectedMessage('not an application message');
    const spent = result.consumed.filter((value) => value instanceof Uint8Array);
    return { group: { ...group, mls: asOpaque(result.newState) }, peer: member.peer, plaintext: result.message, spent };
  });
}
