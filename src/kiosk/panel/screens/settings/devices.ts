import { html, nothing } from 'lit';
import type { RoomDevice } from '../../../../devices/room-device.ts';
import type { RoomState } from '../../../room-state.ts';
import { agoText } from '../../format.ts';
import { problemSentence } from '../../problem-texts.ts';
import { t } from '../../strings.ts';
import { SettingsSection } from './section.ts';

/** Every device of the room, whether it answers, and what is wrong with it. */
export class IcSettingsDevices extends SettingsSection {
  static override properties = { ...SettingsSection.properties, state: { attribute: false } };
  declare state: RoomState;

  override render(): unknown {
    return html`<div class="row">
        <ic-button icon="volume" ?busy=${this.busy} @click=${() => void this.#calibrate()}>${t().calibrate}</ic-button>
        <span class="quiet">${t().calibrateExplained}</span>
      </div>
      ${
        this.outcome
          ? html`<ic-notice tone=${this.outcome.good ? 'good' : 'warning'} text=${this.outcome.text}></ic-notice>`
          : nothing
      }
      <ul>
        ${this.state.roomDevices.map((device) => this.#device(device))}
      </ul>`;
  }

  #device({ name, connected, problems }: RoomDevice): unknown {
    return html`<li>
      <div>
        <p>${name}</p>
        ${problems.map(
          (problem) =>
            html`<p class="problem">
              ${problemSentence(problem)} <span class="quiet">${agoText(problem.since, this.now)}</span>
            </p>`,
        )}
      </div>
      <span class="quiet">${connected ? t().deviceWorks : t().deviceAway}</span>
      <ic-icon name=${connected && problems.length === 0 ? 'check' : 'warning'}></ic-icon>
    </li>`;
  }

  #calibrate(): Promise<void> {
    return this.ask(async () => {
      const { delayMs } = await this.client.post('/audio/calibrate', {});
      return t().calibrated(Math.round(Number(delayMs)));
    });
  }
}
