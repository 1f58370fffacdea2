import { css, html } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import { GuestElement } from './element.ts';

const SAID_MS = 2_500;

/** A link to hand on: shown, selected by a press, copied by the button. */
export class GuestCopyLink extends GuestElement {
  static override properties = { ...GuestElement.properties, link: { type: String }, copied: { state: true } };
  declare link: string;
  declare copied: boolean;
  #timer: ReturnType<typeof setTimeout> | null = null;

  static override styles = [
    base,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      div {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 10px;
      }
      input {
        width: 100%;
        min-width: 0;
        min-height: 48px;
        padding: 8px 14px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--surface-raised);
        text-overflow: ellipsis;
        font-size: 0.9375rem;
      }
      @container (max-width: 400px) {
        div {
          grid-template-columns: 1fr;
        }
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    return html`<div>
        <input
          readonly
          aria-label=${s.linkLabel}
          .value=${this.link}
          @focus=${(event: Event) => (event.target as HTMLInputElement).select()}
        />
        <ic-button icon=${this.copied ? 'check' : 'copy'} @click=${() => void this.#copy()}
          >${this.copied ? s.copied : s.copyLink}</ic-button
        >
      </div>
      <span class="only-heard" role="status">${this.copied ? s.copied : ''}</span>`;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #copy(): Promise<void> {
    const input = this.renderRoot.querySelector('input');
    try {
      await navigator.clipboard.writeText(this.link);
    } catch {
      // No permission: leave it selected, so that the keyboard's copy works.
      input?.select();
      return;
    }
    this.copied = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.copied = false), SAID_MS);
  }
}
