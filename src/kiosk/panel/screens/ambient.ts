import { css, html, LitElement, nothing } from 'lit';
import { base } from '../../design/base.ts';
import type { RoomState } from '../../room-state.ts';
import { agoText, clockTime, duration, longDate } from '../format.ts';
import { act, go } from '../navigation.ts';
import { offeredOf, statusOf } from '../offer.ts';
import { problemText } from '../problem-texts.ts';
import { t } from '../strings.ts';

/** Problems shown as sentences; the rest is behind them. */
const PROBLEMS_SHOWN = 2;

/** Is this room free, and what do I touch? */
export class IcAmbient extends LitElement {
  static override properties = {
    state: { attribute: false },
    pending: { attribute: false },
    now: { attribute: false },
    ownLink: { attribute: false },
    moreOpen: { attribute: false },
  };
  declare state: RoomState;
  declare pending: ReadonlySet<string>;
  declare now: number;
  declare ownLink: string;
  declare moreOpen: boolean;

  constructor() {
    super();
    this.moreOpen = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: auto auto minmax(0, 1fr) auto;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
        padding: 20px 40px 24px;
        min-height: 0;
      }
      header {
        display: flex;
        justify-content: space-between;
        align-items: center;
        gap: 24px;
      }
      .room {
        font-size: var(--text-title);
        font-weight: 600;
        line-height: 1.2;
        overflow-wrap: anywhere;
      }
      .date {
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
      time {
        font-size: clamp(48px, 7vw, 112px);
        font-weight: 600;
        line-height: 1;
        letter-spacing: -0.02em;
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      .notes {
        display: grid;
        gap: 8px;
      }
      .releasing {
        font-size: var(--text-large);
      }
      .middle {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        gap: 16px 40px;
        min-height: 0;
        overflow: hidden;
      }
      .middle.offered {
        grid-template-columns: minmax(0, 1fr);
        align-content: center;
      }
      .day {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        gap: 12px;
        max-height: 100%;
        min-height: 0;
      }
      figure {
        width: min(30vh, 220px);
        margin: 0;
        text-align: center;
        color: var(--text-quiet);
      }
      figcaption {
        margin-top: 8px;
        font-size: var(--text-body);
      }
      footer {
        display: flex;
        align-items: stretch;
        gap: 12px;
      }
      footer > ic-button,
      footer > ic-icon-button {
        --target: 88px;
      }
      .grow {
        flex: 1 1 auto;
        white-space: nowrap;
      }
      .more {
        display: grid;
        gap: 12px;
      }
      .more ic-button {
        --target: 72px;
      }
      ic-dialog {
        position: absolute;
      }
      @media (orientation: portrait) {
        :host {
          padding: 24px;
        }
        .middle,
        .middle.offered {
          grid-template-columns: minmax(0, 1fr);
          grid-template-rows: minmax(0, auto);
          align-content: space-evenly;
        }
        figure {
          justify-self: center;
        }
        footer {
          flex-wrap: wrap;
        }
        ic-booking-bar {
          flex-basis: 100%;
        }
        .grow {
          flex: 1 1 0;
          white-space: normal;
        }
      }
    `,
  ];

  override render(): unknown {
    const { state, now } = this;
    const offered = offeredOf(state);
    return html`<header>
        <div>
          <h1 class="room">${state.room.name}</h1>
          <p class="date">${longDate(now)}</p>
        </div>
        <time>${clockTime(now)}</time>
      </header>
      <div class="notes">${this.#notes()}</div>
      ${
        offered
          ? html`<div class="middle offered">
              <ic-offer-card .booking=${offered} .now=${now} .pending=${this.pending}></ic-offer-card>
              <ic-agenda .bookings=${this.#others(offered.id)} .now=${now} most="2"></ic-agenda>
            </div>`
          : html`<div class="middle">${this.#day()} ${this.#isCrowded() ? nothing : this.#phone()}</div>`
      }
      ${this.#footer(offered !== null)} ${this.#more()}`;
  }

  #others(offered: string): unknown {
    return (this.state.schedule?.bookings ?? []).filter(({ id, phase }) => id !== offered && phase !== 'over');
  }

  #day(): unknown {
    const { schedule } = this.state;
    const status = statusOf(schedule, false, this.now);
    return html`<section class="day">
      <ic-status .status=${status} .now=${this.now} ?withTime=${schedule !== null}></ic-status>
      ${
        schedule && schedule.state !== 'failed' && schedule.state !== 'loading'
          ? html`<ic-agenda
              .bookings=${schedule.bookings.filter(({ phase }) => phase !== 'over')}
              .now=${this.now}
              tabindex="0"
              role="region"
              aria-label=${t().today}
            ></ic-agenda>`
          : nothing
      }
    </section>`;
  }

  #phone(): unknown {
    return this.ownLink.trim()
      ? html`<figure>
          <ic-qr text=${this.ownLink} label=${t().bring}></ic-qr>
          <figcaption>${t().bring}</figcaption>
        </figure>`
      : nothing;
  }

