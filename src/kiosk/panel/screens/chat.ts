import { css, html, LitElement, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CallState, ChatMessage } from '../../../call/call-state.ts';
import { base } from '../../design/base.ts';
import type { KeyPress } from '../../design/keyboard.ts';
import { clockTime } from '../format.ts';
import { act } from '../navigation.ts';
import { keyboardLayout, keyboardTexts, typed } from '../typing.ts';
import { t } from '../strings.ts';

const MOST_CHARACTERS = 4_000;

/** Messages of the meeting, written on the page's own keyboard. */
export class IcChat extends LitElement {
  static override properties = {
    call: { attribute: false },
    pending: { attribute: false },
    text: { attribute: false },
  };
  declare call: CallState;
  declare pending: ReadonlySet<string>;
  declare text: string;

  constructor() {
    super();
    this.text = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: minmax(64px, 1fr) auto auto;
        gap: 12px;
        height: min(calc(100dvh - 132px), 640px);
      }
      .messages {
        overflow-y: auto;
        scrollbar-width: thin;
      }
      .empty {
        color: var(--text-quiet);
      }
      li + li {
        margin-top: 10px;
      }
      .head {
        color: var(--text-quiet);
        font-size: var(--text-body);
      }
      .text {
        width: fit-content;
        max-width: 100%;
        padding: 8px 14px;
        border-radius: 4px 14px 14px;
        background: var(--surface-raised);
        font-size: var(--text-large);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .own .text {
        background: var(--accent-soft);
      }
    `,
  ];

  override render(): unknown {
    const { chat } = this.call;
    return html`<div class="messages" role="log" aria-label=${t().chat} tabindex="0">
        ${
          chat.length === 0
            ? html`<p class="empty">${t().noMessages}</p>`
            : html`<ol>
                ${repeat(
                  chat,
                  ({ peer, id }) => `${peer}/${id}`,
                  (message) => this.#message(message),
                )}
              </ol>`
        }
      </div>
      <ic-field
        label=${t().message}
        quietLabel
        placeholder=${t().message}
        maxLength=${MOST_CHARACTERS}
        .value=${this.text}
        @ic-input=${(event: CustomEvent<string>) => (this.text = event.detail)}
        @ic-enter=${() => this.#send()}
      ></ic-field>
      <ic-keyboard
        compact
        .texts=${keyboardTexts()}
        layout=${keyboardLayout()}
        enterLabel=${t().send}
        @ic-key=${(event: CustomEvent<KeyPress>) => this.#key(event.detail)}
      ></ic-keyboard>`;
  }

  override updated(): void {
    const list = this.renderRoot.querySelector('.messages');
    if (list) list.scrollTop = list.scrollHeight;
  }

  #message({ peer, name, text, at }: ChatMessage): unknown {
    const own = this.call.participants.some((each) => each.self && each.peer === peer);
    return html`<li class=${own ? 'own' : ''}>
      <p class="head">${own ? t().you : (name ?? t().unnamed)} ${at ? clockTime(at) : nothing}</p>
      <p class="text">${text}</p>
    </li>`;
  }

  #key(key: KeyPress): void {
    if (key.kind === 'enter') this.#send();
    else this.text = typed(this.text, key, MOST_CHARACTERS);
  }

  /** What could not be sent stays in the field. */
  #send(): void {
    const text = this.text.trim();
    if (text === '' || this.pending.has('/call/chat')) return;
    act(this, '/call/chat', { text }, () => {
      if (this.text.trim() === text) this.text = '';
    });
  }
}
