import { css, html } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import type { CallState } from '../../../src/call/call-state.ts';
import { codeGroups } from '../view/texts.ts';
import { GuestElement } from './element.ts';

/** What the lock opens: the code, what it means, and who is here. */
export class GuestPrivacy extends GuestElement {
  static override properties = { ...GuestElement.properties, state: { attribute: false }, open: { type: Boolean } };
  declare state: CallState;
  declare open: boolean;

  static override styles = [
    base,
    css`
      p {
        color: var(--text-quiet);
      }
      .code {
        display: grid;
        grid-template-columns: repeat(3, auto);
        justify-content: space-evenly;
        gap: 10px 16px;
        margin: 16px 0 10px;
        padding: 20px 12px;
        border-radius: var(--radius);
        border: 1px solid var(--good);
        background: var(--good-soft);
        font-size: 2rem;
        font-weight: 600;
        line-height: 1.25;
        letter-spacing: 0.06em;
        font-variant-numeric: tabular-nums;
      }
      @media (max-width: 480px) {
        .code {
          grid-template-columns: repeat(2, auto);
          font-size: 1.75rem;
        }
      }
      .code.waiting {
        grid-template-columns: auto;
        border-color: var(--line);
        background: none;
        font-size: 1rem;
        letter-spacing: 0;
      }
      .small {
        font-size: var(--text-small);
      }
      h3 {
        margin: 24px 0 4px;
        font-size: 1rem;
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    const groups = codeGroups(this.state.code ?? '');
    return html`<ic-dialog ?open=${this.open} heading=${s.privacyTitle} closeLabel=${s.close}>
      <p>${s.privacyText}</p>
      ${
        groups.length > 0
          ? html`<div class="code" role="group" aria-label=${s.codeLabel}>
              ${groups.map((group) => html`<span>${group}</span>`)}
            </div>`
          : html`<div class="code waiting">${s.codeWaiting}</div>`
      }
      <p class="small">${s.codeChanges}</p>
      <h3>${s.peopleInMeeting}</h3>
      <guest-people .strings=${s} .state=${this.state} explain></guest-people>
    </ic-dialog>`;
  }
}
