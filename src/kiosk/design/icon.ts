import { css, html, LitElement } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { icons, type IconName } from './icons.ts';

/** One drawing of the product's icon set, sized by `font-size`; decoration only, so hidden from screen readers. */
export class IcIcon extends LitElement {
  static override properties = { name: { type: String } };
  declare name: IconName;

  static override styles = css`
    :host {
      display: inline-flex;
      width: 1.25em;
      height: 1.25em;
      flex: none;
    }
    svg {
      width: 100%;
      height: 100%;
      display: block;
    }
  `;

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute('aria-hidden', 'true');
  }

  override render(): unknown {
    // Build-time constants of our own bundle, never data.
    return html`${unsafeHTML(icons[this.name])}`;
  }
}
