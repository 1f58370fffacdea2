import { css, html, LitElement } from 'lit';
import { base } from '../../design/base.ts';
import { act } from '../panel-app.ts';
import { t } from '../strings.ts';

/** A link typed or pasted. */
export class IcJoin extends LitElement {
  static override properties = { busy: { type: Boolean }, link: { attribute: false } };
  declare busy: boolean;
  declare link: string;

  constructor() {
    super();
    this.busy = false;
    this.link = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        align-content: center;
        gap: 32px;
        padding: 40px;
        max-width: 900px;
        width: 100%;
        justify-self: center;
      }
      h1 {
        font-size: var(--text-title);
      }
      footer {
        display: flex;
        gap: 16px;
      }
      .main {
        flex: 1;
        --target: 88px;
      }
      footer ic-button {
        --target: 88px;
      }
    `,
  ];

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('ic-field')?.focus();
  }

  override render(): unknown {
    return html`<h1>${t().joinByLink}</h1>
      <ic-field
        label=${t().link}
        hint=${t().linkHint}
        maxLength="2048"
        .value=${this.link}
        @ic-input=${(event: CustomEvent<string>) => (this.link = event.detail)}
        @ic-enter=${() => this.#join()}
      ></ic-field>
      <footer>
        <ic-button large kind="quiet" @click=${() => this.#back()}>${t().back}</ic-button>
        <ic-button
          class="main"
          large
          kind="primary"
          icon="arrow-right"
          ?busy=${this.busy}
          ?disabled=${this.link.trim() === ''}
          @click=${() => this.#join()}
          >${t().join}</ic-button
        >
      </footer>`;
  }

  #join(): void {
    if (this.link.trim() !== '' && !this.busy) act(this, '/call/join', { link: this.link.trim() });
  }

  #back(): void {
    this.dispatchEvent(new CustomEvent('ic-join-close', { bubbles: true, composed: true }));
  }
}
