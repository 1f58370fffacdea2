import { css, html, LitElement, nothing } from 'lit';
import type { BookingView } from '../../calendar/schedule-state.ts';
import { base } from '../design/base.ts';
import type { DoorState } from '../door-state.ts';
import { spanOf, titleOf } from '../panel/booking-texts.ts';
import { agoText, clockTime } from '../panel/format.ts';
import { statusOf } from '../panel/offer.ts';
import { t } from '../panel/strings.ts';

const SILENCE_MS = 25_000;

/** The display beside the door: free or busy, what is now and what is next. It cannot be touched. */
export class IcDoor extends LitElement {
  static override properties = {
    state: { attribute: false },
    reachable: { attribute: false },
    now: { attribute: false },
  };
  declare state: DoorState | null;
  declare reachable: boolean;
  declare now: number;
  #source: EventSource | null = null;
  #heardAt = Date.now();
  #tick = 0;

  constructor() {
    super();
    this.state = null;
    this.reachable = true;
    this.now = Date.now();
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        gap: 24px;
        height: 100dvh;
        padding: 40px;
        border-top: 16px solid var(--line);
        background: var(--ground);
      }
      :host([kind='free']) {
        border-color: var(--good);
      }
      :host([kind='soon']) {
        border-color: var(--warning);
      }
      :host([kind='busy']) {
        border-color: var(--danger);
      }
      header {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        gap: 24px;
        font-size: var(--text-title);
      }
      h1 {
        font-size: inherit;
        overflow-wrap: anywhere;
      }
      time {
        font-size: clamp(40px, 6vw, 72px);
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      main {
        display: grid;
        align-content: center;
        gap: 28px;
        min-height: 0;
      }
      .what {
        font-size: var(--text-title);
        line-height: 1.25;
        overflow-wrap: anywhere;
      }
      .quiet {
        color: var(--text-quiet);
        font-size: var(--text-large);
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#open();
    this.#tick = window.setInterval(() => this.#second(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#source?.close();
    window.clearInterval(this.#tick);
  }

  override render(): unknown {
    const { state } = this;
    if (!state) return this.reachable ? nothing : html`<main><p class="what">${t().unreachableTitle}</p></main>`;
    const { schedule } = state;
    const status = statusOf(schedule, state.inCall, this.now);
    this.setAttribute('kind', status.kind);
    const current = schedule?.bookings.find(({ id }) => id === schedule.current);
    const next = schedule?.bookings.find(({ id }) => id === schedule.next);
    return html`<header>
        <h1>${state.room.name}</h1>
        <time>${clockTime(this.now)}</time>
      </header>
      <main>
        <ic-status .status=${status} .now=${this.now} ?withTime=${schedule !== null}></ic-status>
        ${this.#note()} ${current ? this.#booking(t().now, current) : nothing}
        ${next ? this.#booking(t().next, next) : nothing}
      </main>`;
  }

  #booking(when: string, booking: BookingView): unknown {
    return html`<section>
      <p class="quiet">${when} · ${spanOf(booking)}</p>
      <p class="what">${titleOf(booking)}</p>
      ${booking.organizer ? html`<p class="quiet">${booking.organizer}</p>` : nothing}
    </section>`;
  }

  #note(): unknown {
    const { schedule } = this.state ?? {};
    if (!this.reachable) return html`<ic-notice tone="warning" text=${t().unreachableTitle}></ic-notice>`;
    if (schedule?.state === 'failed') return html`<ic-notice tone="warning" text=${t().listUnread}></ic-notice>`;
    if (schedule?.state === 'stale' && schedule.readAt !== null)
      return html`<ic-notice tone="warning" text=${t().listAge(agoText(schedule.readAt, this.now))}></ic-notice>`;
    return nothing;
  }

  #open(): void {
    this.#source?.close();
    const source = new EventSource('/api/v1/door/events');
    this.#source = source;
    this.#heardAt = Date.now();
    const heard = (): void => void (this.#heardAt = Date.now());
    source.addEventListener('state', (event) => {
      heard();
      this.reachable = true;
      this.state = JSON.parse(event.data as string) as DoorState;
    });
    source.addEventListener('alive', heard);
    source.addEventListener('reload', () => window.location.reload());
  }

  #second(): void {
    this.now = Date.now();
    if (this.now - this.#heardAt < SILENCE_MS) return;
    this.reachable = false;
    this.#open();
  }
}
