import { css, html, LitElement, nothing } from 'lit';
import { base } from '../../design/base.ts';
import { t } from '../strings.ts';

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Digits for a PIN or a code. Emits `ic-digits` (what was entered) at OK. */
export class IcPinPad extends LitElement {
  static override properties = {
    heading: { type: String },
    note: { type: String },
    error: { type: String },
    okLabel: { type: String },
    least: { type: Number },
    most: { type: Number },
    busy: { type: Boolean },
    entered: { attribute: false },
    masked: { type: Boolean },
  };
  declare heading: string;
  declare note: string;
  declare error: string;
  declare okLabel: string;
  declare least: number;
  declare most: number;
  declare busy: boolean;
  declare masked: boolean;
  declare entered: string;

  constructor() {
    super();
    this.heading = this.note = this.error = this.okLabel = this.entered = '';
    this.least = 4;
    this.most = 8;
    this.busy = this.masked = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 16px 48px;
        align-items: center;
        max-width: 860px;
      }
      h2 {
        font-size: 28px;
        line-height: 1.25;
      }
      .note {
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
      .error {
        color: var(--danger);
        font-size: var(--text-large);
      }
      .entered {
        min-height: 64px;
        margin: 16px 0;
        font-size: 48px;
        font-weight: 600;
        letter-spacing: 0.2em;
        line-height: 64px;
        border-bottom: 2px solid var(--line-strong);
        font-variant-numeric: tabular-nums;
      }
      .pad {
        display: grid;
        grid-template-columns: repeat(3, minmax(72px, 104px));
        gap: 12px;
      }
      .pad ic-button {
        --target: clamp(64px, 13vh, 88px);
        font-size: 28px;
      }
      @media (orientation: portrait) {
        :host {
          grid-template-columns: minmax(0, 1fr);
          justify-items: center;
          text-align: center;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.#onKey);
  }

  override render(): unknown {
    return html`<div>
        <h2>${this.heading}</h2>
        ${this.note ? html`<p class="note">${this.note}</p>` : nothing}
        <p class="entered" role="status" aria-label=${this.masked ? String(this.entered.length) : this.entered}>
          ${this.masked ? '•'.repeat(this.entered.length) : this.entered}
        </p>
        ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
      </div>
      <div class="pad" role="group" aria-label=${this.heading}>
        ${DIGITS.map((digit) => this.#digit(digit))}
        <ic-button label=${t().erase} @click=${() => (this.entered = this.entered.slice(0, -1))}
          ><ic-icon name="erase"></ic-icon
        ></ic-button>
        ${this.#digit(0)}
        <ic-button
          kind="primary"
          label=${this.okLabel || t().enter}
          ?busy=${this.busy}
          ?disabled=${this.entered.length < this.least}
          @click=${() => this.#ok()}
          ><ic-icon name="check"></ic-icon
        ></ic-button>
      </div>`;
  }

  #digit(digit: number): unknown {
    return html`<ic-button @click=${() => this.#type(String(digit))}>${digit}</ic-button>`;
  }

  readonly #onKey = ({ key }: KeyboardEvent): void => {
    if (/^\d$/.test(key)) this.#type(key);
    else if (key === 'Backspace') this.entered = this.entered.slice(0, -1);
    else if (key === 'Enter' && this.entered.length >= this.least) this.#ok();
  };

  #type(digit: string): void {
    this.error = '';
    this.entered = `${this.entered}${digit}`.slice(0, this.most);
  }

  #ok(): void {
    const digits = this.entered;
    this.entered = '';
    this.dispatchEvent(new CustomEvent<string>('ic-digits', { detail: digits }));
  }
}
