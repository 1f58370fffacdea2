import { css, html, LitElement, nothing } from 'lit';
import type { RoomState } from '../../room-state.ts';
import { base } from '../../design/base.ts';
import { act } from '../navigation.ts';
import { t } from '../strings.ts';

const VOLUME_STEP = 10;

/** What is touched during a call. Emits `ic-layout-open`. */
export class IcCallBar extends LitElement {
  static override properties = { state: { attribute: false }, pending: { attribute: false } };
  declare state: RoomState;
  declare pending: ReadonlySet<string>;

  static override styles = [
    base,
    css`
      :host {
        --button-inset: 16px;
        display: flex;
        align-items: stretch;
        gap: 12px;
      }
      ic-button {
        --target: 88px;
        flex: 1;
        line-height: 1.2;
      }
      .volume {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 0 12px;
        border-radius: 999px;
        background: var(--surface);
      }
      output {
        min-width: 3ch;
        text-align: center;
        font-size: var(--text-large);
        font-variant-numeric: tabular-nums;
      }
      .leave {
        flex: 1.2;
      }
      @media (orientation: portrait) {
        :host {
          flex-wrap: wrap;
        }
        ic-button,
        .volume {
          flex: 1 1 40%;
          justify-content: space-between;
        }
      }
    `,
  ];

  override render(): unknown {
    const { call } = this.state;
    return html`${this.#microphone()} ${this.#camera()} ${this.#volume()} ${this.#share()}
      ${
        call.layout
          ? html`<ic-button icon=${call.layout.mode} @click=${() => this.#openLayout()}>${t().layout}</ic-button>`
          : nothing
      }
      <ic-button
        class="leave"
        kind="danger"
        icon="leave"
        ?busy=${this.pending.has('/call/leave') || call.phase === 'leaving'}
        @click=${() => act(this, '/call/leave')}
        >${t().leave}</ic-button
      >`;
  }

  #microphone(): unknown {
    const muted = this.state.call.microphoneMuted;
    return html`<ic-button
      icon=${muted ? 'mic-off' : 'mic'}
      kind=${muted ? 'danger' : 'plain'}
      ?busy=${this.pending.has('/call/mute')}
      @click=${() => act(this, '/call/mute', { muted: !muted })}
      >${muted ? t().unmute : t().mute}</ic-button
    >`;
  }

  #camera(): unknown {
    const off = this.state.call.cameraOff;
    return html`<ic-button
      icon=${off ? 'video-off' : 'video'}
      kind=${off ? 'danger' : 'plain'}
      ?busy=${this.pending.has('/call/camera')}
      @click=${() => act(this, '/call/camera', { off: !off })}
      >${off ? t().cameraOn : t().cameraOff}</ic-button
    >`;
  }

  #share(): unknown {
    if (!this.state.devices.screen) return nothing;
    const { sharing } = this.state.call;
    return html`<ic-button
      icon=${sharing ? 'screen-stop' : 'screen-share'}
      ?busy=${this.pending.has('/call/share')}
      @click=${() => act(this, '/call/share', { sharing: !sharing })}
      >${sharing ? t().stopSharing : t().share}</ic-button
    >`;
  }

  #volume(): unknown {
    return html`<div class="volume" role="group" aria-label=${t().volume}>
      ${this.#volumeButton('quieter', -VOLUME_STEP)}
      <output aria-label=${t().volume}>${this.state.call.volume}</output>
      ${this.#volumeButton('louder', VOLUME_STEP)}
    </div>`;
  }

  #volumeButton(name: 'quieter' | 'louder', step: number): unknown {
    const percent = Math.min(100, Math.max(0, this.state.call.volume + step));
    return html`<ic-icon-button
      icon=${name === 'quieter' ? 'minus' : 'plus'}
      label=${t()[name]}
      ?busy=${this.pending.has('/call/volume')}
      @click=${() => act(this, '/call/volume', { percent })}
    ></ic-icon-button>`;
  }

  #openLayout(): void {
    this.dispatchEvent(new CustomEvent('ic-layout-open', { bubbles: true, composed: true }));
  }
}
