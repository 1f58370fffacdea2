import { css, html, LitElement, nothing } from 'lit';
import { base } from '../design/base.ts';
import type { RoomState } from '../room-state.ts';
import { RoomClient } from './room-client.ts';
import { t } from './strings.ts';
import { Touches } from './touches.ts';

export interface PanelAction {
  readonly path: string;
  readonly body: object;
}

/** What a screen asks of the daemon, as a bubbling event. */
export function act(from: HTMLElement, path: string, body: object = {}): void {
  from.dispatchEvent(new CustomEvent<PanelAction>('ic-act', { detail: { path, body }, bubbles: true, composed: true }));
}

/** The panel: shows the screen that the room's state calls for. Every change comes from the daemon; nothing is assumed. */
export class IcPanel extends LitElement {
  static override properties = {
    state: { attribute: false },
    reachable: { attribute: false },
    joining: { attribute: false },
    error: { attribute: false },
    pending: { attribute: false },
    ownLink: { attribute: false },
    now: { attribute: false },
  };
  declare state: RoomState | null;
  declare reachable: boolean;
  /** The link form is open. */
  declare joining: boolean;
  declare error: string;
  /** Paths of actions under way: their controls wait. */
  declare pending: ReadonlySet<string>;
  declare ownLink: string;
  declare now: number;
  readonly #client: RoomClient;
  // Whether it is heard shows by the display; a panel without its daemon says so anyway.
  readonly #touches = new Touches(() => void this.#client.post('/panel/touch', {}).catch(() => undefined));
  readonly #onPointer = (): void => this.#touches.handle(performance.now());
  #tick = 0;

  constructor() {
    super();
    this.state = null;
    this.reachable = true;
    this.joining = false;
    this.error = this.ownLink = '';
    this.pending = new Set();
    this.now = Date.now();
    this.#client = new RoomClient({
      onState: (state) => this.#take(state),
      onReachable: (reachable) => (this.reachable = reachable),
    });
    this.addEventListener('ic-act', (event) => void this.#act((event as CustomEvent<PanelAction>).detail));
    this.addEventListener('ic-join-open', () => (this.joining = true));
    this.addEventListener('ic-join-close', () => (this.joining = false));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#client.open();
    // Before anybody may stop the event.
    window.addEventListener('pointerdown', this.#onPointer, { capture: true, passive: true });
    this.#tick = window.setInterval(() => (this.now = Date.now()), 1_000);
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
        height: 100dvh;
        background: var(--ground);
      }
      main {
        display: grid;
        min-height: 0;
      }
      .unreachable {
        place-self: center;
        max-width: 640px;
        padding: 24px;
        text-align: center;
      }
      .unreachable ic-icon {
        font-size: 56px;
        color: var(--warning);
      }
      h1 {
        margin: 16px 0 8px;
        font-size: var(--text-title);
      }
      .unreachable p {
        font-size: var(--text-large);
        color: var(--text-quiet);
      }
      .error {
        position: fixed;
        inset: 16px 16px auto;
        z-index: 3;
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
    `,
  ];

  override render(): unknown {
    return html`<main>${this.#screen()}</main>
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
    const { state } = this;
    if (!this.reachable) return this.#unreachable();
    if (!state) return nothing;
    if (state.call.phase !== 'idle')
      return html`<ic-call .state=${state} .pending=${this.pending} .now=${this.now}></ic-call>`;
    if (this.joining) return html`<ic-join ?busy=${this.pending.has('/call/join')}></ic-join>`;
    return html`<ic-ambient
      .state=${state}
      .pending=${this.pending}
      .now=${this.now}
      .ownLink=${this.ownLink}
    ></ic-ambient>`;
  }

  #unreachable(): unknown {
    return html`<section class="unreachable" role="alert">
      <ic-icon name="offline"></ic-icon>
      <h1>${t().unreachableTitle}</h1>
      <p>${t().unreachable}</p>
    </section>`;
  }

  #take(state: RoomState): void {
    const ended = state.call.lastEnd;
    if (ended && ended.code !== this.state?.call.lastEnd?.code) this.error = ended.message;
    if (state.call.phase !== 'idle') this.joining = false;
    this.state = state;
    if (this.ownLink === '' && state.call.phase === 'idle') void this.#fetchOwnLink();
  }

  async #fetchOwnLink(): Promise<void> {
    // Without a server there is no link, and no code for phones: the screen simply lacks it until the next try.
    this.ownLink = ' ';
    this.ownLink = await this.#client.ownLink().catch(() => ' ');
    if (this.ownLink === ' ') window.setTimeout(() => (this.ownLink = ''), 10_000);
  }

  async #act({ path, body }: PanelAction): Promise<void> {
    this.pending = new Set([...this.pending, path]);
    try {
      await this.#client.post(path, body);
      this.error = '';
    } catch (error) {
      this.error = error instanceof Error && error.message ? error.message : t().failed;
    } finally {
      this.pending = new Set([...this.pending].filter((each) => each !== path));
    }
  }
}
