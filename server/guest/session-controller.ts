import { idleCallState, type CallState } from '../../src/call/call-state.ts';
import { unmeasuredDecoding, type DecodeBudget } from '../../src/call/demand/decode-capacity.ts';
import type { ViewerDecision } from '../../src/call/demand/viewer-demand.ts';
import type { KeysFactory } from '../../src/call/keys/keys-port.ts';
import { CallSession } from '../../src/call/session.ts';
import type { Socket } from '../../src/call/signalling/socket-transport.ts';
import { parseMeetingLink } from '../../src/crypto/link.ts';
import { cleanName } from '../../src/crypto/data-message.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { codeOf, UsageError } from '../../src/lib/errors.ts';
import { TypedEmitter } from '../../src/lib/events.ts';
import type { Logger } from '../../src/lib/log.ts';
import { errorFields } from '../../src/lib/log.ts';
import type { CallController, CallControllerEvents, JoinChoice, RemotePicture } from './call-controller.ts';
import type { BrowserEngine } from './engine/browser-engine.ts';
import type { LocalMedia } from './engine/local-media.ts';

export interface SessionControllerDeps {
  readonly local: LocalMedia;
  /** A fresh engine, and the keys that feed it: one call each. */
  createEngine(): { engine: BrowserEngine; createKeys: KeysFactory };
  readonly clock: Clock;
  readonly log: Logger;
  readonly canShare: boolean;
}

/** The page's calls on the client stack that the room uses too. */
export class SessionController implements CallController {
  readonly events: TypedEmitter<CallControllerEvents>;
  readonly canShare: boolean;
  readonly #deps: SessionControllerDeps;
  #session: CallSession | null = null;
  #engine: BrowserEngine | null = null;
  #state: CallState = idleCallState;

  constructor(deps: SessionControllerDeps) {
    this.#deps = deps;
    this.canShare = deps.canShare;
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
    deps.local.events.on('changed', () => this.events.emit('changed'));
  }

  get state(): CallState {
    return this.#state;
  }

  get pictures(): readonly RemotePicture[] {
    return this.#engine?.pictures ?? [];
  }

  get selfView(): MediaStream | null {
    return this.#deps.local.preview;
  }

  async join(link: string, choice: JoinChoice): Promise<void> {
    if (this.#session) throw new UsageError('call/busy', 'This page is in a call already');
    const parsed = parseMeetingLink(link);
    if (parsed.kind !== 'ok') throw new UsageError('crypto/link-invalid', 'This is not a meeting link');
    const { engine, createKeys } = this.#deps.createEngine();
    const session = new CallSession({
      engine,
      // The browser's own socket is what `Socket` describes; its handlers' types ask for whole DOM events.
      openSocket: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as Socket,
      createKeys,
      clock: this.#deps.clock,
      log: this.#deps.log.child('call'),
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      random: Math.random,
      profile: { name: cleanName(choice.name), kind: 'guest' },
    });
    this.#session = session;
    this.#engine = engine;
    engine.changes.on('pictures', () => this.events.emit('changed'));
    session.events.on('state', (state) => this.#handleState(session, state));
    this.#deps.local.stopPreview();
    await session.join(parsed.link, { microphone: choice.microphone, camera: choice.camera, replaces: null });
  }

  async leave(): Promise<void> {
    await this.#session?.leave();
  }

  async setMicrophoneMuted(muted: boolean): Promise<void> {
    await this.#session?.setMicrophoneMuted(muted);
  }

  async setCameraOff(off: boolean): Promise<void> {
    await this.#session?.setCameraOff(off);
  }

  async startScreenShare(): Promise<boolean> {
    try {
      await this.#session?.startScreenShare();
      return true;
    } catch (error) {
      // Closing the browser's own dialog is a choice, not a failure.
      if (codeOf(error) === 'guest/screen-not-chosen') return false;
      throw error;
    }
  }

  async stopScreenShare(): Promise<void> {
    await this.#session?.stopScreenShare();
  }

  async sendChat(text: string): Promise<void> {
    await this.#session?.sendChat(text);
  }

  async setHandRaised(raised: boolean): Promise<void> {
    await this.#session?.setHandRaised(raised);
  }

  get decoding(): DecodeBudget {
    return this.#engine?.decoding ?? unmeasuredDecoding;
  }

  setDemand(decisions: readonly ViewerDecision[]): void {
    this.#session
      ?.setDemand(decisions)
      .catch((error: unknown) => this.#deps.log.debug('demand not sent', errorFields(error)));
  }

  #handleState(session: CallSession, state: CallState): void {
    if (this.#session !== session) return;
    this.#state = state;
    if (state.phase === 'idle') this.#end(session);
    this.events.emit('changed');
  }

  #end(session: CallSession): void {
    this.#session = null;
    this.#engine = null;
    session
      .close()
      .catch((error: unknown) => this.#deps.log.warn('the call did not close cleanly', errorFields(error)));
  }
}
