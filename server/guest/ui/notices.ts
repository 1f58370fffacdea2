import { css, html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { base } from '../../../src/kiosk/design/base.ts';
import type { Notice } from '../../../src/call/call-state.ts';
import { noticeText } from '../view/texts.ts';
import { GuestElement } from './element.ts';

const SHOWN_MS = 5_000;
const WARNING_SHOWN_MS = 12_000;

/** What just changed, one line each, leaving by itself; read out as it comes. */
export class GuestNotices extends GuestElement {
  static override properties = { ...GuestElement.properties, notices: { attribute: false } };
  declare notices: readonly Notice[];
  readonly #gone = new Set<number>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 8px;
        justify-items: center;
        pointer-events: none;
      }
      ic-notice {
        /* So wide that a short text stands beside its icon. */
        min-width: min(16em, 100%);
        max-width: min(520px, 100%);
        box-shadow: var(--shadow);
      }
    `,
  ];

  override render(): unknown {
    const shown = this.notices.filter(({ id }) => !this.#gone.has(id)).slice(-3);
    return html`<div class="only-heard" role="log" aria-live="polite" aria-label="">
        ${repeat(
          this.notices.slice(-3),
          ({ id }) => id,
          (notice) => html`<p>${noticeText(notice, this.strings).text}</p>`,
        )}
      </div>
      ${repeat(
        shown,
        ({ id }) => id,
        (notice) => {
          const { text, tone } = noticeText(notice, this.strings);
          return html`<ic-notice aria-hidden="true" tone=${tone} text=${text}></ic-notice>`;
        },
      )}`;
  }

  override updated(): void {
    for (const notice of this.notices) {
      if (this.#gone.has(notice.id) || this.#timers.has(notice.id)) continue;
      const { tone } = noticeText(notice, this.strings);
      const ms = tone === 'danger' || tone === 'warning' ? WARNING_SHOWN_MS : SHOWN_MS;
      this.#timers.set(
        notice.id,
        setTimeout(() => this.#end(notice.id), ms),
      );
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(id: number): void {
    this.#gone.add(id);
    this.#timers.delete(id);
    this.requestUpdate();
  }
}
