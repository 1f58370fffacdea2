import { css, html, LitElement } from 'lit';
import { base } from './base.ts';

export interface KeyboardTexts {
  readonly keyboard: string;
  readonly space: string;
  readonly shift: string;
  readonly symbols: string;
  readonly letters: string;
  readonly erase: string;
  readonly enter: string;
}

export type KeyboardLayout = 'qwerty' | 'azerty';

/** What a key does: types a character, or erases the last one. */
export type KeyPress =
  { readonly kind: 'type'; readonly text: string } | { readonly kind: 'erase' } | { readonly kind: 'enter' };

const letters: Readonly<Record<KeyboardLayout, readonly string[]>> = {
  qwerty: ['qwertyuiop', 'asdfghjkl-', 'zxcvbnm._/'],
  azerty: ['azertyuiop', 'qsdfghjklm', 'wxcvbn-._/'],
};
const symbols = ['#:/?&=%@+*', '-_.,;!"\'()', 'éèàçùâêîôë'];
const digits = '1234567890';

/**
 * The keyboard of pages on a screen without one: a system's own cannot be shown above a browser in kiosk mode. Keys do not take
 * the focus from the field that is written in. Emits `ic-key` (`KeyPress`).
 */
export class IcKeyboard extends LitElement {
  static override properties = {
    texts: { attribute: false },
    layout: { type: String },
    enterLabel: { type: String },
    shifted: { attribute: false },
    symbols: { attribute: false },
    compact: { type: Boolean },
  };
  declare texts: KeyboardTexts;
  declare layout: KeyboardLayout;
  /** What the last key says; the word of `texts` when empty. */
  declare enterLabel: string;
  declare shifted: boolean;
  declare symbols: boolean;
  /** Without a row of digits, where little room is left. */
  declare compact: boolean;

  constructor() {
    super();
    this.layout = 'qwerty';
    this.enterLabel = '';
    this.shifted = this.symbols = this.compact = false;
  }

  static override styles = [
    base,
    css`
      [role='group'] {
        display: grid;
        gap: 6px;
      }
      :host {
        display: block;
        user-select: none;
        touch-action: manipulation;
      }
      .row {
        display: grid;
        grid-auto-flow: column;
        grid-auto-columns: 1fr;
        gap: 6px;
      }
      .last {
        grid-auto-columns: auto;
        grid-template-columns: 1.4fr 1.2fr 4fr 1.4fr 2fr;
      }
      button {
        display: grid;
        place-items: center;
        min-width: 0;
        min-height: var(--target);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--surface-raised);
        font-size: 1.375rem;
        cursor: pointer;
      }
      button:active {
        background: var(--accent-soft);
        border-color: var(--accent);
      }
      button.side {
        background: var(--surface);
        font-size: var(--text-body);
        font-weight: 600;
      }
      button[aria-pressed='true'] {
        border-color: var(--accent);
        color: var(--accent);
      }
      button.enter {
        background: var(--accent);
        color: var(--on-accent);
      }
    `,
  ];

  override render(): unknown {
    const { texts } = this;
    // Without a row of their own, digits take the place of the letters nobody needs among symbols.
    const page = this.symbols ? symbols : letters[this.layout];
    const rows = this.compact ? (this.symbols ? [digits, ...page.slice(0, 2)] : page) : [digits, ...page];
    return html`<div role="group" aria-label=${texts.keyboard} @pointerdown=${(event: Event) => event.preventDefault()}>
      ${rows.map((row) => html`<div class="row">${[...row].map((key) => this.#key(key))}</div>`)}
      <div class="row last">
        <button type="button" class="side" @click=${() => (this.symbols = !this.symbols)}>
          ${this.symbols ? texts.letters : texts.symbols}
        </button>
        <button
          type="button"
          class="side"
          aria-label=${texts.shift}
          aria-pressed=${String(this.shifted)}
          @click=${() => (this.shifted = !this.shifted)}
        >
          <ic-icon name="shift"></ic-icon>
        </button>
        <button
          type="button"
          aria-label=${texts.space}
          @click=${() => this.#press({ kind: 'type', text: ' ' })}
        ></button>
        <button type="button" class="side" aria-label=${texts.erase} @click=${() => this.#press({ kind: 'erase' })}>
          <ic-icon name="erase"></ic-icon>
        </button>
        <button type="button" class="side enter" @click=${() => this.#press({ kind: 'enter' })}>
          ${this.enterLabel || texts.enter}
        </button>
      </div>
    </div>`;
  }

  #key(key: string): unknown {
    const text = this.shifted ? key.toUpperCase() : key;
    return html`<button type="button" @click=${() => this.#type(text)}>${text}</button>`;
  }

  #type(text: string): void {
    this.#press({ kind: 'type', text });
    this.shifted = false;
  }

  #press(detail: KeyPress): void {
    this.dispatchEvent(new CustomEvent<KeyPress>('ic-key', { detail, bubbles: true, composed: true }));
  }
}
