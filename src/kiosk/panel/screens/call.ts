import { css, html, LitElement, nothing } from 'lit';
import type { CallPhase, Participant, RoomLayout } from '../../../call/call-state.ts';
import { base } from '../../design/base.ts';
import { streamTexts } from '../../design/stream-texts.ts';
import type { RoomState } from '../../room-state.ts';
import { act } from '../panel-app.ts';
import { languageOf, t } from '../strings.ts';

const VOLUME_STEP = 10;

/** Can they hear and see me, is it private, how do I leave? */
export class IcCall extends LitElement {
  static override properties = {
    state: { attribute: false },
    pending: { attribute: false },
    now: { attribute: false },
    privacyOpen: { attribute: false },
    diagnosticsOpen: { attribute: false },
    layoutOpen: { attribute: false },
  };
  declare state: RoomState;
  declare pending: ReadonlySet<string>;
  declare now: number;
  declare privacyOpen: boolean;
  declare diagnosticsOpen: boolean;
  declare layoutOpen: boolean;

  constructor() {
    super();
    this.privacyOpen = this.diagnosticsOpen = this.layoutOpen = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: auto 1fr auto;
        gap: 20px;
        padding: 24px 32px;
        min-height: 0;
      }
      /* Out of the grid, of which each closed one would take a gap. */
      ic-dialog {
        position: absolute;
      }
      header {
        display: flex;
        align-items: center;
        gap: 20px;
      }
      h1 {
        flex: 1;
        font-size: 28px;
        line-height: 1.2;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .clock {
        font-size: 28px;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      .lock {
        color: var(--good);
      }
      .body {
        display: grid;
        grid-template-columns: 3fr 2fr;
        gap: 20px;
        min-height: 0;
      }
      .card {
        padding: 20px 24px;
        border-radius: var(--radius);
        background: var(--surface);
        overflow: auto;
      }
      h2 {
        margin-bottom: 12px;
        font-size: var(--text-large);
      }
      .heading {
        position: sticky;
        top: -20px;
        z-index: 1;
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin: -20px 0 12px;
        padding-top: 20px;
        background: var(--surface);
      }
      .heading h2 {
        margin: 0;
      }
      .pager {
        display: flex;
        align-items: center;
        gap: 12px;
      }
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 56px;
        font-size: var(--text-large);
        border-radius: var(--radius-small);
      }
      li .name {
        flex: 1;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      li .quiet {
        color: var(--text-quiet);
        font-size: var(--text-body);
      }
      li.speaking {
        box-shadow: inset 4px 0 0 var(--accent);
        padding-left: 12px;
      }
      .off {
        color: var(--danger);
      }
      .status {
        display: grid;
        align-content: center;
        justify-items: center;
        gap: 12px;
        text-align: center;
        font-size: var(--text-title);
        font-weight: 600;
      }
      .status p {
        font-size: var(--text-large);
        font-weight: 400;
        color: var(--text-quiet);
      }
      .note {
        display: flex;
        gap: 10px;
        margin-top: 12px;
        color: var(--text-quiet);
      }
      .note.problem {
        color: var(--warning);
      }
      .notice {
        min-height: 24px;
        color: var(--text-quiet);
      }
      footer {
        display: flex;
        align-items: stretch;
        gap: 12px;
      }
      footer ic-button {
        --target: 88px;
        flex: 1;
      }
      .volume {
        display: flex;
        align-items: center;
        gap: 12px;
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
      /* Read standing: nothing smaller than the rest. */
      ic-stream-table {
        --text-small: 1rem;
      }
      .leave {
        flex: 1.2;
      }
      @media (orientation: portrait) {
        .body {
          grid-template-columns: 1fr;
        }
        footer {
          flex-wrap: wrap;
        }
      }
    `,
  ];

  override render(): unknown {
    const { call } = this.state;
    return html`<header>
        <h1>${this.state.room.name}</h1>
        <ic-button class="lock" kind="quiet" icon="lock" @click=${() => (this.privacyOpen = true)}
          >${t().encrypted}</ic-button
        >
        <ic-button kind="quiet" icon="figures" @click=${() => (this.diagnosticsOpen = true)}
          >${t().diagnostics}</ic-button
        >
        <span class="clock">${this.#elapsed()}</span>
      </header>
      ${call.phase === 'in-call' ? this.#inCall() : this.#waiting(call.phase)} ${this.#bar()}
      <ic-dialog
        heading=${t().privacy}
        closeLabel=${t().close}
        ?open=${this.privacyOpen}
        @ic-close=${() => (this.privacyOpen = false)}
        ><ic-privacy .call=${call}></ic-privacy
      ></ic-dialog>
      ${this.#layoutDialog(call.layout)} ${this.#diagnostics()}`;
  }

  #diagnostics(): unknown {
    return html`<ic-dialog
      wide
      heading=${t().diagnostics}
      closeLabel=${t().close}
      ?open=${this.diagnosticsOpen}
      @ic-close=${() => (this.diagnosticsOpen = false)}
      >${
        this.diagnosticsOpen
          ? html`<ic-stream-table
              .texts=${{ ...streamTexts[languageOf(document.documentElement.lang)], you: this.state.room.name }}
              .call=${this.state.call}
            ></ic-stream-table>`
          : nothing
      }</ic-dialog
    >`;
  }

  #inCall(): unknown {
    const { call } = this.state;
    const notice = call.notices.findLast(({ at }) => this.now - at < 8_000);
    return html`<div class="body">
      <section class="card" tabindex="0" aria-labelledby="people">
        <div class="heading">
          <h2 id="people">${t().people} ${call.participants.length}</h2>
          ${this.#pager(call.layout)}
        </div>
        <ul>
          ${call.participants.map((participant) => this.#person(participant))}
        </ul>
      </section>
      <section class="card" tabindex="0" aria-labelledby="code">
        <h2 id="code">${t().codeTitle}</h2>
        <ic-privacy .call=${call}></ic-privacy>
        ${call.alone ? html`<p class="note"><ic-icon name="info"></ic-icon>${t().alone}</p>` : nothing}
        ${[...call.problems, ...this.state.problems].map(
          ({ message, action }) =>
            html`<p class="note problem"><ic-icon name="warning"></ic-icon><span>${message} ${action}</span></p>`,
        )}
        <p class="notice" aria-live="polite">${notice?.message ?? ''}</p>
      </section>
    </div>`;
  }

  #waiting(phase: CallPhase): unknown {
    const words = {
      connecting: t().connecting,
      securing: t().securing,
      rejoining: t().rejoining,
      leaving: t().leaving,
    };
    const [problem] = this.state.call.problems;
    return html`<div class="status" role="status">
      <span>${phase in words ? words[phase as keyof typeof words] : ''}</span>
      ${problem ? html`<p>${problem.message} ${problem.action}</p>` : nothing}
    </div>`;
  }

  #person(participant: Participant): unknown {
    const verified = participant.verification.kind === 'organisation';
    const hint = participant.self ? t().thisRoom : participant.kind === 'guest' ? t().guest : '';
    return html`<li class=${participant.speaking ? 'speaking' : ''}>
      <span class="name"
        >${participant.name || t().unnamed} ${hint ? html`<span class="quiet">${hint}</span>` : nothing}</span
      >
      ${participant.handRaised ? html`<ic-icon name="hand" title=${t().handUp}></ic-icon>` : nothing}
      ${
        participant.microphone === 'on'
          ? nothing
          : html`<ic-icon class="off" name="mic-off"></ic-icon><span class="only-heard">${t().muted}</span>`
      }
      <ic-badge
        ?verified=${verified}
        text=${participant.verification.kind === 'organisation' ? participant.verification.organisation : t().unverified}
      ></ic-badge>
    </li>`;
  }

  #bar(): unknown {
    const { call } = this.state;
    const volumeBusy = this.pending.has('/call/volume');
    return html`<footer>
      <ic-button
        icon=${call.microphoneMuted ? 'mic-off' : 'mic'}
        kind=${call.microphoneMuted ? 'danger' : 'plain'}
        ?busy=${this.pending.has('/call/mute')}
        @click=${() => act(this, '/call/mute', { muted: !call.microphoneMuted })}
        >${call.microphoneMuted ? t().unmute : t().mute}</ic-button
      >
      <ic-button
        icon=${call.cameraOff ? 'video-off' : 'video'}
        kind=${call.cameraOff ? 'danger' : 'plain'}
        ?busy=${this.pending.has('/call/camera')}
        @click=${() => act(this, '/call/camera', { off: !call.cameraOff })}
        >${call.cameraOff ? t().cameraOn : t().cameraOff}</ic-button
      >
      <div class="volume" role="group" aria-label=${t().volume}>
        ${this.#volumeButton('quieter', -VOLUME_STEP, volumeBusy)}
        <output aria-label=${t().volume}>${call.volume}</output>
        ${this.#volumeButton('louder', VOLUME_STEP, volumeBusy)}
      </div>
      ${
        this.state.devices.screen
          ? html`<ic-button
              icon=${call.sharing ? 'screen-stop' : 'screen-share'}
              ?busy=${this.pending.has('/call/share')}
              @click=${() => act(this, '/call/share', { sharing: !call.sharing })}
              >${call.sharing ? t().stopSharing : t().share}</ic-button
            >`
          : nothing
      }
      ${
        call.layout
          ? html`<ic-button icon=${call.layout.mode} @click=${() => (this.layoutOpen = true)}>${t().layout}</ic-button>`
          : nothing
      }
      <ic-button
        class="leave"
        kind="danger"
        icon="leave"
        ?busy=${this.pending.has('/call/leave') || call.phase === 'leaving'}
        @click=${() => act(this, '/call/leave')}
        >${t().leave}</ic-button
      >
    </footer>`;
  }

