import { css, html, LitElement, nothing } from 'lit';
import type { RoomDevice } from '../../../devices/room-device.ts';
import { base } from '../../design/base.ts';
import type { IconName } from '../../design/icons.ts';
import { act } from '../navigation.ts';
import { t } from '../strings.ts';

/** Repeated while a finger is down: without a word for half a second the camera is stopped. */
const REPEAT_MS = 200;
const SPEED = 0.5;
const PRESETS_SHOWN = 4;
const FRAMING_MODES = ['fixed', 'presets', 'follow'] as const;

interface Direction {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

const still: Direction = { pan: 0, tilt: 0, zoom: 0 };

/** Moves the room's camera while touched, and recalls or keeps its views. */
export class IcCameraPad extends LitElement {
  static override properties = {
    camera: { attribute: false },
    pending: { attribute: false },
    keeping: { attribute: false },
  };
  /** Of kind `camera-control`. */
  declare camera: RoomDevice;
  declare pending: ReadonlySet<string>;
  /** The next preset touched keeps the present view. */
  declare keeping: boolean;
  #repeat = 0;

  constructor() {
    super();
    this.keeping = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 16px;
      }
      .move {
        display: grid;
        grid-template-columns: repeat(3, auto) 1fr auto;
        grid-template-rows: repeat(3, auto);
        gap: 8px;
        justify-content: start;
        touch-action: none;
      }
      .up {
        grid-area: 1 / 2;
      }
      .left {
        grid-area: 2 / 1;
      }
      .home {
        grid-area: 2 / 2;
      }
      .right {
        grid-area: 2 / 3;
      }
      .down {
        grid-area: 3 / 2;
      }
      .in {
        grid-area: 1 / 5;
      }
      .out {
        grid-area: 3 / 5;
      }
      .presets,
      .modes {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
      }
      .presets ic-button,
      .modes ic-button {
        flex: 1;
      }
      h3 {
        font-size: var(--text-body);
        color: var(--text-quiet);
      }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#repeat !== 0) this.#stop();
  }

  override render(): unknown {
    const { actions, camera } = this.camera.capabilities;
    return html`${actions.includes('move') ? this.#arrows() : nothing}
    ${camera?.presets ? this.#presets(camera.presets) : nothing} ${this.#framing()}`;
  }

  #arrows(): unknown {
    const camera = this.camera.capabilities.camera;
    const arrow = (name: string, icon: IconName, label: string, to: Partial<Direction>): unknown =>
      html`<ic-icon-button
        class=${name}
        icon=${icon}
        label=${label}
        @pointerdown=${(event: PointerEvent) => this.#press(event, { ...still, ...to })}
        @pointerup=${() => this.#stop()}
        @pointercancel=${() => this.#stop()}
        @lostpointercapture=${() => this.#stop()}
        @keydown=${(event: KeyboardEvent) => this.#key(event, { ...still, ...to })}
        @keyup=${() => this.#stop()}
        @blur=${() => this.#stop()}
      ></ic-icon-button>`;
    const canPan = camera?.pan.kind !== 'none';
    const canTilt = camera?.tilt.kind !== 'none';
    return html`<div class="move" role="group" aria-label=${t().moveCamera}>
      ${canTilt ? arrow('up', 'arrow-up', t().cameraUp, { tilt: SPEED }) : nothing}
      ${canPan ? arrow('left', 'chevron-left', t().cameraLeft, { pan: -SPEED }) : nothing}
      ${
        camera?.home
          ? html`<ic-icon-button
              class="home"
              icon="home"
              label=${t().homePosition}
              @click=${() => this.#ask('home')}
            ></ic-icon-button>`
          : nothing
      }
      ${canPan ? arrow('right', 'chevron-right', t().cameraRight, { pan: SPEED }) : nothing}
      ${canTilt ? arrow('down', 'arrow-down', t().cameraDown, { tilt: -SPEED }) : nothing}
      ${
        camera?.zoom.kind === 'none'
          ? nothing
          : html`${arrow('in', 'plus', t().zoomIn, { zoom: SPEED })}
            ${arrow('out', 'minus', t().zoomOut, { zoom: -SPEED })}`
      }
    </div>`;
  }

  #presets({ first, last }: { first: number; last: number }): unknown {
    const numbers = Array.from({ length: Math.min(PRESETS_SHOWN, last - first + 1) }, (_, index) => first + index);
    const shown = (number: number): number => number - first + 1;
    return html`<h3>${this.keeping ? t().keepPreset : t().presets}</h3>
      <div class="presets" role="group" aria-label=${this.keeping ? t().keepPreset : t().presets}>
        ${numbers.map(
          (preset) =>
            html`<ic-button
              kind=${this.keeping ? 'primary' : 'plain'}
              label=${this.keeping ? t().keepPresetAs(shown(preset)) : t().preset(shown(preset))}
              ?busy=${this.pending.has(this.#path('preset'))}
              @click=${() => this.#preset(preset)}
              >${shown(preset)}</ic-button
            >`,
        )}
        <ic-icon-button
          icon=${this.keeping ? 'close' : 'keep'}
          label=${this.keeping ? t().cancel : t().keepPreset}
          @click=${() => (this.keeping = !this.keeping)}
        ></ic-icon-button>
      </div>`;
  }

  #framing(): unknown {
    const now = this.camera.state['framing'];
    const offered = FRAMING_MODES.filter((mode) => this.#framingModes().includes(mode));
    if (offered.length < 2) return nothing;
    return html`<h3>${t().framing}</h3>
      <div class="modes" role="group" aria-label=${t().framing}>
        ${offered.map(
          (mode) =>
            html`<ic-button
              kind=${now === mode ? 'primary' : 'plain'}
              ?busy=${this.pending.has(this.#path('framing'))}
              @click=${() => this.#ask('framing', { mode })}
              >${t().framingModes[mode]}</ic-button
            >`,
        )}
      </div>`;
  }

  #framingModes(): readonly string[] {
    return this.camera.capabilities.framing;
  }

  #preset(preset: number): void {
    this.#ask('preset', { preset, store: this.keeping });
    this.keeping = false;
  }

  #press(event: PointerEvent, to: Direction): void {
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.#move(to);
  }

  #key(event: KeyboardEvent, to: Direction): void {
    if (event.repeat || (event.key !== 'Enter' && event.key !== ' ')) return;
    this.#move(to);
  }

  #move(to: Direction): void {
    window.clearInterval(this.#repeat);
    this.#repeat = window.setInterval(() => this.#ask('move', to), REPEAT_MS);
    this.#ask('move', to);
  }

  /** Once for each movement, however many events end it. */
  #stop(): void {
    if (this.#repeat === 0) return;
    window.clearInterval(this.#repeat);
    this.#repeat = 0;
    this.#ask('stop');
  }

  #path(action: string): string {
    return `/devices/${encodeURIComponent(this.camera.id)}/${action}`;
  }

  #ask(action: string, body: object = {}): void {
    act(this, this.#path(action), body);
  }
}
