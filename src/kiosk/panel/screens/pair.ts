import { css, html, LitElement } from 'lit';
import { base } from '../../design/base.ts';
import type { PanelRole } from '../../room-state.ts';
import { askFor } from '../asking.ts';
import type { RoomClient } from '../room-client.ts';
import { t } from '../strings.ts';

const CODE_DIGITS = 6;

/** A panel that the room does not know yet: how to make it known. Emits `ic-paired`. */
export class IcPair extends LitElement {
  static override properties = {
    client: { attribute: false },
    asked: { attribute: false },
    busy: { attribute: false },
    error: { attribute: false },
  };
  declare client: RoomClient;
  /** The room shows a code now. */
  declare asked: boolean;
  declare busy: boolean;
  declare error: string;

  constructor() {
    super();
    this.asked = this.busy = false;
    this.error = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-items: center;
        padding: 32px;
      }
      section {
        display: grid;
        gap: 20px;
        max-width: 640px;
      }
      h1 {
        font-size: var(--text-title);
        line-height: 1.2;
      }
      p {
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
      .roles {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
      }
      .roles ic-button {
        flex: 1;
        --target: 88px;
      }
      .error {
        color: var(--danger);
      }
    `,
  ];

  override render(): unknown {
    if (this.asked)
      return html`<ic-pin-pad
        heading=${t().pairTitle}
        note=${t().pairIntro}
        error=${this.error}
        okLabel=${t().pair}
        least=${CODE_DIGITS}
        most=${CODE_DIGITS}
        ?busy=${this.busy}
        @ic-digits=${(event: CustomEvent<string>) => void this.#finish(event.detail)}
      ></ic-pin-pad>`;
    return html`<section>
      <h1>${t().pairTitle}</h1>
      <p>${t().pairIntro}</p>
      <p id="as">${t().pairAs}</p>
      <div class="roles" role="group" aria-labelledby="as">
        ${(['panel', 'door'] as const).map(
          (role) =>
            html`<ic-button
              large
              kind=${role === 'panel' ? 'primary' : 'plain'}
              ?busy=${this.busy}
              @click=${() => void this.#begin(role)}
              >${t().roles[role]}</ic-button
            >`,
        )}
      </div>
      ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : ''}
    </section>`;
  }

  async #begin(role: PanelRole): Promise<void> {
    await askFor(this, async () => {
      await this.client.post('/pairing/begin', { role });
      this.asked = true;
    });
  }

  async #finish(code: string): Promise<void> {
    await askFor(this, async () => {
      const { role } = await this.client.post('/pairing/finish', { code });
      if (role === 'door') window.location.assign('/door.html');
      else this.dispatchEvent(new CustomEvent('ic-paired', { bubbles: true, composed: true }));
    });
  }
}