  #layoutDialog(layout: RoomLayout | null): unknown {
    return html`<ic-dialog
      heading=${t().layout}
      closeLabel=${t().close}
      ?open=${this.layoutOpen && layout !== null}
      @ic-close=${() => (this.layoutOpen = false)}
      >${
        layout
          ? html`<ic-layout
              .layout=${layout}
              .hasCamera=${this.state.devices.camera !== null}
              ?busy=${this.pending.has('/call/layout')}
            ></ic-layout>`
          : nothing
      }</ic-dialog
    >`;
  }

  /** Turns the pages of the display, where not everybody has a place on one. */
  #pager(layout: RoomLayout | null): unknown {
    if (!layout || layout.pages < 2) return nothing;
    const { page, pages } = layout;
    return html`<div class="pager" role="group" aria-label=${t().page}>
      ${this.#pageButton('chevron-left', t().previousPage, page > 1 ? page - 1 : pages)}
      <output aria-label=${t().page}>${page}/${pages}</output>
      ${this.#pageButton('chevron-right', t().nextPage, page < pages ? page + 1 : 1)}
    </div>`;
  }

  #pageButton(icon: 'chevron-left' | 'chevron-right', label: string, page: number): unknown {
    return html`<ic-icon-button
      icon=${icon}
      label=${label}
      ?busy=${this.pending.has('/call/layout')}
      @click=${() => act(this, '/call/layout', { page })}
    ></ic-icon-button>`;
  }

  #volumeButton(name: 'quieter' | 'louder', step: number, busy: boolean): unknown {
    const percent = Math.min(100, Math.max(0, this.state.call.volume + step));
    return html`<ic-icon-button
      icon=${name === 'quieter' ? 'minus' : 'plus'}
      label=${t()[name]}
      ?busy=${busy}
      @click=${() => act(this, '/call/volume', { percent })}
    ></ic-icon-button>`;
  }

  #elapsed(): string {
    const { joinedAt } = this.state.call;
    if (joinedAt === null) return '';
    const seconds = Math.max(0, Math.floor((this.now - joinedAt) / 1_000));
    const pad = (value: number): string => String(value).padStart(2, '0');
    const hours = Math.floor(seconds / 3_600);
    return `${hours > 0 ? `${hours}:` : ''}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  }
}
