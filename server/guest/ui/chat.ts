import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { base } from '../../../src/kiosk/design/base.ts';
import type { CallState, ChatMessage } from '../../../src/call/call-state.ts';
import { ask, GuestElement } from './element.ts';

const MAX_CHARACTERS = 4_000;

/** Messages of the meeting. Asks `chat` (the text); `failed` says that the last one did not go. */
export class GuestChat extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    state: { attribute: false },
    language: { type: String },
    failed: { type: Boolean },
  };
  declare state: CallState;
  declare language: string;
  declare failed: boolean;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: minmax(0, 1fr) auto;
        min-height: 0;
        height: 100%;
      }
      .messages {
        overflow-y: auto;
        padding: 4px 2px 16px;
        scrollbar-width: thin;
      }
      .empty {
        color: var(--text-quiet);
        padding-top: 8px;
      }
      li {
        margin-top: 16px;
      }
      .head {
        display: flex;
        gap: 8px;
        align-items: baseline;
        font-size: var(--text-small);
      }
      .head b {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      time {
        color: var(--text-quiet);
        font-variant-numeric: tabular-nums;
      }
      .text {
        width: fit-content;
        max-width: 100%;
        margin-top: 4px;
        padding: 8px 12px;
        border-radius: 4px 14px 14px;
        background: var(--surface-raised);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .own .text {
        background: var(--accent-soft);
      }
      .write {
        display: flex;
        align-items: flex-end;
        gap: 8px;
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
      textarea {
        flex: 1;
        min-width: 0;
        min-height: 48px;
        max-height: 144px;
        padding: 11px 14px;
        border: 1px solid var(--line-strong);
        border-radius: 14px;
        background: var(--surface);
        resize: none;
        field-sizing: content;
      }
      textarea::placeholder {
        color: var(--text-quiet);
        opacity: 1;
      }
      .failed {
        padding-top: 8px;
        color: var(--danger);
        font-size: var(--text-small);
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    const { chat } = this.state;
    return html`<div class="messages" role="log" aria-label=${s.chat} tabindex="0">
        ${
          chat.length === 0
            ? html`<p class="empty">${s.chatEmpty}</p>`
            : html`<ol>
                ${repeat(
                  chat,
                  (message) => `${message.peer}/${message.id}`,
                  (message) => this.#message(message),
                )}
              </ol>`
        }
      </div>
      <div>
        ${this.failed ? html`<p class="failed" role="alert">${s.sendFailed}</p>` : nothing}
        <div class="write">
          <textarea
            rows="1"
            maxlength=${MAX_CHARACTERS}
            aria-label=${s.message}
            placeholder=${s.writeMessage}
            @keydown=${(event: KeyboardEvent) => this.#key(event)}
          ></textarea>
          <ic-icon-button icon="send" label=${s.send} @click=${() => this.#send()}></ic-icon-button>
        </div>
      </div>`;
  }

  override updated(): void {
    const list = this.renderRoot.querySelector('.messages');
    if (list) list.scrollTop = list.scrollHeight;
  }

  /** Puts the text back that could not be sent. */
  restore(text: string): void {
    const box = this.renderRoot.querySelector('textarea');
    if (box && box.value === '') box.value = text;
  }

  #message(message: ChatMessage): unknown {
    const s = this.strings;
    const own = this.state.participants.some((each) => each.self && each.peer === message.peer);
    const at = new Date(message.at);
    const time = new Intl.DateTimeFormat(this.language, { hour: '2-digit', minute: '2-digit' }).format(at);
    return html`<li class=${own ? 'own' : ''}>
      <div class="head">
        <b>${own ? s.you : (message.name ?? s.somebody)}</b><time datetime=${at.toISOString()}>${time}</time>
      </div>
      <div class="text">${message.text}</div>
    </li>`;
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape') ask(this, 'close-panel');
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #send(): void {
    const box = this.renderRoot.querySelector('textarea');
    const text = box?.value.trim() ?? '';
    if (!box || text === '') return;
    box.value = '';
    ask(this, 'chat', text);
  }
}
