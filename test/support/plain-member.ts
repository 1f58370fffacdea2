/** A participant without media, down at the level of keys: it keeps everything it ever had, and does with it what a test says. */
import { randomBytes } from 'node:crypto';
import { encodeData } from '../../src/crypto/data-message.ts';
import type { DataMessage } from '../../src/crypto/data-message.ts';
import type { EpochKeys } from '../../src/crypto/epoch-keys.ts';
import { exportEpochKeys, joinFromWelcome, processCommit } from '../../src/crypto/group.ts';
import type { Group, GroupEnv, LoginKeys } from '../../src/crypto/group.ts';
import { sealMessage } from '../../src/crypto/group-messages.ts';
import { createIdentityCheck } from '../../src/crypto/identity.ts';
import { createLogin } from '../../src/crypto/key-package.ts';
import { joinProof, linkPsk } from '../../src/crypto/link.ts';
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { PROTOCOL_VERSION } from '../../src/call/signalling/messages.ts';
import { nodeSocketOpener } from '../../src/call/signalling/node-socket.ts';
import { SignallingClient, signallingUrl } from '../../src/call/signalling/signalling-client.ts';

export interface PlainMemberOptions {
  readonly origin: string;
  readonly meeting: string;
  readonly secret: Uint8Array;
  /** Null: guest without a name. */
  readonly name: string | null;
}

export class PlainMember {
  readonly peer: string;
  readonly env: GroupEnv;
  readonly login: LoginKeys;
  /** Of every epoch it was in, oldest first. */
  readonly keys: EpochKeys[] = [];
  /** The group of every epoch it was in, nothing wiped. */
  readonly groups: Group[] = [];
  /** When it reached each of them. */
  readonly epochAtMs: number[] = [];
  readonly refusals: string[] = [];
  readonly errors: unknown[] = [];
  #running: Promise<void> = Promise.resolve();
  readonly #signalling: SignallingClient;
  readonly #name: string | null;
  #left = false;

  private constructor(
    peer: string,
    env: GroupEnv,
    login: LoginKeys,
    signalling: SignallingClient,
    name: string | null,
  ) {
    this.peer = peer;
    this.env = env;
    this.login = login;
    this.#signalling = signalling;
    this.#name = name;
  }

  /** Resolves when the server has let it in; whether members add it is seen in `groups`. */
  static async join({ origin, meeting, secret, name }: PlainMemberOptions): Promise<PlainMember> {
    const peer = toBase64Url(randomBytes(16));
    const env: GroupEnv = {
      meeting,
      psk: linkPsk(secret),
      identify: createIdentityCheck({ certificates: [], anchor: null }, Date.now),
      wallMs: Date.now,
      randomBytes: (length) => Uint8Array.from(randomBytes(length)),
    };
    const login = await createLogin(peer, { kind: 'guest' }, Date.now());
    const deps = { openSocket: nodeSocketOpener([]), clock: systemClock, log: silentLogger };
    const signalling = new SignallingClient(deps, signallingUrl(origin, meeting, peer));
    const hello = new Promise<Record<string, unknown>>((resolve) =>
      signalling.events.on('hello', ({ routerRtpCapabilities }) => resolve(routerRtpCapabilities)),
    );
    const member = new PlainMember(peer, env, login, signalling, name);
    signalling.events.on('refused', ({ reason }) => void member.refusals.push(reason));
    signalling.events.on('mlsWelcome', ({ welcome }) =>
      member.#run(async () => member.#enter(await joinFromWelcome(login, bytesOf(welcome), env))),
    );
    signalling.events.on('mlsCommit', ({ commit }) => member.#run(() => member.#follow(bytesOf(commit))));
    await signalling.request('join', {
      protocol: PROTOCOL_VERSION,
      keyPackage: toBase64Url(login.keyPackage),
      proof: toBase64Url(joinProof(secret, login.keyPackage)),
      rtpCapabilities: await hello,
      replaces: null,
    });
    return member;
  }

  get group(): Group | undefined {
    return this.groups.at(-1);
  }

  send(data: DataMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#run(
        async () => {
          const { group } = this;
          if (!group) throw new Error('not in the group');
          const { message, group: next } = await sealMessage(group, encodeData(data));
          this.groups.push(next);
          await this.#signalling.request('mlsMessage', { message: toBase64Url(message) });
        },
        resolve,
        reject,
      );
    });
  }

  /** Leaves as the server sees it, and keeps what it has. */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#signalling.request('leave', {}).catch(() => undefined);
    this.#signalling.close();
  }

  async #enter(group: Group): Promise<void> {
    await this.#keep(group);
    if (this.#name === null) return;
    const media = { microphone: 'none', camera: 'none', sharing: false, hand: false } as const;
    void this.send({ type: 'profile', name: this.#name, kind: 'guest', media });
  }

  async #follow(commit: Uint8Array): Promise<void> {
    const { group } = this;
    if (!group || this.#left) return;
    const outcome = await processCommit(group, commit, this.env);
    if (outcome.kind === 'next') await this.#keep(outcome.group);
  }

  async #keep(group: Group): Promise<void> {
    this.groups.push(group);
    this.keys.push(await exportEpochKeys(group));
    this.epochAtMs.push(performance.now());
  }

  #run(
    step: () => Promise<void>,
    done = (): void => undefined,
    failed = (error: unknown): void => void this.errors.push(error),
  ): void {
    this.#running = this.#running.then(step).then(done, failed);
  }
}

const bytesOf = (text: string): Uint8Array => fromBase64Url(text) ?? new Uint8Array(0);
