import { css, html, LitElement, nothing } from 'lit';
import { base } from './base.ts';

/** One line of text with its label above and, when wrong, one sentence below. Emits `ic-input` (the value) and `ic-enter`. */
export class IcField extends LitElement {
  static override properties = {
    label: { type: String },
    value: { type: String },
    error: { type: String },
    hint: { type: String },
    maxLength: { type: Number },
    autocomplete: { type: String },
    placeholder: { type: String },
    quietLabel: { type: Boolean },
  };
  declare label: string;
  declare value: string;
  declare error: string;
  declare hint: string;
  declare maxLength: number;
  declare autocomplete: string;
  declare placeholder: string;
  /** The label is said, not shown: only where the place explains itself. */
  declare quietLabel: boolean;

  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };

  constructor() {
    super();
    this.label = this.value = this.error = this.hint = this.placeholder = '';
    this.autocomplete = 'off';
    this.maxLength = 200;
    this.quietLabel = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      label {
        display: block;
        margin-bottom: 6px;
        font-weight: 600;
        font-size: var(--text-small);
      }
      input {
        width: 100%;
        min-height: max(48px, var(--target));
        padding: 8px 14px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--surface);
        text-overflow: ellipsis;
      }
      input::placeholder {
        color: var(--text-quiet);
        opacity: 1;
      }
      input[aria-invalid='true'] {
        border-color: var(--danger);
      }
      p {
        margin-top: 6px;
        font-size: var(--text-small);
        color: var(--text-quiet);
      }
      .error {
        color: var(--danger);
      }
    `,
  ];

  override render(): unknown {
    return html`<label for="input" class=${this.quietLabel ? 'only-heard' : ''}>${this.label}</label>
      <input
        id="input"
        .value=${this.value}
        maxlength=${this.maxLength}
        autocomplete=${this.autocomplete}
        placeholder=${this.placeholder || nothing}
        spellcheck="false"
        aria-invalid=${this.error ? 'true' : nothing}
        aria-describedby=${this.error || this.hint ? 'note' : nothing}
        @input=${(event: Event) => this.#take(event)}
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
      />
      ${
        this.error
          ? html`<p id="note" class="error" role="alert">${this.error}</p>`
          : this.hint
            ? html`<p id="note">${this.hint}</p>`
            : nothing
      }`;
  }

  #take(event: Event): void {
    this.value = (event.target as HTMLInputElement).value;
    this.dispatchEvent(new CustomEvent<string>('ic-input', { detail: this.value }));
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !event.isComposing)
      this.dispatchEvent(new CustomEvent<string>('ic-enter', { detail: this.value }));
  }
}
