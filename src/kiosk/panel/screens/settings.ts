import { css, html, LitElement } from 'lit';
import { base } from '../../design/base.ts';
import type { IconName } from '../../design/icons.ts';
import type { RoomState } from '../../room-state.ts';
import { askFor } from '../asking.ts';
import { go } from '../navigation.ts';
import { sentenceOf } from '../panel-app.ts';
import { ApiError, type RoomClient } from '../room-client.ts';
import { t } from '../strings.ts';
import { subScreen } from './sub-screen.ts';

const SECTIONS = ['devices', 'network', 'calendar', 'panels', 'logs', 'system'] as const;
type Section = (typeof SECTIONS)[number];

const icons: Readonly<Record<Section, IconName>> = {
  devices: 'camera',
  network: 'network',
  calendar: 'calendar',
  panels: 'tablet',
  logs: 'log',
  system: 'power',
};

/** For whoever looks after the room, behind a PIN. The token lives in this element and goes with it. */
export class IcSettings extends LitElement {
  static override properties = {
    client: { attribute: false },
    state: { attribute: false },
    now: { attribute: false },
    step: { attribute: false },
    section: { attribute: false },
    error: { attribute: false },
    busy: { attribute: false },
  };
  declare client: RoomClient;
  declare state: RoomState;
  declare now: number;
  /** `choose` and `repeat` while no PIN is set. */
  declare step: 'asking' | 'enter' | 'choose' | 'repeat' | 'open';
  declare section: Section;
  declare error: string;
  declare busy: boolean;
  #chosen = '';
  #token: string | null = null;

  constructor() {
    super();
    this.step = 'asking';
    this.section = 'devices';
    this.error = '';
    this.busy = false;
    this.addEventListener('ic-change-pin', () => (this.step = 'choose'));
    this.addEventListener('ic-locked', () => this.#lock());
  }

  static override styles = [
    base,
    subScreen,
    css`
      ic-pin-pad {
        place-self: center;
      }
      .open {
        display: grid;
        grid-template-columns: 220px minmax(0, 1fr);
        gap: 24px;
        min-height: 0;
      }
      nav {
        display: grid;
        align-content: start;
        gap: 8px;
        overflow: hidden auto;
        scrollbar-width: thin;
      }
      .section {
        overflow: hidden auto;
        padding: 20px 24px;
        border-radius: var(--radius);
        background: var(--surface);
        scrollbar-width: thin;
      }
      @media (orientation: portrait) {
        .open {
          grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
        }
        nav {
          grid-template-columns: repeat(3, 1fr);
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
  }

  override render(): unknown {
    return html`<div class="top">
        <ic-icon-button icon="chevron-left" label=${t().back} @click=${() => go(this, 'home')}></ic-icon-button>
        <h1>${t().settings}</h1>
        ${
          this.step === 'open'
            ? html`<ic-button icon="lock" @click=${() => this.#lock()}>${t().lockSettings}</ic-button>`
            : ''
        }
      </div>
      ${this.#content()}`;
  }

  #content(): unknown {
    switch (this.step) {
      case 'asking':
        // A lock that cannot be asked says why: settings that stay empty help nobody.
        return html`<p class="intro" role="status">${this.error}</p>`;
      case 'enter':
        return this.#pad(t().enterPin, '', (pin) => this.#unlock(pin));
      case 'choose':
        return this.#pad(t().choosePin, t().pinRules, (pin) => {
          this.#chosen = pin;
          this.step = 'repeat';
        });
      case 'repeat':
        return this.#pad(t().repeatPin, '', (pin) => this.#setPin(pin));
      case 'open':
        return this.#open();
    }
  }

  #pad(heading: string, note: string, take: (pin: string) => void): unknown {
    return html`<ic-pin-pad
      masked
      heading=${heading}
      note=${note}
      error=${this.error}
      ?busy=${this.busy}
      @ic-digits=${(event: CustomEvent<string>) => take(event.detail)}
    ></ic-pin-pad>`;
  }

  #open(): unknown {
    return html`<div class="open">
      <nav aria-label=${t().settings}>
        ${SECTIONS.map(
          (section) =>
            html`<ic-button
              icon=${icons[section]}
              kind=${this.section === section ? 'primary' : 'plain'}
              @click=${() => (this.section = section)}
              >${t()[section]}</ic-button
            >`,
        )}
      </nav>
      <section class="section" tabindex="0" aria-label=${t()[this.section]}>${this.#section()}</section>
    </div>`;
  }

  #section(): unknown {
    const { client, state, now } = this;
    const token = this.#token;
    switch (this.section) {
      case 'devices':
        return html`<ic-settings-devices .state=${state} .now=${now} .client=${client}></ic-settings-devices>`;
      case 'calendar':
        return html`<ic-settings-calendar
          .state=${state}
          .now=${now}
          .client=${client}
          .token=${token}
        ></ic-settings-calendar>`;
      case 'logs':
        return html`<ic-settings-log .client=${client} .token=${token}></ic-settings-log>`;
      default:
        return html`<ic-settings-room
          .client=${client}
          .token=${token}
          .now=${now}
          shows=${this.section}
        ></ic-settings-room>`;
    }
  }

  async #look(): Promise<void> {
    await this.#ask(async () => {
      const { isPinSet } = await this.client.get('/admin/lock');
      this.step = isPinSet === true ? 'enter' : 'choose';
    });
  }

  #unlock(pin: string): void {
    void this.#ask(async () => this.#take(await this.client.post('/admin/unlock', { pin })));
  }

  #setPin(pin: string): void {
    if (pin !== this.#chosen) {
      this.error = t().pinsDiffer;
      this.step = 'choose';
      return;
    }
    void this.#ask(async () => this.#take(await this.client.post('/admin/pin', { pin }, this.#token)));
  }

  #take({ token }: Record<string, unknown>): void {
    this.#token = typeof token === 'string' ? token : null;
    this.#chosen = '';
    this.step = 'open';
  }

  #lock(): void {
    if (this.#token !== null) void this.client.post('/admin/lock', {}, this.#token).catch(() => undefined);
    this.#token = null;
    this.step = 'enter';
  }

  #ask(request: () => Promise<void>): Promise<void> {
    return askFor(this, request, pinError);
  }
}

function pinError(error: unknown): string {
  if (!(error instanceof ApiError)) return sentenceOf(error);
  if (error.code === 'admin/pin-wrong') return t().pinWrong;
  if (error.code === 'admin/pin-wait') return t().pinWait(Math.ceil((error.retryAfterMs ?? 60_000) / 1_000));
  return sentenceOf(error);
}
