/**
 * What every file that touches ts-mls shares: the suite, decoding with limits, and the types behind which the library stays.
 * Nothing outside src/crypto sees a type of ts-mls.
 */
import type {
  CiphersuiteImpl,
  ClientConfig,
  ClientState,
  Credential,
  MLSMessage,
  PrivateKeyPackage,
  PrivateMessage,
  PskIndex,
} from 'ts-mls';
import { decodeMlsMessage, defaultKeyPackageEqualityConfig, getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls';
import type { KeyPackage } from 'ts-mls';
import { fastEqual, utf8 } from '../lib/bytes.ts';
import { CryptoVerificationError, isRoomError, ProtocolError } from '../lib/errors.ts';
import type { IdentityCheck, MemberCredential, MemberIdentity } from './identity.ts';

export const MLS_SUITE = 'MLS_256_XWING_AES256GCM_SHA512_Ed25519';
/** Refused before anything is decoded. */
export const mlsLimits = {
  keyPackageBytes: 8_192,
  handshakeBytes: 700_000,
  messageBytes: 65_536,
  members: 200,
} as const;

/** What the group's functions need from outside; the same object for one login. */
export interface GroupEnv {
  /** The meeting's id as in its link: every group of the meeting starts with it. */
  readonly meeting: string;
  /** `linkPsk` of the meeting: enters every Add. */
  readonly psk: Uint8Array;
  readonly identify: IdentityCheck;
  /** Wall clock, ms since 1970. */
  readonly wallMs: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

export interface Member extends MemberIdentity {
  readonly leaf: number;
}

/** One client's view of the group in one epoch. Immutable: every operation returns the next one. */
export interface Group {
  readonly epoch: number;
  readonly selfLeaf: number;
  /** By leaf, ascending: the only source of who is in the meeting. */
  readonly roster: readonly Member[];
  /** Rosters of the past epochs whose messages can still be read. */
  readonly past: ReadonlyMap<number, readonly Member[]>;
  readonly mls: OpaqueState;
}

declare const opaque: unique symbol;
export interface OpaqueState {
  readonly [opaque]: 'ClientState';
}

/** Our own key package with its private keys: of one login, used once. */
export interface LoginKeys {
  readonly peer: string;
  /** The offer that goes to the members, an MLS message. */
  readonly keyPackage: Uint8Array;
  readonly mls: OpaqueLogin;
}
export interface OpaqueLogin {
  readonly [opaque]: 'KeyPackage';
}

export function stateOf(group: Group): ClientState {
  return group.mls as unknown as ClientState;
}

export function asOpaque(state: ClientState): OpaqueState {
  return state as unknown as OpaqueState;
}

export interface LoginPackages {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

export function packagesOf(login: LoginKeys): LoginPackages {
  return login.mls as unknown as LoginPackages;
}

export function asOpaqueLogin(packages: LoginPackages): OpaqueLogin {
  return packages as unknown as OpaqueLogin;
}

let suite: Promise<CiphersuiteImpl> | null = null;
export function loadSuite(): Promise<CiphersuiteImpl> {
  return (suite ??= getCiphersuiteImpl(getCiphersuiteFromName(MLS_SUITE)));
}

/** The name of the pre-shared key that comes from the link. */
export const LINK_PSK_ID = utf8.encode('incamera link v1');

/** Finds the link's key and no other; `asked` tells whether a message used it. */
export function linkPskIndex(psk: Uint8Array): PskIndex & { asked: number } {
  return {
    asked: 0,
    findPsk(id) {
      if (id.psktype !== 'external' || !fastEqual(id.pskId, LINK_PSK_ID)) return undefined;
      this.asked++;
      return psk;
    },
  };
}

/** Past epochs kept for messages that a commit overtook; MeetingKeys drops them by time as well. */
const PAST_EPOCHS = 3;

export function clientConfig(env: GroupEnv): ClientConfig {
  return {
    keyRetentionConfig: {
      retainKeysForGenerations: 16,
      retainKeysForEpochs: PAST_EPOCHS,
      maximumForwardRatchetSteps: 256,
    },
    lifetimeConfig: { maximumTotalLifetime: 2n * 86_400n, validateLifetimeOnReceive: false },
    keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
    paddingConfig: { kind: 'padUntilLength', padUntilLength: 256 },
    authService: {
      validateCredential: async (credential, signatureKey) => {
        return (await env.identify(credentialOf(credential), signatureKey)).accepted;
      },
    },
  };
}

/** The library decodes no other kinds. */
export function credentialOf(credential: Credential): MemberCredential {
  if (credential.credentialType === 'basic') return { kind: 'basic', identity: credential.identity };
  return { kind: 'x509', certificates: credential.certificates };
}

/** @throws {ProtocolError} `crypto/mls-malformed`: too large, not an MLS message, or bytes after its end. */
export function decodeMessage(bytes: Uint8Array, maxBytes: number): MLSMessage {
  if (bytes.length > maxBytes) throw malformed('too large');
  let decoded;
  try {
    decoded = decodeMlsMessage(bytes, 0);
  } catch {
    throw malformed('not decodable');
  }
  if (!decoded || decoded[1] !== bytes.length) throw malformed('not one whole message');
  return decoded[0];
}

/** A private message of this group. @throws {ProtocolError} `crypto/mls-malformed` */
export function decodePrivate(
  bytes: Uint8Array,
  maxBytes: number,
  contentType: 'commit' | 'application',
): PrivateMessage {
  const message = decodeMessage(bytes, maxBytes);
  if (message.wireformat !== 'mls_private_message' || message.privateMessage.contentType !== contentType)
    throw malformed('of another kind');
  return message.privateMessage;
}

export type MessageEpoch = { readonly kind: 'commit' | 'application'; readonly epoch: number };

/**
 * Which epoch a handshake or application message says it is of: unauthenticated, good for ordering only.
 * @throws {ProtocolError} `crypto/mls-malformed`
 */
export function epochOfMessage(bytes: Uint8Array, kind: 'commit' | 'application'): MessageEpoch {
  const { epoch } = decodePrivate(bytes, kind === 'commit' ? mlsLimits.handshakeBytes : mlsLimits.messageBytes, kind);
  if (epoch > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('of an impossible epoch');
  return { kind, epoch: Number(epoch) };
}

/** Runs library code: whatever it throws for hostile input comes out as one of our errors. */
export async function guarded<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (isRoomError(cause)) throw cause;
    throw new CryptoVerificationError('crypto/mls-rejected', `${what} does not verify`, { cause });
  }
}

export function rejectedMessage(why: string): CryptoVerificationError {
  return new CryptoVerificationError('crypto/mls-rejected', `an MLS message breaks the meeting's rules: ${why}`);
}

export function malformed(why: string): ProtocolError {
  return new ProtocolError('crypto/mls-malformed', `an MLS message is ${why}`);
}
