import { createIdentityCheck } from '../../crypto/identity.ts';
import { createLogin } from '../../crypto/key-package.ts';
import type { LoginIdentity } from '../../crypto/key-package.ts';
import { joinProof, linkPsk } from '../../crypto/link.ts';
import { fromBase64Url, toBase64Url, wipe } from '../../lib/bytes.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { KeysDelivery, KeysPort, KeysRequest } from './keys-port.ts';
import { MeetingKeys } from './meeting-keys.ts';
import type { MeetingDelivery } from './meeting-keys.ts';

export interface LocalKeysDeps {
  readonly identity: LoginIdentity;
  /** CA certificates (DER) of the organisations this client believes, besides the one a link names. */
  readonly certificates: readonly Uint8Array[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keys of one login in this thread: makes the ephemeral keys and speaks signalling's form of bytes. */
export async function createLocalKeys(request: KeysRequest, deps: LocalKeysDeps): Promise<KeysPort> {
  const { meeting, peer, secret, anchor } = request;
  const { clock, log } = deps;
  const wallMs = (): number => clock.wallMs();
  const login = await createLogin(peer, deps.identity, wallMs());
  const psk = linkPsk(secret);
  const keys = new MeetingKeys({
    login,
    env: {
      meeting,
      psk,
      identify: createIdentityCheck({ certificates: deps.certificates, anchor }, wallMs),
      wallMs,
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    secret,
    delivery: asBytes(request.delivery),
    clock,
    log,
  });
  return {
    events: keys.events,
    keyPackage: toBase64Url(login.keyPackage),
    proof: toBase64Url(joinProof(secret, login.keyPackage)),
    handleFound: () => keys.handleFound(),
    handleJoinRequest: (offer) => keys.handleJoinRequest(offer.peer, bytesOf(offer.keyPackage), bytesOf(offer.proof)),
    handleCommit: ({ commit }) => keys.handleCommit(bytesOf(commit)),
    handleWelcome: ({ welcome }) => keys.handleWelcome(bytesOf(welcome)),
    handleMessage: ({ message }) => keys.handleMessage(bytesOf(message)),
    handlePeerLeft: (left) => keys.handlePeerLeft(left),
    handleRefused: (reason) => keys.handleRefused(reason),
    send: (data) => keys.send(data),
    close: () => void keys.close().then(() => wipe(psk)),
  };
}

function asBytes(delivery: KeysDelivery): MeetingDelivery {
  return {
    commit: ({ epoch, commit, welcome, added, removed }) =>
      delivery.commit({
        epoch,
        commit: toBase64Url(commit),
        welcome: welcome && toBase64Url(welcome),
        added: [...added],
        removed: [...removed],
      }),
    message: (message) => delivery.message({ message: toBase64Url(message) }),
    refuse: (peer, reason) => delivery.refuse({ peer, reason }),
  };
}

/** What is no base64url decodes to nothing, which no decoder accepts. */
function bytesOf(text: string): Uint8Array {
  return fromBase64Url(text) ?? new Uint8Array(0);
}
