import { html, nothing } from 'lit';
import type { CalendarTest } from '../../../admin-state.ts';
import type { RoomState } from '../../../room-state.ts';
import { agoText } from '../../format.ts';
import { problemSentence } from '../../problem-texts.ts';
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

  async #test(): Promise<void> {
    let failure = '';
    await this.ask(async () => {
      const test = (await this.client.post('/calendar/test', {}, this.token)) as unknown as CalendarTest;
      if (test.kind === 'ok') return t().calendarWorks(test.bookings);
      failure = problemSentence({ ...test, action: '' });
      return '';
    });
    if (failure) this.outcome = { good: false, text: failure };
  }
}
