import { css, html, LitElement, nothing } from 'lit';
import type { BookingView } from '../../calendar/schedule-state.ts';
import { base } from '../design/base.ts';
import { clockTime, dayName } from './format.ts';
import { titleOf } from './booking-texts.ts';
import { t } from './strings.ts';

/** What is booked, by time. */
export class IcAgenda extends LitElement {
  static override properties = {
    bookings: { attribute: false },
    now: { attribute: false },
    most: { type: Number },
  };
  declare bookings: readonly BookingView[];
  declare now: number;
  /** Rows; what is beyond can be scrolled to when 0. */
  declare most: number;

  constructor() {
    super();
    this.bookings = [];
    this.most = 0;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-height: 0;
        overflow: hidden auto;
        scrollbar-width: thin;
      }
      li {
        display: grid;
        grid-template-columns: minmax(5.5ch, auto) minmax(0, 1fr);
        gap: 20px;
        align-items: baseline;
        padding: 10px 16px;
        border-inline-start: 4px solid transparent;
        border-radius: var(--radius-small);
        background: var(--surface);
        font-size: var(--text-large);
      }
      li + li {
        margin-top: 8px;
      }
      li.running {
        border-color: var(--danger);
      }
      li.soon {
        border-color: var(--warning);
      }
      .when {
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      .what {
        display: flex;
        align-items: baseline;
        gap: 20px;
        min-width: 0;
      }
      .title {
        flex: 1;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .quiet {
        color: var(--text-quiet);
        font-size: var(--text-body);
        white-space: nowrap;
      }
      .what .quiet {
        max-width: 45%;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .empty {
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
      @media (max-width: 480px) {
        li {
          grid-template-columns: 1fr;
          gap: 2px;
        }
      }
    `,
  ];

  override render(): unknown {
    const shown = this.most > 0 ? this.bookings.slice(0, this.most) : this.bookings;
    if (shown.length === 0) return html`<p class="empty">${t().nothingToday}</p>`;
    return html`<ul aria-label=${t().today}>
      ${shown.map((booking) => this.#row(booking))}
    </ul>`;
  }

  #row(booking: BookingView): unknown {
    const day = dayName(booking.startsAt, this.now);
    const isLater = booking.startsAt > this.now && day !== t().today;
    const when = booking.allDay ? t().allDay : clockTime(booking.startsAt);
    return html`<li class=${booking.phase}>
      <span class="when">${isLater ? html`<span class="quiet">${day}</span> ` : nothing}${when}</span>
      <span class="what">
        <span class="title">${titleOf(booking)}</span>
        ${booking.organizer ? html`<span class="quiet">${booking.organizer}</span>` : nothing}
      </span>
    </li>`;
  }
}
