import { css, html, nothing } from 'lit';
import type { LogLine } from '../../../admin-state.ts';
import { t } from '../../strings.ts';
import { SettingsSection } from './section.ts';

/** The last lines of the room's log, newest first. */
export class IcSettingsLog extends SettingsSection {
  static override properties = { ...SettingsSection.properties, lines: { attribute: false } };
  declare lines: readonly LogLine[];

  constructor() {
    super();
    this.lines = [];
  }

  static override styles = [
    ...SettingsSection.styles,
    css`
      ol {
        font-family: ui-monospace, monospace;
        font-size: var(--text-body);
      }
      ol li {
        display: grid;
        grid-template-columns: auto auto minmax(0, 1fr);
        gap: 12px;
        min-height: 0;
        padding: 4px 0;
        font-size: inherit;
      }
      .warn,
      .error {
        color: var(--warning);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#read();
  }

  override render(): unknown {
    return html`<div class="row">
        <ic-icon-button
          icon="retry"
          label=${t().logs}
          ?busy=${this.busy}
          @click=${() => void this.#read()}
        ></ic-icon-button>
      </div>
      ${this.outcome ? html`<ic-notice tone="warning" text=${this.outcome.text}></ic-notice>` : nothing}
      <ol>
        ${this.lines.map(
          ({ at, level, text }) =>
            html`<li class=${level}>
              <time>${new Date(at).toLocaleTimeString()}</time><span>${level}</span><span>${text}</span>
            </li>`,
        )}
      </ol>`;
  }

  #read(): Promise<void> {
    return this.ask(async () => {
      const { lines } = await this.client.get('/admin/log', this.token);
      this.lines = (lines as LogLine[]).toReversed();
      return '';
    });
  }
}
