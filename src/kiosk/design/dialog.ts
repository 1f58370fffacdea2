import { css, html, LitElement } from 'lit';
import { base } from './base.ts';

/**
 * A modal dialog on the platform's own `<dialog>`: focus is kept inside and given back, Escape closes. `wide`: for tables.
 * Emits `ic-close`.
 */
export class IcDialog extends LitElement {
  static override properties = {
    open: { type: Boolean, reflect: true },
    heading: { type: String },
    closeLabel: { type: String },
    wide: { type: Boolean, reflect: true },
  };
  declare open: boolean;
  declare heading: string;
  declare closeLabel: string;
  declare wide: boolean;

  constructor() {
    super();
    this.open = this.wide = false;
    this.heading = this.closeLabel = '';
  }

  static override styles = [
    base,
    css`
      dialog {
        width: min(560px, calc(100vw - 24px));
        max-height: calc(100dvh - 24px);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
        overflow: auto;
      }
      :host([wide]) dialog {
        width: min(976px, calc(100vw - 24px));
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 60%);
      }
      .head {
        position: sticky;
        top: 0;
        z-index: 1;
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 16px 16px 12px 24px;
        background: var(--surface);
      }
      h2 {
        flex: 1;
        font-size: var(--text-large);
        line-height: 1.3;
      }
      .body {
        padding: 0 24px 24px;
      }
    `,
  ];

  override render(): unknown {
    return html`<dialog
      aria-labelledby="heading"
      @close=${() => this.#closed()}
      @click=${(event: Event) => this.#outside(event)}
    >
      <div class="head">
        <h2 id="heading">${this.heading}</h2>
        <ic-icon-button icon="close" label=${this.closeLabel} @click=${() => this.#dialog?.close()}></ic-icon-button>
      </div>
      <div class="body"><slot></slot></div>
    </dialog>`;
  }

  override updated(): void {
    const dialog = this.#dialog;
    if (this.open && dialog && !dialog.open) dialog.showModal();
    if (!this.open && dialog?.open) dialog.close();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #closed(): void {
    this.open = false;
    // Composed: a dialog inside another component's shadow is closed for whoever opened that one.
    this.dispatchEvent(new CustomEvent('ic-close', { bubbles: true, composed: true }));
  }

  #outside(event: Event): void {
    if (event.target === this.#dialog) this.#dialog?.close();
  }
}
