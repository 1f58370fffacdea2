import { css, html, LitElement, nothing } from 'lit';
import { base } from '../../design/base.ts';
import type { RoomState } from '../../room-state.ts';
import { act } from '../panel-app.ts';
import { t } from '../strings.ts';

/** Is this room free, and what do I touch? */
export class IcAmbient extends LitElement {
  static override properties = {
    state: { attribute: false },
    pending: { attribute: false },
    now: { attribute: false },
    ownLink: { attribute: false },
  };
  declare state: RoomState;
  declare pending: ReadonlySet<string>;
  declare now: number;
  declare ownLink: string;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template: auto 1fr auto / 1fr auto;
        gap: 24px 32px;
        padding: 32px 40px;
        min-height: 0;
      }
      header {
        grid-column: 1 / -1;
        display: flex;
        justify-content: space-between;
        align-items: baseline;
      }
      .room {
        font-size: var(--text-title);
        font-weight: 600;
      }
      time {
        font-size: clamp(56px, 9vw, 88px);
        font-weight: 600;
        line-height: 1;
        letter-spacing: -0.02em;
        font-variant-numeric: tabular-nums;
      }
      .status {
        align-self: center;
      }
      .free {
        display: inline-flex;
        align-items: center;
        gap: 20px;
        color: var(--good);
        font-size: clamp(56px, 9vw, 96px);
        font-weight: 700;
        line-height: 1.1;
        letter-spacing: -0.02em;
      }
      .free::before {
        content: '';
        width: 0.5em;
        height: 0.5em;
        border-radius: 50%;
        background: currentcolor;
      }
      .note {
        display: flex;
        align-items: center;
        gap: 10px;
        margin-top: 12px;
        max-width: 34ch;
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
      .problem {
        color: var(--warning);
      }
      figure {
        align-self: center;
        width: min(26vh, 200px);
        margin: 0;
        text-align: center;
        color: var(--text-quiet);
      }
      figcaption {
        margin-top: 10px;
        font-size: var(--text-body);
      }
      footer {
        grid-column: 1 / -1;
        display: flex;
        gap: 16px;
      }
      footer ic-button {
        --target: 88px;
        font-size: var(--text-large);
      }
      .main {
        flex: 1;
      }
      @media (orientation: portrait) {
        :host {
          grid-template-columns: 1fr;
        }
        footer {
          flex-direction: column;
        }
      }
    `,
  ];

  override render(): unknown {
    const { state, now } = this;
    const clock = new Date(now).toLocaleTimeString(document.documentElement.lang, {
      hour: '2-digit',
      minute: '2-digit',
    });
    return html`<header>
        <h1 class="room">${state.room.name}</h1>
        <time>${clock}</time>
      </header>
      <section class="status">
        <p class="free">${t().free}</p>
        ${state.problems.map(
          ({ message, action }) =>
            html`<p class="note problem"><ic-icon name="warning"></ic-icon><span>${message} ${action}</span></p>`,
        )}
        ${
          state.devices.mode === 'virtual'
            ? html`<p class="note"><ic-icon name="info"></ic-icon><span>${t().virtual}</span></p>`
            : nothing
        }
      </section>
      ${
        this.ownLink.trim()
          ? html`<figure>
              <ic-qr text=${this.ownLink} label=${t().bring}></ic-qr>
              <figcaption>${t().bring}</figcaption>
            </figure>`
          : nothing
      }
      <footer>
        <ic-button
          class="main"
          kind="primary"
          large
          icon="arrow-right"
          ?busy=${this.pending.has('/call/join')}
          @click=${() => act(this, '/call/join', { next: true })}
          >${t().joinNow}</ic-button
        >
        <ic-button large icon="link" @click=${() => this.#openJoin()}>${t().joinByLink}</ic-button>
      </footer>`;
  }

  #openJoin(): void {
    this.dispatchEvent(new CustomEvent('ic-join-open', { bubbles: true, composed: true }));
  }
}
