import { css, html, LitElement } from 'lit';
import { live } from 'lit/directives/live.js';
import type { LayoutMode, RoomLayout } from '../../../call/call-state.ts';
import { base } from '../../design/base.ts';
import { act } from '../navigation.ts';
import { t } from '../strings.ts';

/** What the room's displays show: the one who speaks or everybody, and whether we see ourselves. */
export class IcLayout extends LitElement {
  static override properties = {
    layout: { attribute: false },
    hasCamera: { attribute: false },
    busy: { type: Boolean, reflect: true },
  };
  declare layout: RoomLayout;
  declare hasCamera: boolean;
  declare busy: boolean;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 16px;
      }
      :host([busy]) {
        opacity: 0.7;
      }
      fieldset {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 12px;
        margin: 0;
        padding: 0;
        border: 0;
      }
      label {
        display: flex;
        align-items: center;
        justify-content: center;
        gap: 12px;
        min-height: 88px;
        padding: 8px 20px;
        border: 2px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface-raised);
        font-size: var(--text-large);
        font-weight: 600;
        cursor: pointer;
      }
      label:has(:checked) {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      label.own {
        justify-content: space-between;
        min-height: 64px;
      }
      input {
        width: 24px;
        height: 24px;
        accent-color: var(--accent);
      }
    `,
  ];

  override render(): unknown {
    return html`<fieldset>
        <legend class="only-heard">${t().layout}</legend>
        ${this.#mode('speaker', t().speakerLayout)} ${this.#mode('grid', t().gridLayout)}
      </fieldset>
      ${
        this.hasCamera
          ? html`<label class="own"
              ><span>${t().showMe}</span
              ><input
                type="checkbox"
                .checked=${live(this.layout.selfView)}
                @change=${() => act(this, '/call/layout', { selfView: !this.layout.selfView })}
            /></label>`
          : ''
      }`;
  }

  #mode(mode: LayoutMode, text: string): unknown {
    return html`<label
      ><input
        type="radio"
        name="mode"
        value=${mode}
        .checked=${live(this.layout.mode === mode)}
        @change=${() => act(this, '/call/layout', { mode })}
      /><ic-icon name=${mode}></ic-icon>${text}</label
    >`;
  }
}
