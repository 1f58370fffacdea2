import { css, html, nothing } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import type { DeviceKind, DeviceList, JoinChoice, LocalDevices } from '../call-controller.ts';
import type { Preferences } from '../preferences.ts';
import { ask, GuestElement } from './element.ts';

/** `/m/…` before the call: name, picture and sound check, join. Asks `join` (a `JoinChoice`) and `remember` (preferences). */
export class GuestPrejoin extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    devices: { attribute: false },
    preferences: { attribute: false },
    nameMissing: { state: true },
  };
  declare devices: LocalDevices;
  declare preferences: Preferences;
  declare nameMissing: boolean;
  #name: string | null = null;
  #cameraOn = true;
  #microphoneOn = true;
  #stop: (() => void)[] = [];

  static override styles = [
    base,
    css`
      section {
        display: grid;
        gap: 24px;
      }
      @media (min-width: 900px) {
        section {
          grid-template: auto auto / 1.6fr 1fr;
          gap: 20px 56px;
        }
        form {
          grid-row: span 2;
          align-self: center;
        }
      }
      .picture {
        position: relative;
        aspect-ratio: 16 / 9;
        border-radius: calc(var(--radius) * 1.25);
        background: var(--stage-tile);
        color: var(--stage-text);
        overflow: hidden;
        display: grid;
        place-items: center;
      }
      guest-video {
        position: absolute;
        inset: 0;
      }
      .toggles {
        position: absolute;
        inset: auto 0 16px;
        display: flex;
        justify-content: center;
        gap: 12px;
      }
      .check {
        display: grid;
        gap: 6px;
        margin-top: 14px;
        color: var(--text-quiet);
        font-size: var(--text-small);
      }
      form {
        display: grid;
        gap: 18px;
      }
      h1 {
        font-size: var(--text-title);
        line-height: 1.15;
        letter-spacing: -0.02em;
      }
      .lock {
        display: flex;
        align-items: center;
        gap: 8px;
        color: var(--good);
        font-size: var(--text-small);
        font-weight: 600;
      }
      .choices {
        display: grid;
        gap: 14px;
      }
      @media (min-width: 560px) {
        .choices {
          grid-template-columns: 1fr 1fr;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#cameraOn = this.preferences.cameraOn;
    this.#microphoneOn = this.preferences.microphoneOn;
    this.#stop = [
      this.devices.events.on('changed', () => this.requestUpdate()),
      this.devices.events.on('level', (level) => this.#showLevel(level)),
    ];
    void this.#preview();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop.splice(0)) stop();
  }

  override render(): unknown {
    const s = this.strings;
    return html`<section>
      <div>
        <div class="picture" role="group" aria-label=${s.preview}>
          ${
            this.devices.preview && this.#cameraOn
              ? html`<guest-video mirror .stream=${this.devices.preview}></guest-video>`
              : html`<span>${this.#pictureText()}</span>`
          }
          <div class="toggles">${this.#toggles()}</div>
        </div>
        <div class="check">
          <guest-level></guest-level>
          <span>${s.levelHint}</span>
        </div>
      </div>
      <form @submit=${(event: Event) => event.preventDefault()}>
        <div>
          <h1>${s.prejoinTitle}</h1>
        </div>
        ${this.#troubles()}
        <ic-field
          label=${s.nameLabel}
          placeholder=${s.namePlaceholder}
          hint=${s.nameHint}
          autocomplete="name"
          maxLength="64"
          .value=${this.#name ?? this.preferences.name}
          error=${this.nameMissing ? s.nameMissing : ''}
          @ic-input=${(event: CustomEvent<string>) => this.#rename(event.detail)}
          @ic-enter=${() => this.#join()}
        ></ic-field>
        <ic-button kind="primary" large @click=${() => this.#join()}>${s.joinMeeting}</ic-button>
        <p class="lock"><ic-icon name="lock"></ic-icon>${s.encrypted}</p>
      </form>
      <div class="choices">${this.#choice('camera')}${this.#choice('microphone')}</div>
    </section>`;
  }

  #toggles(): unknown {
    const s = this.strings;
    const [mic, cam] = [
      this.#microphoneOn && this.devices.microphone.trouble === null,
      this.#cameraOn && this.devices.camera.trouble === null,
    ];
    return html`<ic-icon-button
        icon=${mic ? 'mic' : 'mic-off'}
        label=${mic ? s.mute : s.unmute}
        state=${mic ? 'plain' : 'off'}
        @click=${() => this.#toggle('microphone')}
      ></ic-icon-button>
      <ic-icon-button
        icon=${cam ? 'video' : 'video-off'}
        label=${cam ? s.cameraOff : s.cameraOn}
        state=${cam ? 'plain' : 'off'}
        @click=${() => this.#toggle('camera')}
      ></ic-icon-button>`;
  }

  #choice(kind: DeviceKind): unknown {
    const s = this.strings;
    const list: DeviceList = this.devices[kind];
    if (list.options.length < 2) return nothing;
    const unnamed = kind === 'camera' ? s.cameraNumber : s.microphoneNumber;
    return html`<ic-choice
      label=${s[kind]}
      .value=${list.chosen ?? ''}
      .options=${list.options.map(({ id, label }, i) => ({ value: id, text: label || unnamed(i + 1) }))}
      @ic-choose=${(event: CustomEvent<string>) => void this.#choose(kind, event.detail)}
    ></ic-choice>`;
  }

  #troubles(): unknown {
    const s = this.strings;
    const { camera, microphone } = this.devices;
    if (camera.trouble === 'blocked' || microphone.trouble === 'blocked')
      return html`<ic-notice
        tone="warning"
        role="status"
        text=${s.devicesBlocked}
        detail=${s.devicesBlockedText}
      ></ic-notice>`;
    const texts = [
      camera.trouble === 'missing' ? s.cameraMissing : camera.trouble === 'busy' ? s.cameraBusy : null,
      microphone.trouble === 'missing' ? s.microphoneMissing : microphone.trouble === 'busy' ? s.microphoneBusy : null,
    ];
    return texts.map((text) =>
      text ? html`<ic-notice tone="warning" role="status" text=${text}></ic-notice>` : nothing,
    );
  }

  #pictureText(): string {
    const s = this.strings;
    return this.#cameraOn && this.devices.camera.trouble === null ? s.cameraStarting : s.cameraIsOff;
  }

  #rename(name: string): void {
    this.#name = name;
    if (name.trim()) this.nameMissing = false;
  }

  #toggle(kind: DeviceKind): void {
    if (kind === 'camera') this.#cameraOn = !this.#cameraOn;
    else this.#microphoneOn = !this.#microphoneOn;
    this.requestUpdate();
    ask(this, 'remember', { cameraOn: this.#cameraOn, microphoneOn: this.#microphoneOn });
    void this.#preview();
  }

  async #choose(kind: DeviceKind, id: string): Promise<void> {
    await this.devices.choose(kind, id);
    ask(this, 'remember', { [kind]: id });
  }

  async #preview(): Promise<void> {
    await this.devices.startPreview({ camera: this.#cameraOn, microphone: this.#microphoneOn });
  }

  #showLevel(level: number): void {
    const meter = this.renderRoot.querySelector<HTMLElement & { level: number }>('guest-level');
    if (meter) meter.level = this.#microphoneOn ? level : 0;
  }

  #join(): void {
    const name = (this.#name ?? this.preferences.name).trim();
    if (!name) {
      this.nameMissing = true;
      this.renderRoot.querySelector<HTMLElement>('ic-field')?.focus();
      return;
    }
    const { camera, microphone } = this.devices;
    const choice: JoinChoice = {
      name,
      camera: camera.trouble === 'missing' ? 'none' : this.#cameraOn ? 'on' : 'off',
      microphone: microphone.trouble === 'missing' ? 'none' : this.#microphoneOn ? 'on' : 'muted',
    };
    ask(this, 'join', choice);
  }
}
