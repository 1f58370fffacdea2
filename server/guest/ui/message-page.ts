import { css, html, nothing } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import type { IconName } from '../../../src/kiosk/design/icons.ts';
import { GuestElement } from './element.ts';

/** One thing to know and what to do about it: an ended call, a broken link, a browser that cannot. Actions go in the slot. */
export class GuestMessage extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    icon: { type: String },
    tone: { type: String, reflect: true },
    heading: { type: String },
    text: { type: String },
    code: { type: String },
    listTitle: { type: String },
    list: { attribute: false },
  };
  declare icon: IconName;
  declare tone: 'calm' | 'warning';
  declare heading: string;
  declare text: string;
  declare code: string;
  declare listTitle: string;
  declare list: readonly string[];

  constructor() {
    super();
    this.code = this.listTitle = '';
    this.list = [];
    this.tone = 'calm';
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 16px;
        justify-items: start;
        width: min(560px, 100%);
        margin-inline: auto;
      }
      .mark {
        display: grid;
        place-items: center;
        width: 64px;
        height: 64px;
        border-radius: 20px;
        background: var(--accent-soft);
        color: var(--accent);
        font-size: 1.5rem;
      }
      :host([tone='warning']) .mark {
        background: var(--warning-soft);
        color: var(--warning);
      }
      h1 {
        font-size: clamp(1.625rem, 5vw, 2.25rem);
        line-height: 1.15;
        letter-spacing: -0.02em;
        text-wrap: balance;
        outline: none;
      }
      p {
        color: var(--text-quiet);
        font-size: 1.0625rem;
      }
      code {
        font: inherit;
        font-size: var(--text-small);
      }
      .list {
        width: 100%;
        padding: 16px 20px;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--surface);
      }
      h2 {
        font-size: var(--text-small);
        color: var(--text-quiet);
      }
      li {
        display: flex;
        gap: 10px;
        align-items: center;
        margin-top: 10px;
      }
      li ic-icon {
        color: var(--warning);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
        margin-top: 12px;
      }
    `,
  ];

  /** Whoever listens rather than looks hears at once what happened. */
  override firstUpdated(): void {
    this.renderRoot.querySelector('h1')?.focus();
  }

  override render(): unknown {
    return html`<div class="mark"><ic-icon name=${this.icon}></ic-icon></div>
      <h1 tabindex="-1">${this.heading}</h1>
      <p>${this.text}</p>
      ${
        this.list.length > 0
          ? html`<div class="list">
              <h2>${this.listTitle}</h2>
              <ul>
                ${this.list.map((item) => html`<li><ic-icon name="close"></ic-icon>${item}</li>`)}
              </ul>
            </div>`
          : nothing
      }
      ${this.code ? html`<p><code>${this.code}</code></p>` : nothing}
      <div class="actions"><slot></slot></div>`;
  }
}
