import { css, html, LitElement } from 'lit';
import { base } from './base.ts';

/** Whether the organisation vouches for a participant: shape and word, colour only besides. `compact` says the word, unshown. */
export class IcBadge extends LitElement {
  static override properties = {
    verified: { type: Boolean, reflect: true },
    text: { type: String },
    compact: { type: Boolean, reflect: true },
  };
  declare verified: boolean;
  declare text: string;
  declare compact: boolean;

  constructor() {
    super();
    this.verified = this.compact = false;
    this.text = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        vertical-align: middle;
      }
      span.badge {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        padding: 2px 9px 2px 6px;
        border-radius: 999px;
        font-size: 0.8125rem;
        font-weight: 600;
        line-height: 1.4;
        white-space: nowrap;
        background: var(--warning-soft);
        color: var(--warning);
      }
      :host([verified]) span.badge {
        background: var(--good-soft);
        color: var(--good);
      }
      /* On a picture: the shape alone where there is little room, the word beside it in a window of some size. */
      :host([compact]) span.badge {
        padding: 0;
        background: none;
        color: #ffc04d;
        font-weight: 500;
      }
      @container (min-width: 300px) {
        :host([compact]) .only-heard {
          position: static;
          width: auto;
          height: auto;
          margin: 0;
          clip-path: none;
        }
      }
      :host([compact][verified]) span.badge {
        color: #5fd39b;
      }
    `,
  ];

  override render(): unknown {
    return html`<span class="badge" title=${this.text}
      ><ic-icon name=${this.verified ? 'verified' : 'unverified'}></ic-icon
      ><span class=${this.compact ? 'only-heard' : ''}>${this.text}</span></span
    >`;
  }
}
