import { css, html, LitElement } from 'lit';

/** How loud the microphone is; `level` 0 to 1. Drawing only: it says nothing to screen readers twenty times a second. */
export class GuestLevel extends LitElement {
  static override properties = { level: { attribute: false } };
  declare level: number;

  constructor() {
    super();
    this.level = 0;
  }

  static override styles = css`
    :host {
      display: block;
      height: 8px;
      border-radius: 99px;
      background: var(--surface-hover);
      overflow: hidden;
    }
    div {
      height: 100%;
      width: 100%;
      border-radius: inherit;
      background: var(--good);
      transform-origin: left;
      transform: scaleX(0);
      transition: transform 60ms linear;
    }
  `;

  override render(): unknown {
    return html`<div></div>`;
  }

  override updated(): void {
    const bar = this.renderRoot.querySelector('div');
    if (bar) bar.style.transform = `scaleX(${Math.min(1, Math.max(0, this.level)).toFixed(3)})`;
  }
}
