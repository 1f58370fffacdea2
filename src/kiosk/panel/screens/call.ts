import { css, html, LitElement, nothing } from 'lit';
import type { CallPhase, Notice } from '../../../call/call-state.ts';
import type { BookingView } from '../../../calendar/schedule-state.ts';
import type { RoomDevice } from '../../../devices/room-device.ts';
import { base } from '../../design/base.ts';
import type { IconName } from '../../design/icons.ts';
import { streamTexts } from '../../design/stream-texts.ts';
import type { RoomState } from '../../room-state.ts';
import { titleOf } from '../booking-texts.ts';
import { clockTime, duration, minutesUntil } from '../format.ts';
import { act } from '../navigation.ts';
import { problemSentence } from '../problem-texts.ts';
import { languageOf, t } from '../strings.ts';

const NOTICE_MS = 8_000;
/** So long before the end of its booking the room says how much is left. */
const LEFT_SHOWN_MINUTES = 15;

type Opened = 'privacy' | 'diagnostics' | 'layout' | 'chat' | 'camera' | 'more';

/** Can they hear and see me, is it private, how do I leave? */
export class IcCall extends LitElement {
  static override properties = {
    state: { attribute: false },
    pending: { attribute: false },
    now: { attribute: false },
    opened: { attribute: false },
    read: { attribute: false },
  };
  declare state: RoomState;
  declare pending: ReadonlySet<string>;
  declare now: number;
  /** The dialog that is open. */
  declare opened: Opened | null;
  /** Messages seen. */
  declare read: number;

  constructor() {
    super();
    this.opened = null;
    this.read = 0;
    this.addEventListener('ic-layout-open', () => (this.opened = 'layout'));
  }

  static override styles = [
    base,
    css`
      :host {
        --button-inset: 16px;
        display: grid;
        grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
        gap: 16px;
        padding: 20px 32px;
        min-height: 0;
      }
      /* Out of the grid, of which each closed one would take a gap. */
      ic-dialog {
        position: absolute;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px 16px;
      }
      h1 {
        flex: 1 1 8em;
        min-width: 0;
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
      .left {
        color: var(--warning);
        font-size: var(--text-body);
        font-weight: 600;
        line-height: 1.3;
      }
      .left span {
        display: block;
        font-weight: 400;
      }
      header ic-button {
        white-space: nowrap;
      }
      .lock {
        color: var(--good);
        white-space: nowrap;
      }
      .body {
        display: grid;
        grid-template-columns: minmax(0, 5fr) minmax(0, 4fr);
        gap: 20px;
        min-height: 0;
      }
      .side {
        display: grid;
        grid-template-rows: minmax(0, 1fr) auto;
        gap: 12px;
        min-height: 0;
      }
      .card {
        padding: 16px 24px;
        border-radius: var(--radius);
        background: var(--surface);
        overflow: hidden auto;
        scrollbar-width: thin;
      }
      h2 {
        margin-bottom: 8px;
        font-size: var(--text-large);
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
        max-width: 30em;
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
      .tools {
        display: flex;
        gap: 12px;
      }
      .tools > * {
        flex: 1;
      }
      .menu {
        display: grid;
        gap: 12px;
      }
      /* Read standing: nothing smaller than the rest. */
      ic-stream-table {
        --text-small: 1rem;
      }
      @media (orientation: portrait) {
        :host {
          padding: 20px 24px;
        }
        header {
          flex-wrap: wrap;
        }
        h1 {
          flex-basis: 60%;
          order: -2;
        }
        .clock {
          order: -1;
        }
        .lock {
          margin-inline-end: auto;
        }
        .body {
          grid-template-columns: minmax(0, 1fr);
          grid-template-rows: minmax(160px, 1fr) minmax(0, auto);
        }
      }
    `,
  ];

  override render(): unknown {
    const { call } = this.state;
    return html`<header>
        <h1>${this.#title()}</h1>
        ${this.#left()}
        <ic-button class="lock" kind="quiet" icon="lock" @click=${() => (this.opened = 'privacy')}
          >${t().encrypted}</ic-button
        >
        <span class="clock">${call.joinedAt === null ? '' : duration(this.now - call.joinedAt)}</span>
      </header>
      ${call.phase === 'in-call' ? this.#inCall() : this.#waiting(call.phase)}
      <ic-call-bar .state=${this.state} .pending=${this.pending}></ic-call-bar>
      ${this.#dialogs()}`;
  }

