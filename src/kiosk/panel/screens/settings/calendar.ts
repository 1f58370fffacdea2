import { html, nothing } from 'lit';
import type { CalendarTest } from '../../../../calendar/schedule-state.ts';
import type { RoomState } from '../../../room-state.ts';
import { agoText } from '../../format.ts';
import { ApiError } from '../../room-client.ts';
import { t } from '../../strings.ts';
import { SettingsSection } from './section.ts';

/** Which calendar this room has, how old what it shows is, and whether it answers now. */
export class IcSettingsCalendar extends SettingsSection {
  static override properties = { ...SettingsSection.properties, state: { attribute: false } };
  declare state: RoomState;

  override render(): unknown {
    const { schedule } = this.state;
    if (!schedule) return html`<p class="quiet">${t().noCalendar}</p>`;
    return html`<dl>
        <dt>${t().calendarSource}</dt>
        <dd>${t().calendarKinds[schedule.source]}</dd>
        <dt>${t().calendar}</dt>
        <dd>${schedule.readAt === null ? t().listUnread : agoText(schedule.readAt, this.now)}</dd>
      </dl>
      <div class="row">
        <ic-button kind="primary" icon="calendar" ?busy=${this.busy} @click=${() => void this.#test()}
          >${t().testCalendar}</ic-button
        >
      </div>
      ${
        this.outcome
          ? html`<ic-notice
              role="status"
              tone=${this.outcome.good ? 'good' : 'warning'}
              text=${this.outcome.text}
            ></ic-notice>`
          : nothing
      }`;
  }

  #test(): Promise<void> {
    return this.ask(async () => {
      const test = (await this.client.get('/calendar/test')) as unknown as CalendarTest;
      if (!test.ok) throw new ApiError(test.code ?? 'calendar/unreachable', `${test.message} ${test.action}`, null);
      return t().calendarWorks(test.bookings);
    });
  }
}
