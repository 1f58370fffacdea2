import { css, html, LitElement } from 'lit';
import { base } from '../../design/base.ts';
import type { KeyPress } from '../../design/keyboard.ts';
import { act, go } from '../navigation.ts';
import { keyboardLayout, keyboardTexts, typed } from '../typing.ts';
import { t } from '../strings.ts';

const MOST_CHARACTERS = 2_048;

/** A link or a code, typed on the page's own keyboard, pasted, or given by a scanner that types. */
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
        grid-template-rows: auto 1fr;
        gap: 8px;
        padding: 16px 32px;
        max-width: 1200px;
        width: 100%;
        justify-self: center;
      }
      header {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 4px 20px;
        align-items: center;
      }
      h1 {
        font-size: 28px;
        line-height: 1.2;
      }
      ic-field {
        grid-column: 1 / -1;
        --text-small: 1rem;
        font-size: var(--text-large);
      }
      ic-keyboard {
        align-self: end;
      }
    `,
  ];

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('ic-field')?.focus();
  }

  override render(): unknown {
    return html`<header>
        <ic-icon-button icon="chevron-left" label=${t().back} @click=${() => go(this, 'home')}></ic-icon-button>
        <h1>${t().joinByLink}</h1>
        <ic-field
          label=${t().link}
          hint=${t().linkHint}
          maxLength=${MOST_CHARACTERS}
          .value=${this.link}
          @ic-input=${(event: CustomEvent<string>) => (this.link = event.detail)}
          @ic-enter=${() => this.#join()}
        ></ic-field>
      </header>
      <ic-keyboard
        .texts=${keyboardTexts()}
        layout=${keyboardLayout()}
        enterLabel=${t().join}
        @ic-key=${(event: CustomEvent<KeyPress>) => this.#key(event.detail)}
      ></ic-keyboard>`;
  }

  #key(key: KeyPress): void {
    if (key.kind === 'enter') this.#join();
    else this.link = typed(this.link, key, MOST_CHARACTERS);
  }

  #join(): void {
    const link = this.link.trim();
    if (link !== '' && !this.busy) act(this, '/call/join', { link });
  }
}