  #notes(): unknown {
    const { schedule, problems, devices } = this.state;
    return html`${this.#releasing()}
    ${
      schedule?.state === 'stale' && schedule.readAt !== null
        ? html`<ic-notice tone="warning" text=${t().listAge(agoText(schedule.readAt, this.now))}></ic-notice>`
        : nothing
    }
    ${schedule?.state === 'failed' ? html`<ic-notice tone="warning" text=${t().listUnread}></ic-notice>` : nothing}
    ${problems.slice(0, PROBLEMS_SHOWN).map((problem) => {
      const { message, action } = problemText(problem);
      return html`<ic-notice tone="warning" text="${message} ${action}"></ic-notice>`;
    })}
    ${devices.mode === 'virtual' ? html`<ic-notice text=${t().virtual}></ic-notice>` : nothing}`;
  }

  /** What has to be said takes the place of the code for phones. */
  #isCrowded(): boolean {
    const { schedule, problems } = this.state;
    const sentences = [schedule?.releasing, schedule?.state === 'stale' || schedule?.state === 'failed'].filter(
      Boolean,
    );
    return sentences.length + problems.length > 1;
  }

  #releasing(): unknown {
    const releasing = this.state.schedule?.releasing;
    if (!releasing) return nothing;
    return html`<ic-notice class="releasing" tone="warning" text=${t().releasingIn(duration(releasing.at - this.now))}>
      <ic-button
        slot="action"
        kind="primary"
        icon="check"
        ?busy=${this.pending.has('/calendar/check-in')}
        @click=${() => act(this, '/calendar/check-in', { booking: releasing.booking })}
        >${t().checkIn}</ic-button
      >
    </ic-notice>`;
  }

  #footer(isOffered: boolean): unknown {
    const { schedule } = this.state;
    return html`<footer>
      ${
        schedule && (schedule.canBook || schedule.canEnd || schedule.extendMinutes.length > 0)
          ? html`<ic-booking-bar .schedule=${schedule} .pending=${this.pending} .now=${this.now}></ic-booking-bar>`
          : nothing
      }
      <ic-button
        class="grow"
        kind=${isOffered ? 'plain' : 'primary'}
        icon="video"
        ?busy=${this.pending.has('/call/join')}
        @click=${() => act(this, '/call/join', { own: true })}
        >${t().startMeeting}</ic-button
      >
      <ic-button class="grow" icon="link" @click=${() => go(this, 'join')}>${t().joinByLink}</ic-button>
      <ic-icon-button icon="more" label=${t().more} @click=${() => (this.moreOpen = true)}></ic-icon-button>
    </footer>`;
  }

  #more(): unknown {
    const entry = (icon: string, text: string, view: 'check' | 'report' | 'settings'): unknown =>
      html`<ic-button icon=${icon} @click=${() => this.#leaveMore(view)}>${text}</ic-button>`;
    return html`<ic-dialog
      heading=${t().more}
      closeLabel=${t().close}
      ?open=${this.moreOpen}
      @ic-close=${() => (this.moreOpen = false)}
    >
      <div class="more">
        ${entry('video', t().deviceCheck, 'check')} ${entry('warning', t().report, 'report')}
        ${entry('settings', t().settings, 'settings')}
      </div>
    </ic-dialog>`;
  }

  #leaveMore(view: 'check' | 'report' | 'settings'): void {
    this.moreOpen = false;
    go(this, view);
  }
}
