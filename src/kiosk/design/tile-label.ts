import { css, html, LitElement, nothing } from 'lit';
import { base } from './base.ts';

/** Who is in a picture: name, whether verified, muted, hand raised; on a soft box that reads on any picture. */
export class IcTileLabel extends LitElement {
  static override properties = {
    name: { type: String },
    verified: { attribute: false },
    verifiedText: { type: String },
    muted: { type: Boolean },
    mutedText: { type: String },
    hand: { type: Boolean },
    handText: { type: String },
  };
  declare name: string;
  /** null: nothing to say, as for ourselves. */
  declare verified: boolean | null;
  declare verifiedText: string;
  declare muted: boolean;
  declare mutedText: string;
  declare hand: boolean;
  declare handText: string;

  constructor() {
    super();
    this.name = this.verifiedText = this.mutedText = this.handText = '';
    this.verified = null;
    this.muted = this.hand = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 7px;
        max-width: 100%;
        padding: 4px 10px;
        border-radius: var(--radius-small);
        background: var(--stage-scrim);
        color: var(--stage-text);
        font-size: var(--text-small);
        font-weight: 600;
        line-height: 1.5;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .muted {
        color: #ff8a85;
      }
      .hand {
        color: #ffc04d;
      }
    `,
  ];

  override render(): unknown {
    return html`${
        this.hand
          ? html`<ic-icon class="hand" name="hand"></ic-icon><span class="only-heard">${this.handText}</span>`
          : nothing
      }${
        this.muted
          ? html`<ic-icon class="muted" name="mic-off"></ic-icon><span class="only-heard">${this.mutedText}</span>`
          : nothing
      }<span class="name">${this.name}</span>${
        this.verified === null
          ? nothing
          : html`<ic-badge compact ?verified=${this.verified} text=${this.verifiedText}></ic-badge>`
      }`;
  }
}
