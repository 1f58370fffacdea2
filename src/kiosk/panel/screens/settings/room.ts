import { html, nothing } from 'lit';
import type { AdminOverview, PairedPanel } from '../../../admin-state.ts';
import { agoText, clockTime, longDate } from '../../format.ts';
import { t } from '../../strings.ts';
import { SettingsSection } from './section.ts';

/** Network, paired panels, and the room's program itself: three views of one answer of the daemon. */
export class IcSettingsRoom extends SettingsSection {
  static override properties = {
    ...SettingsSection.properties,
    shows: { type: String },
    overview: { attribute: false },
    asking: { attribute: false },
  };
  declare shows: 'network' | 'panels' | 'system';
  declare overview: AdminOverview | null;
  /** Whether to restart. */
  declare asking: boolean;

  constructor() {
    super();
    this.overview = null;
    this.asking = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#read();
  }

  override render(): unknown {
    const { overview } = this;
    return html`${this.outcome ? html`<ic-notice tone="warning" text=${this.outcome.text}></ic-notice>` : nothing}
    ${overview ? this.#part(overview) : nothing}`;
  }

  #part(overview: AdminOverview): unknown {
    switch (this.shows) {
      case 'network':
        return this.#network(overview);
      case 'panels':
        return this.#panels(overview);
      case 'system':
        return this.#system(overview);
    }
  }

  #network({ addresses, server }: AdminOverview): unknown {
    return html`<dl>
        <dt>${t().address}</dt>
        <dd>
          ${
            addresses.length === 0
              ? t().noAddress
              : addresses.map(
                  ({ interface: name, address }) => html`<p>${address} <span class="quiet">${name}</span></p>`,
                )
          }
        </dd>
        <dt>${t().server}</dt>
        <dd>
          ${server.origin}
          <p class=${server.reachedMs === null ? 'problem' : 'quiet'}>
            ${server.reachedMs === null ? t().serverNotReached : t().serverReached(server.reachedMs)}
          </p>
        </dd>
      </dl>
      ${this.#again()}`;
  }

  #panels({ panels }: AdminOverview): unknown {
    if (panels.length === 0) return html`<p class="quiet">${t().noPanels}</p>`;
    return html`<ul>
      ${panels.map((panel) => this.#panel(panel))}
    </ul>`;
  }

  #panel({ id, name, role, seenAt }: PairedPanel): unknown {
    return html`<li>
      <div>
        <p>${name}</p>
        <p class="quiet">${t().roles[role]} ${seenAt === null ? nothing : t().lastSeen(agoText(seenAt, this.now))}</p>
      </div>
      <ic-button kind="danger" ?busy=${this.busy} @click=${() => void this.#revoke(id)}>${t().revoke}</ic-button>
    </li>`;
  }

  #system({ version, startedAt }: AdminOverview): unknown {
    return html`<dl>
        <dt>${t().version}</dt>
        <dd>${version}</dd>
        <dt>${t().runningSince}</dt>
        <dd>${longDate(startedAt)}, ${clockTime(startedAt)}</dd>
      </dl>
      <div class="row">
        <ic-button icon="lock" @click=${() => this.#changePin()}>${t().changePin}</ic-button>
        <ic-button icon="retry" @click=${() => (this.asking = true)}>${t().restart}</ic-button>
      </div>
      <ic-dialog
        heading="${t().restart}?"
        closeLabel=${t().close}
        ?open=${this.asking}
        @ic-close=${() => (this.asking = false)}
      >
        <p>${t().restartExplained}</p>
        <div class="row">
          <ic-button kind="quiet" @click=${() => (this.asking = false)}>${t().cancel}</ic-button>
          <ic-button kind="danger" ?busy=${this.busy} @click=${() => void this.#restart()}>${t().restart}</ic-button>
        </div>
      </ic-dialog>`;
  }

  #again(): unknown {
    return html`<div class="row">
      <ic-icon-button
        icon="retry"
        label=${t().network}
        ?busy=${this.busy}
        @click=${() => void this.#read()}
      ></ic-icon-button>
    </div>`;
  }

  #changePin(): void {
    this.dispatchEvent(new CustomEvent('ic-change-pin', { bubbles: true, composed: true }));
  }

  #read(): Promise<void> {
    return this.ask(async () => {
      this.overview = (await this.client.get('/admin/overview', this.token)) as unknown as AdminOverview;
      return '';
    });
  }

  async #revoke(panel: string): Promise<void> {
    await this.ask(async () => {
      await this.client.post('/admin/panels/revoke', { panel }, this.token);
      return '';
    });
    await this.#read();
  }

  async #restart(): Promise<void> {
    await this.ask(async () => {
      await this.client.post('/admin/restart', {}, this.token);
      return '';
    });
    this.asking = false;
  }
}
