import { css, html, LitElement, nothing } from 'lit';
import { base } from '../design/base.ts';
import { clockTime, minutesUntil } from './format.ts';
import type { RoomStatus } from './offer.ts';
import { t } from './strings.ts';

/** Free, starting soon or busy: as word, colour and shape, readable from the door. */
export class IcStatus extends LitElement {
  static override properties = {
    status: { attribute: false },
    now: { attribute: false },
    kind: { type: String, reflect: true },
    withTime: { type: Boolean },
  };
  declare status: RoomStatus;
  declare now: number;
  declare kind: RoomStatus['kind'];
  /** Until when, on a second line. */
  declare withTime: boolean;

  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 24px;
        --shape: 50%;
      }
      :host([kind='free']) {
        color: var(--good);
      }
      :host([kind='soon']) {
        color: var(--warning);
        --shape: 0;
      }
      :host([kind='busy']) {
        color: var(--danger);
        --shape: 12%;
      }
      .word {
        display: inline-flex;
        align-items: center;
        gap: 0.25em;
        font-size: clamp(56px, 8.6vw, 128px);
        font-weight: 700;
        line-height: 1.05;
        letter-spacing: -0.02em;
      }
      .word::before {
        content: '';
        flex: none;
        width: 0.46em;
        height: 0.46em;
        border-radius: var(--shape);
        background: currentcolor;
      }
      :host([kind='soon']) .word::before {
        clip-path: polygon(50% 6%, 100% 94%, 0 94%);
      }
      .until {
        color: var(--text);
        font-size: clamp(28px, 3.2vw, 48px);
        font-weight: 500;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  override willUpdate(): void {
    this.kind = this.status.kind;
  }

  override render(): unknown {
    const until = this.#until();
    return html`<p class="word">${t()[this.status.kind]}</p>
      ${this.withTime && until ? html`<p class="until">${until}</p>` : nothing}`;
  }

  #until(): string {
    const { status } = this;
    if (status.kind === 'soon') return t().inMinutes(minutesUntil(status.at, this.now));
    if (status.until === null) return status.kind === 'free' ? t().restOfDay : t().inCall;
    return t().until(clockTime(status.until));
  }
}
