import { css, html, LitElement, nothing } from 'lit';
import type { ScheduleView } from '../../../calendar/schedule-state.ts';
import { base } from '../../design/base.ts';
import { clockTime, minutesUntil } from '../format.ts';
import { act } from '../navigation.ts';
import { t } from '../strings.ts';

const LENGTHS = [15, 30, 60];

/** Takes the room now, for longer, or gives it back: whichever can be done at this moment. */
export class IcBookingBar extends LitElement {
  static override properties = {
    schedule: { attribute: false },
    pending: { attribute: false },
    now: { attribute: false },
    asking: { attribute: false },
  };
  declare schedule: ScheduleView;
  declare pending: ReadonlySet<string>;
  declare now: number;
  /** Whether to end the current booking. */
  declare asking: boolean;

  constructor() {
    super();
    this.asking = false;
  }

  static override styles = [
    base,
    css`
      :host {
        --button-inset: 16px;
        display: flex;
        align-items: center;
        gap: 12px;
      }
      h2 {
        font-size: var(--text-large);
        white-space: nowrap;
      }
      ic-button {
        --target: 88px;
        white-space: nowrap;
      }
      .question p {
        margin-bottom: 20px;
        font-size: var(--text-large);
      }
      .question div {
        display: flex;
        justify-content: flex-end;
        gap: 12px;
      }
      /* Out of the row, of which a closed one would take a gap. */
      ic-dialog {
        position: absolute;
      }
    `,
  ];

  override render(): unknown {
    const { schedule } = this;
    if (schedule.current !== null && (schedule.canEnd || schedule.extendMinutes.length > 0)) return this.#current();
    return schedule.canBook ? this.#book() : nothing;
  }

  #book(): unknown {
    const { freeUntil } = this.schedule;
    const left = freeUntil === null ? Infinity : minutesUntil(freeUntil, this.now);
    // The first one that does not fit is offered as what there is until the next booking.
    const tooLong = LENGTHS.find((minutes) => minutes > left);
    const busy = this.pending.has('/calendar/book');
    return html`<h2>${t().bookNow}</h2>
      ${LENGTHS.filter((minutes) => minutes <= left).map(
        (minutes) =>
          html`<ic-button
            ?busy=${busy}
            label=${t().bookFor(minutes)}
            @click=${() => act(this, '/calendar/book', { minutes })}
            >${t().minutes(minutes)}</ic-button
          >`,
      )}
      ${
        freeUntil !== null && tooLong !== undefined
          ? html`<ic-button ?busy=${busy} @click=${() => act(this, '/calendar/book', { minutes: tooLong })}
              >${t().bookUntil(clockTime(freeUntil))}</ic-button
            >`
          : nothing
      }`;
  }

  #current(): unknown {
    const { current, extendMinutes, canEnd } = this.schedule;
    const busy = this.pending.has('/calendar/extend') || this.pending.has('/calendar/end');
    return html`${
        extendMinutes.length > 0
          ? html`<h2>${t().extend}</h2>
              ${extendMinutes.map(
                (minutes) =>
                  html`<ic-button
                    ?busy=${busy}
                    @click=${() => act(this, '/calendar/extend', { booking: current, minutes })}
                    >${t().extendBy(minutes)}</ic-button
                  >`,
              )}`
          : nothing
      }
      ${
        canEnd
          ? html`<ic-button icon="check" ?busy=${busy} @click=${() => (this.asking = true)}>${t().endNow}</ic-button>`
          : nothing
      }
      <ic-dialog
        class="question"
        heading=${t().endQuestion}
        closeLabel=${t().close}
        ?open=${this.asking}
        @ic-close=${() => (this.asking = false)}
      >
        <p>${t().endExplained}</p>
        <div>
          <ic-button kind="quiet" @click=${() => (this.asking = false)}>${t().cancel}</ic-button>
          <ic-button kind="primary" @click=${() => this.#end(current)}>${t().endNow}</ic-button>
        </div>
      </ic-dialog>`;
  }

  #end(booking: string | null): void {
    this.asking = false;
    act(this, '/calendar/end', { booking });
  }
}
