import { css, html } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import { GuestElement } from './element.ts';

/** The quiet frame of every page outside a call: the product's name above, one column below. */
export class GuestShell extends GuestElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100dvh;
      }
      header {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 20px clamp(16px, 4vw, 40px);
        font-weight: 700;
        font-size: 1.125rem;
        letter-spacing: -0.01em;
      }
      header ic-icon {
        color: var(--accent);
        font-size: 1.25rem;
      }
      main {
        flex: 1;
        display: grid;
        align-content: center;
        width: min(1120px, 100%);
        margin-inline: auto;
        padding: 8px clamp(16px, 4vw, 40px) 48px;
      }
    `,
  ];

  override render(): unknown {
    return html`<header><ic-icon name="lock"></ic-icon><span>${this.strings.product}</span></header>
      <main><slot></slot></main>`;
  }
}
