import { css, html, LitElement, nothing } from 'lit';
import { base } from '../design/base.ts';
import type { RoomState } from '../room-state.ts';
import type { PanelAction, View } from './navigation.ts';
import { problemSentence } from './problem-texts.ts';
import { ApiError, RoomClient } from './room-client.ts';
import { t } from './strings.ts';
import { Touches } from './touches.ts';

/** Nobody stays on another screen: so long after the last touch the panel shows the ambient one again. */
const HOME_AFTER_MS = 3 * 60_000;

/** The panel: shows the screen that the room's state calls for. Every change comes from the daemon; nothing is assumed. */
export class IcPanel extends LitElement {
  static override properties = {
    state: { attribute: false },
    reachable: { attribute: false },
    paired: { attribute: false },
    view: { attribute: false },
    error: { attribute: false },
    pending: { attribute: false },
    ownLink: { attribute: false },
    now: { attribute: false },
  };
  declare state: RoomState | null;
  declare reachable: boolean;
  declare paired: boolean;
  declare view: View;
  declare error: string;
  /** Paths of actions under way: their controls wait. */
  declare pending: ReadonlySet<string>;
  declare ownLink: string;
  declare now: number;
  readonly #client: RoomClient;
  // Whether it is heard shows by the display; a panel without its daemon says so anyway.
  readonly #touches = new Touches(() => void this.#client.post('/panel/touch', {}).catch(() => undefined));
  readonly #onPointer = (): void => {
    this.#touchedAt = Date.now();
    this.#touches.handle(performance.now());
  };
  #tick = 0;
  #touchedAt = 0;

  constructor() {
    super();
    this.state = null;
    this.reachable = this.paired = true;
    this.view = 'home';
    this.error = this.ownLink = '';
    this.pending = new Set();
    this.now = Date.now();
    this.#client = new RoomClient({
      onState: (state) => this.#take(state),
      onReachable: (reachable) => (this.reachable = reachable),
      onUnpaired: () => (this.paired = false),
    });
    this.addEventListener('ic-act', (event) => void this.#act((event as CustomEvent<PanelAction>).detail));
    this.addEventListener('ic-go', (event) => (this.view = (event as CustomEvent<View>).detail));
    this.addEventListener('ic-paired', () => this.#paired());
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#client.open();
    // Before anybody may stop the event.
    window.addEventListener('pointerdown', this.#onPointer, { capture: true, passive: true });
    this.#tick = window.setInterval(() => this.#second(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#client.close();
    window.removeEventListener('pointerdown', this.#onPointer, { capture: true });
    window.clearInterval(this.#tick);
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        /* What is said stands above the screen and beside nothing: it never covers what is to be touched. */
        grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
        height: 100dvh;
        background: var(--ground);
      }
      main {
        grid-row: 2;
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
        min-height: 0;
        min-width: 0;
      }
      .message {
        place-self: center;
        max-width: 640px;
        padding: 24px;
        text-align: center;
      }
      .message ic-icon {
        font-size: 56px;
        color: var(--warning);
      }
      h1 {
        margin: 16px 0 8px;
        font-size: var(--text-title);
        line-height: 1.2;
      }
      .message p {
        font-size: var(--text-large);
        color: var(--text-quiet);
      }
      .error {
        grid-row: 1;
        margin: 16px 16px 0;
        display: flex;
        align-items: center;
        gap: 16px;
        padding: 12px 12px 12px 20px;
        border: 1px solid var(--warning);
        border-radius: var(--radius);
        background: var(--warning-soft);
        font-size: var(--text-large);
      }
      .error span {
        flex: 1;
      }
      .pairing {
        grid-row: 3;
        margin: 0 16px 16px;
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 8px 24px;
        flex-wrap: wrap;
        padding: 16px 28px;
        border: 2px solid var(--accent);
        border-radius: var(--radius);
        background: var(--surface-raised);
        font-size: var(--text-large);
      }
      .pairing b {
        font-size: 48px;
        letter-spacing: 0.12em;
        line-height: 1.1;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  override render(): unknown {
    return html`<main>${this.#screen()}</main>
      ${this.#pairing()}
      ${
        this.error
          ? html`<div class="error" role="alert">
              <ic-icon name="warning"></ic-icon><span>${this.error}</span>
              <ic-icon-button icon="close" label=${t().dismiss} @click=${() => (this.error = '')}></ic-icon-button>
            </div>`
          : nothing
      }`;
  }

  #screen(): unknown {
    const { state, pending, now } = this;
    if (!this.paired) return html`<ic-pair .client=${this.#client}></ic-pair>`;
    if (!this.reachable) return this.#unreachable();
    if (!state) return nothing;
    if (state.call.phase !== 'idle') return html`<ic-call .state=${state} .pending=${pending} .now=${now}></ic-call>`;
    switch (this.view) {
      case 'join':
        return html`<ic-join ?busy=${pending.has('/call/join')}></ic-join>`;
      case 'check':
        return html`<ic-device-check .state=${state} .pending=${pending}></ic-device-check>`;
      case 'report':
        return html`<ic-report .pending=${pending}></ic-report>`;
      case 'settings':
        return html`<ic-settings .client=${this.#client} .state=${state} .now=${now}></ic-settings>`;
      case 'home':
        return html`<ic-ambient .state=${state} .pending=${pending} .now=${now} .ownLink=${this.ownLink}></ic-ambient>`;
    }
  }

  /** The code that another panel asks for stands wherever people look. */
  #pairing(): unknown {
    const pairing = this.state?.pairing;
    if (!pairing || !this.paired) return nothing;
    return html`<aside class="pairing" role="status">
      <span>${t().pairingCodeShown(t().roles[pairing.role])}</span><b>${pairing.code}</b>
    </aside>`;
  }

  #unreachable(): unknown {
    return html`<section class="message" role="alert">
      <ic-icon name="offline"></ic-icon>
      <h1>${t().unreachableTitle}</h1>
      <p>${t().unreachable}</p>
    </section>`;
  }

  #take(state: RoomState): void {
    const ended = state.call.lastEnd;
    if (ended && ended.code !== this.state?.call.lastEnd?.code) this.error = problemSentence({ ...ended, action: '' });
    if (state.call.phase !== 'idle') this.view = 'home';
    this.state = state;
    if (this.ownLink === '' && state.call.phase === 'idle') void this.#fetchOwnLink();
  }

  #second(): void {
    this.now = Date.now();
    if (this.view !== 'home' && this.now - this.#touchedAt > HOME_AFTER_MS) this.view = 'home';
  }

  #paired(): void {
    this.paired = true;
    this.#client.open();
  }

  async #fetchOwnLink(): Promise<void> {
    // Without a server there is no link, and no code for phones: the screen simply lacks it until the next try.
    this.ownLink = ' ';
    this.ownLink = await this.#client.ownLink().catch(() => ' ');
    if (this.ownLink === ' ') window.setTimeout(() => (this.ownLink = ''), 10_000);
  }

  async #act({ path, body, done, failed }: PanelAction): Promise<void> {
    this.pending = new Set([...this.pending, path]);
    try {
      const answer = await this.#client.post(path, body);
      this.error = '';
      done(answer);
    } catch (error) {
      const sentence = sentenceOf(error);
      if (!failed(sentence)) this.error = sentence;
    } finally {
      this.pending = new Set([...this.pending].filter((each) => each !== path));
    }
  }
}

/** What a person reads of a failed request. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return problemSentence({ code: error.code, message: error.message, action: '' });
  return t().failed;
}
