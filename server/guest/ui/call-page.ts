import { html, nothing } from 'lit';
import { noSpeaker, stepSpeaker } from '../../../src/call/active-speaker.ts';
import type { CallState } from '../../../src/call/call-state.ts';
import type { CallController } from '../call-controller.ts';
import { startPageDemand, stepPageDemand, type WindowSize } from '../view/demand.ts';
import { stageOf, type Layout } from '../view/stage.ts';
import { durationText, problemText } from '../view/texts.ts';
import { callPageStyles } from './call-page-styles.ts';
import type { GuestChat } from './chat.ts';
import { ask, GuestElement } from './element.ts';
import { actionOfKey, type KeyAction } from './shortcuts.ts';

type Panel = 'chat' | 'people' | null;

const LISTEN_MS = 300;
/** Of whoever the session says is speaking: louder than silence, and all alike. */
const SPEAKING_DBOV = -30;

/** The call. Draws the controller's state; every press asks the controller and shows when the state got there. */
export class GuestCall extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    controller: { attribute: false },
    link: { type: String },
    language: { type: String },
    panel: { state: true },
    layout: { state: true },
    privacyOpen: { state: true },
    connectionOpen: { state: true },
    chatFailed: { state: true },
    shareFailed: { state: true },
  };
  declare controller: CallController;
  declare link: string;
  declare language: string;
  declare panel: Panel;
  /** null: grid, or the speaker's while a screen is shared. */
  declare layout: Layout | null;
  declare privacyOpen: boolean;
  declare connectionOpen: boolean;
  declare chatFailed: boolean;
  declare shareFailed: boolean;
  #busy = new Set<KeyAction>();
  #speaker = noSpeaker;
  #seenChat = 0;
  #windows: ReadonlyMap<string, WindowSize> = new Map();
  #demands = startPageDemand();
  #recheck: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void)[] = [];
  readonly #key = (event: KeyboardEvent): void => this.#handleKey(event);

  static override styles = callPageStyles;

  constructor() {
    super();
    this.panel = this.layout = null;
    this.privacyOpen = this.connectionOpen = this.chatFailed = this.shareFailed = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop.push(this.controller.events.on('changed', () => this.requestUpdate()));
    for (const timer of [setInterval(() => this.#showDuration(), 1_000), setInterval(() => this.#listen(), LISTEN_MS)])
      this.#stop.push(() => clearInterval(timer));
    document.addEventListener('keydown', this.#key);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop.splice(0)) stop();
    clearTimeout(this.#recheck);
    document.removeEventListener('keydown', this.#key);
  }

  override willUpdate(): void {
    const { state } = this.controller;
    if (this.panel === 'chat') this.#seenChat = state.chat.length;
    this.toggleAttribute('panel', this.panel !== null);
  }

  override updated(): void {
    this.#demand();
    this.#showDuration();
  }

  override render(): unknown {
    const { state } = this.controller;
    return html`${this.#top(state)}
      <main aria-label=${this.strings.stage}>
        ${this.#stage(state)} ${this.#waiting(state)}
        <div class="over">
          ${this.#problems(state)}<guest-notices .strings=${this.strings} .notices=${state.notices}></guest-notices>
        </div>
      </main>
      ${this.#side(state)} ${this.#bar(state)}
      <guest-privacy
        .strings=${this.strings}
        .state=${state}
        ?open=${this.privacyOpen}
        @ic-close=${() => (this.privacyOpen = false)}
      ></guest-privacy>
      ${this.#connection(state)}`;
  }

  #top(state: CallState): unknown {
    const s = this.strings;
    const layout = this.#layout();
    return html`<header>
      <h1 class="only-heard">${s.stage}</h1>
      <button
        class="lock ${state.code ? 'closed' : ''}"
        type="button"
        @click=${() => (this.privacyOpen = true)}
        aria-haspopup="dialog"
      >
        <ic-icon name="lock"></ic-icon><span>${state.code ? s.encrypted : s.securing}</span>
      </button>
      <span class="time" role="timer" aria-label=${s.duration}></span>
      <span class="space"></span>
      <ic-icon-button
        icon="figures"
        label=${s.connection}
        shortcut="N"
        @click=${() => this.#act('connection')}
      ></ic-icon-button>
      <ic-icon-button
        icon=${layout === 'grid' ? 'speaker' : 'grid'}
        label=${layout === 'grid' ? s.layoutSpeaker : s.layoutGrid}
        shortcut="L"
        @click=${() => this.#act('layout')}
      ></ic-icon-button>
      <ic-icon-button
        icon="people"
        label=${s.peopleCount(state.participants.length)}
        shortcut="P"
        state=${this.panel === 'people' ? 'on' : 'plain'}
        .expanded=${this.panel === 'people'}
        @click=${() => this.#act('people')}
      ></ic-icon-button>
    </header>`;
  }

  #stage(state: CallState): unknown {
    const { pictures, selfView } = this.controller;
    const stage = stageOf(state, pictures, selfView, this.#layout(), this.#speaker.current);
    return html`<guest-stage
        .strings=${this.strings}
        .stage=${stage}
        @windows=${(event: CustomEvent<ReadonlyMap<string, WindowSize>>) => this.#sized(event.detail)}
      ></guest-stage>
      ${
        state.alone && state.phase === 'in-call'
          ? html`<section class="alone">
              <h2>${this.strings.aloneTitle}</h2>
              <p>${this.strings.aloneText}</p>
              <guest-copy-link .strings=${this.strings} link=${this.link}></guest-copy-link>
            </section>`
          : nothing
      }`;
  }

  #connection(state: CallState): unknown {
    const s = this.strings;
    return html`<ic-dialog
      wide
      ?open=${this.connectionOpen}
      heading=${s.connection}
      closeLabel=${s.close}
      @ic-close=${() => (this.connectionOpen = false)}
      >${
        this.connectionOpen ? html`<ic-stream-table .texts=${s.streams} .call=${state}></ic-stream-table>` : nothing
      }</ic-dialog
    >`;
  }

  #problems(state: CallState): unknown {
    const s = this.strings;
    return html`<div class="problems" role="status">
        ${state.problems.map((problem) => {
          const { text, detail } = problemText(problem, s);
          return html`<ic-notice tone="warning" text=${text} detail=${detail}></ic-notice>`;
        })}
        ${this.shareFailed ? html`<ic-notice tone="warning" text=${s.shareFailed}></ic-notice>` : nothing}
      </div>
      ${
        state.sharing
          ? html`<ic-notice tone="info" text=${s.yourScreen}>
              <ic-button slot="action" kind="danger" @click=${() => this.#act('share')}>${s.stopSharing}</ic-button>
            </ic-notice>`
          : nothing
      }`;
  }

  #waiting(state: CallState): unknown {
    const s = this.strings;
    const texts: Partial<Record<CallState['phase'], [string, string]>> = {
      connecting: [s.connecting, s.connectingText],
      securing: [s.securing, s.securingText],
      rejoining: [s.reconnecting, s.reconnectingText],
      leaving: [s.leavingCall, ''],
    };
    const text = texts[state.phase];
    if (!text) return nothing;
    return html`<div class="waiting ${state.phase === 'rejoining' ? 'veil' : ''}" role="status">
      <div class="spinner" aria-hidden="true">
        <ic-icon name=${state.phase === 'rejoining' ? 'offline' : 'lock'}></ic-icon>
      </div>
      <h2>${text[0]}</h2>
      <p>${text[1]}</p>
    </div>`;
  }

  #side(state: CallState): unknown {
    const s = this.strings;
    if (this.panel === null) return nothing;
    const title = this.panel === 'chat' ? s.chat : s.peopleCount(state.participants.length);
    return html`<aside aria-label=${title} @close-panel=${() => this.#close()}>
      <div class="side-head">
        <h2>${title}</h2>
        <ic-icon-button icon="close" label=${s.close} @click=${() => this.#close()}></ic-icon-button>
      </div>
      ${
        this.panel === 'chat'
          ? html`<guest-chat
              .strings=${s}
              .state=${state}
              language=${this.language}
              ?failed=${this.chatFailed}
              @chat=${(event: CustomEvent<string>) => void this.#chat(event.detail)}
            ></guest-chat>`
          : html`<div class="scroll">
              <guest-people .strings=${s} .state=${state}></guest-people>
              <h3>${s.invite}</h3>
              <guest-copy-link .strings=${s} link=${this.link}></guest-copy-link>
            </div>`
      }
    </aside>`;
  }

  #bar(state: CallState): unknown {
    const s = this.strings;
    const unread = Math.max(0, state.chat.length - this.#seenChat);
    const hand = state.participants.some((each) => each.self && each.handRaised);
    const { microphoneMuted: muted, cameraOff } = state;
    return html`<nav aria-label=${s.callBar}>
      ${this.#button('microphone', muted ? 'mic-off' : 'mic', muted ? s.unmute : s.mute, 'M', muted ? 'off' : 'plain')}
      ${this.#button('camera', cameraOff ? 'video-off' : 'video', cameraOff ? s.cameraOn : s.cameraOff, 'V', cameraOff ? 'off' : 'plain')}
      ${
        this.controller.canShare
          ? this.#button(
              'share',
              state.sharing ? 'screen-stop' : 'screen-share',
              state.sharing ? s.stopSharing : s.share,
              'S',
              state.sharing ? 'on' : 'plain',
            )
          : nothing
      }
      ${this.#button('hand', 'hand', hand ? s.lowerHand : s.raiseHand, 'H', hand ? 'on' : 'plain')}
      <ic-icon-button
        icon="chat"
        label=${s.chatUnread(unread)}
        shortcut="C"
        count=${unread}
        state=${this.panel === 'chat' ? 'on' : 'plain'}
        .expanded=${this.panel === 'chat'}
        @click=${() => this.#act('chat')}
      ></ic-icon-button>
      <ic-icon-button icon="leave" label=${s.leave} state="danger" @click=${() => this.#act('leave')}></ic-icon-button>
    </nav>`;
  }

  #button(action: KeyAction, icon: string, label: string, shortcut: string, look: 'plain' | 'off' | 'on'): unknown {
    return html`<ic-icon-button
      icon=${icon}
      label=${label}
      shortcut=${shortcut}
      state=${look}
      ?busy=${this.#busy.has(action)}
      @click=${() => this.#act(action)}
    ></ic-icon-button>`;
  }

  #layout(): Layout {
    const sharing = this.controller.pictures.some(({ source }) => source === 'screen');
    return this.layout ?? (sharing ? 'speaker' : 'grid');
  }

  #act(action: KeyAction): void {
    const { controller } = this;
    const { state } = controller;
    const hand = state.participants.some((each) => each.self && each.handRaised);
    switch (action) {
      case 'microphone':
        return this.#wait(action, controller.setMicrophoneMuted(!state.microphoneMuted));
      case 'camera':
        return this.#wait(action, controller.setCameraOff(!state.cameraOff));
      case 'share':
        return this.#wait(action, state.sharing ? controller.stopScreenShare() : this.#share());
      case 'hand':
        return this.#wait(action, controller.setHandRaised(!hand));
      case 'chat':
      case 'people':
        this.panel = this.panel === action ? null : action;
        return;
      case 'layout':
        this.layout = this.#layout() === 'grid' ? 'speaker' : 'grid';
        return;
      case 'connection':
        this.connectionOpen = true;
        return;
      case 'leave':
        ask(this, 'leave');
    }
  }

  #wait(action: KeyAction, done: Promise<unknown>): void {
    this.#busy.add(action);
    this.requestUpdate();
    // What went wrong shows among the state's problems.
    void done
      .catch(() => undefined)
      .finally(() => {
        this.#busy.delete(action);
        this.requestUpdate();
      });
  }

  async #share(): Promise<void> {
    this.shareFailed = false;
    try {
      await this.controller.startScreenShare();
    } catch {
      this.shareFailed = true;
    }
  }

  async #chat(text: string): Promise<void> {
    try {
      await this.controller.sendChat(text);
      this.chatFailed = false;
    } catch {
      this.chatFailed = true;
      this.renderRoot.querySelector<GuestChat>('guest-chat')?.restore(text);
    }
  }

  #close(): void {
    const closed = this.panel;
    this.panel = null;
    // Focus goes back to the button that opened it.
    const icon = closed === 'chat' ? 'chat' : 'people';
    this.renderRoot.querySelector<HTMLElement>(`ic-icon-button[icon="${icon}"]`)?.focus();
  }

  #sized(windows: ReadonlyMap<string, WindowSize>): void {
    this.#windows = windows;
    this.#demand();
  }

  #demand(): void {
    const { pictures, decoding } = this.controller;
    const view = { pictures, windows: this.#windows, speaker: this.#speaker.current };
    const { state, demands, recheckInMs } = stepPageDemand(this.#demands, view, decoding, performance.now());
    this.#demands = state;
    clearTimeout(this.#recheck);
    if (recheckInMs !== null) this.#recheck = setTimeout(() => this.#demand(), recheckInMs + 1);
    if (demands) this.controller.setDemand(demands);
  }

  #listen(): void {
    const others = this.controller.state.participants.filter(({ self }) => !self);
    const levels = new Map(others.filter(({ speaking }) => speaking).map(({ peer }) => [peer, SPEAKING_DBOV]));
    const peers = others.map(({ peer }) => peer);
    const before = this.#speaker.current;
    this.#speaker = stepSpeaker(this.#speaker, levels, peers, performance.now());
    if (this.#speaker.current !== before) this.requestUpdate();
  }

  #showDuration(): void {
    const { joinedAt } = this.controller.state;
    const clock = this.renderRoot.querySelector('.time');
    if (clock) clock.textContent = joinedAt === null ? '' : durationText(Date.now() - joinedAt);
  }

  #handleKey(event: KeyboardEvent): void {
    if (this.privacyOpen || this.connectionOpen) return;
    if (event.key === 'Escape' && this.panel !== null) return this.#close();
    const action = actionOfKey(event);
    if (!action || this.#busy.has(action)) return;
    if (action === 'share' && !this.controller.canShare) return;
    event.preventDefault();
    this.#act(action);
  }
}
