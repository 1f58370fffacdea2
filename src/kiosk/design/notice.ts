import { css, html, LitElement, nothing } from 'lit';
import { base } from './base.ts';
import type { IconName } from './icons.ts';

const icon: Record<string, IconName> = { info: 'info', warning: 'warning', danger: 'blocked', good: 'check' };

/** One line about what just changed or what is wrong, with room for one action in the slot `action`. */
export class IcNotice extends LitElement {
  static override properties = {
    tone: { type: String, reflect: true },
    text: { type: String },
    detail: { type: String },
  };
  declare tone: 'info' | 'warning' | 'danger' | 'good';
  declare text: string;
  declare detail: string;

  constructor() {
    super();
    this.tone = 'info';
    this.text = this.detail = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 12px;
        padding: 10px 16px;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--surface);
        line-height: 1.4;
      }
      ic-icon {
        color: var(--accent);
      }
      div {
        flex: 1 1 11em;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      p + p {
        color: var(--text-quiet);
        font-size: var(--text-small);
      }
      :host([tone='warning']) {
        border-color: var(--warning);
        background: var(--warning-soft);
      }
      :host([tone='warning']) ic-icon {
        color: var(--warning);
      }
      :host([tone='danger']) {
        border-color: var(--danger);
        background: var(--danger-soft);
      }
      :host([tone='danger']) ic-icon {
        color: var(--danger);
      }
      :host([tone='good']) ic-icon {
        color: var(--good);
      }
    `,
  ];

  override render(): unknown {
    return html`<ic-icon name=${icon[this.tone] ?? 'info'}></ic-icon>
      <div>
        <p>${this.text}</p>
        ${this.detail ? html`<p>${this.detail}</p>` : nothing}
      </div>
      <slot name="action"></slot>`;
  }
}
