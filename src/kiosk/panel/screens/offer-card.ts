import { css, html, LitElement, nothing } from 'lit';
import type { BookingView } from '../../../calendar/schedule-state.ts';
import { base } from '../../design/base.ts';
import { obstacleOf, spanOf, titleOf } from '../booking-texts.ts';
import { minutesUntil } from '../format.ts';
import { act } from '../navigation.ts';
import { t } from '../strings.ts';

/** The meeting that is now or about to begin, with the one Join. */
export class IcOfferCard extends LitElement {
  static override properties = {
    booking: { attribute: false },
    now: { attribute: false },
    pending: { attribute: false },
  };
  declare booking: BookingView;
  declare now: number;
  declare pending: ReadonlySet<string>;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: 1fr auto;
        align-items: center;
        gap: 12px 32px;
        padding: 28px 32px;
        border: 2px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        min-width: 0;
      }
      .when {
        color: var(--text-quiet);
        font-size: var(--text-large);
        font-variant-numeric: tabular-nums;
      }
      .when b {
        color: var(--warning);
      }
      .when b.now {
        color: var(--danger);
      }
      h2 {
        font-size: var(--text-title);
        line-height: 1.2;
        overflow-wrap: anywhere;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        overflow: hidden;
      }
      .who {
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
      .obstacle {
        display: flex;
        gap: 10px;
        align-items: center;
        max-width: 16em;
        color: var(--warning);
        font-size: var(--text-large);
      }
      .do {
        display: grid;
        gap: 12px;
        min-width: 240px;
      }
      .join {
        --target: 104px;
      }
      @media (max-width: 760px) {
        :host {
          grid-template-columns: 1fr;
        }
      }
    `,
  ];

  override render(): unknown {
    const { booking } = this;
    return html`<div>
        <p class="when">${this.#when()} ${spanOf(booking)}</p>
        <h2>${titleOf(booking)}</h2>
        ${booking.organizer ? html`<p class="who">${booking.organizer}</p>` : nothing}
      </div>
      <div class="do">
        ${
          booking.meeting === 'joinable'
            ? html`<ic-button
                class="join"
                kind="primary"
                large
                icon="arrow-right"
                label=${t().joinMeeting(titleOf(booking))}
                ?busy=${this.pending.has('/call/join')}
                ?disabled=${!booking.canJoin}
                @click=${() => act(this, '/call/join', { booking: booking.id })}
                >${t().join}</ic-button
              >`
            : html`<p class="obstacle"><ic-icon name="broken"></ic-icon>${obstacleOf(booking)}</p>`
        }
        <ic-button
          kind="quiet"
          ?busy=${this.pending.has('/calendar/skip')}
          @click=${() => act(this, '/calendar/skip', { booking: booking.id })}
          >${t().notThisOne}</ic-button
        >
      </div>`;
  }

  #when(): unknown {
    const minutes = minutesUntil(this.booking.startsAt, this.now);
    return minutes > 0 ? html`<b>${t().inMinutes(minutes)}</b>` : html`<b class="now">${t().now}</b>`;
  }
}
