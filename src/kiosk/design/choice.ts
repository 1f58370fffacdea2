import { css, html, LitElement } from 'lit';
import { base } from './base.ts';

export interface Option {
  readonly value: string;
  readonly text: string;
}

/** One of several, as the system's own list. Emits `ic-choose` (the value). */
export class IcChoice extends LitElement {
  static override properties = { label: { type: String }, value: { type: String }, options: { attribute: false } };
  declare label: string;
  declare value: string;
  declare options: readonly Option[];

  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };

  constructor() {
    super();
    this.label = this.value = '';
    this.options = [];
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      label {
        display: block;
        margin-bottom: 6px;
        font-weight: 600;
        font-size: var(--text-small);
      }
      select {
        width: 100%;
        min-height: max(44px, var(--target));
        padding: 8px 12px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--surface);
        text-overflow: ellipsis;
      }
    `,
  ];

  override render(): unknown {
    return html`<label for="select">${this.label}</label>
      <select id="select" @change=${(event: Event) => this.#choose(event)}>
        ${this.options.map(
          ({ value, text }) => html`<option value=${value} ?selected=${value === this.value}>${text}</option>`,
        )}
      </select>`;
  }

  #choose(event: Event): void {
    this.value = (event.target as HTMLSelectElement).value;
    this.dispatchEvent(new CustomEvent<string>('ic-choose', { detail: this.value }));
  }
}