  get #booking(): BookingView | null {
    const { schedule } = this.state;
    return schedule?.bookings.find(({ id }) => id === schedule.inCall) ?? null;
  }

  get #camera(): RoomDevice | null {
    return this.state.roomDevices.find(({ kind, connected }) => kind === 'camera-control' && connected) ?? null;
  }

  #title(): string {
    return this.#booking ? titleOf(this.#booking) : this.state.room.name;
  }

  /** How much of the booking is left, and one touch to have more. */
  #left(): unknown {
    const { schedule } = this.state;
    const booking = this.#booking;
    if (!schedule || !booking) return nothing;
    const minutes = minutesUntil(booking.endsAt, this.now);
    if (minutes > LEFT_SHOWN_MINUTES) return nothing;
    const [least] = schedule.current === booking.id ? schedule.extendMinutes : [];
    const next = schedule.bookings.find(({ id }) => id === schedule.next);
    const isTight = next !== undefined && next.startsAt - booking.endsAt < 60_000;
    return html`<span class="left"
        >${minutes > 0 ? t().minutesLeft(minutes) : t().overTime}
        ${isTight ? html`<span>${t().nextAt(clockTime(next.startsAt))}</span>` : nothing}</span
      >
      ${
        least === undefined
          ? nothing
          : html`<ic-button
              ?busy=${this.pending.has('/calendar/extend')}
              label="${t().extend} ${t().extendBy(least)}"
              @click=${() => act(this, '/calendar/extend', { booking: booking.id, minutes: least })}
              >${t().extendBy(least)}</ic-button
            >`
      }`;
  }

  #inCall(): unknown {
    const { call } = this.state;
    const notice = call.notices.findLast(({ at }) => this.now - at < NOTICE_MS);
    const unread = this.opened === 'chat' ? 0 : call.chat.length - this.read;
    return html`<div class="body">
      <ic-people-card .call=${call} .pending=${this.pending}></ic-people-card>
      <div class="side">
        <section class="card" tabindex="0" aria-labelledby="code">
          <h2 id="code">${t().codeTitle}</h2>
          <ic-privacy brief .call=${call}></ic-privacy>
          ${call.alone ? html`<p class="note"><ic-icon name="info"></ic-icon>${t().alone}</p>` : nothing}
          ${[...call.problems, ...this.state.problems].map(
            (problem) =>
              html`<p class="note problem">
                <ic-icon name="warning"></ic-icon><span>${problemSentence(problem)}</span>
              </p>`,
          )}
          <p class="notice" aria-live="polite">${notice ? noticeText(notice) : ''}</p>
        </section>
        <div class="tools">
          ${this.#camera ? this.#tool('camera', t().camera, 'camera') : nothing}
          <ic-button icon="chat" kind=${unread > 0 ? 'primary' : 'plain'} @click=${() => this.#openChat()}
            >${t().chat}${unread > 0 ? ` ${unread}` : ''}</ic-button
          >
          ${this.#tool('more', t().more, 'more')}
        </div>
      </div>
    </div>`;
  }

  #tool(icon: IconName, label: string, opens: Opened): unknown {
    return html`<ic-button icon=${icon} @click=${() => (this.opened = opens)}>${label}</ic-button>`;
  }

  #openChat(): void {
    this.opened = 'chat';
    this.read = this.state.call.chat.length;
  }

  #waiting(phase: CallPhase): unknown {
    const words: Partial<Record<CallPhase, string>> = {
      connecting: t().connecting,
      securing: t().securing,
      rejoining: t().rejoining,
      leaving: t().leaving,
    };
    const [problem] = this.state.call.problems;
    return html`<div class="status" role="status">
      <span>${words[phase] ?? ''}</span>
      ${problem ? html`<p>${problemSentence(problem)}</p>` : nothing}
    </div>`;
  }

  #dialogs(): unknown {
    const { call } = this.state;
    const camera = this.#camera;
    return html`${this.#dialog('privacy', t().privacy, html`<ic-privacy .call=${call}></ic-privacy>`)}
    ${
      call.layout
        ? this.#dialog(
            'layout',
            t().layout,
            html`<ic-layout
              .layout=${call.layout}
              .hasCamera=${this.state.devices.camera !== null}
              ?busy=${this.pending.has('/call/layout')}
            ></ic-layout>`,
          )
        : nothing
    }
    ${this.#dialog('chat', t().chat, html`<ic-chat .call=${call} .pending=${this.pending}></ic-chat>`, true)}
    ${
      camera
        ? this.#dialog(
            'camera',
            t().camera,
            html`<ic-camera-pad .camera=${camera} .pending=${this.pending}></ic-camera-pad>`,
          )
        : nothing
    }
    ${this.#dialog('more', t().more, this.#menu())}
    ${this.#dialog(
      'diagnostics',
      t().diagnostics,
      html`<ic-stream-table
        .texts=${{ ...streamTexts[languageOf(document.documentElement.lang)], you: this.state.room.name }}
        .call=${call}
      ></ic-stream-table>`,
      true,
    )}`;
  }

  #menu(): unknown {
    const own = this.state.call.participants.find(({ self }) => self);
    const raised = own?.handRaised ?? false;
    return html`<div class="menu">
      <ic-button
        icon="hand"
        ?busy=${this.pending.has('/call/hand')}
        @click=${() => act(this, '/call/hand', { raised: !raised })}
        >${raised ? t().lowerHand : t().raiseHand}</ic-button
      >
      <ic-button icon="figures" @click=${() => (this.opened = 'diagnostics')}>${t().diagnostics}</ic-button>
    </div>`;
  }

  /** What is inside is made only while it is open: the table alone is redrawn every second. */
  #dialog(name: Opened, heading: string, content: unknown, wide = false): unknown {
    const isOpen = this.opened === name;
    return html`<ic-dialog
      ?wide=${wide}
      heading=${heading}
      closeLabel=${t().close}
      ?open=${isOpen}
      @ic-close=${() => this.#closed(name)}
      >${isOpen ? content : nothing}</ic-dialog
    >`;
  }

  #closed(name: Opened): void {
    if (name === 'chat') this.read = this.state.call.chat.length;
    if (this.opened === name) this.opened = null;
  }
}

function noticeText({ code, params, message }: Notice): string {
  const texts: Readonly<Record<string, ((name: string) => string) | undefined>> = t().notices;
  return texts[code]?.(params['name'] || t().unnamed) ?? message;
}
