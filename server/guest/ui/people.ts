import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { base } from '../../../src/kiosk/design/base.ts';
import type { CallState, Participant } from '../../../src/call/call-state.ts';
import { initialsOf } from '../../../src/lib/initials.ts';
import { GuestElement } from './element.ts';

/** Who is in the meeting's group, and who is vouched for; `explain` adds what the badges mean. */
export class GuestPeople extends GuestElement {
  static override properties = { ...GuestElement.properties, state: { attribute: false }, explain: { type: Boolean } };
  declare state: CallState;
  declare explain: boolean;

  static override styles = [
    base,
    css`
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 10px 0;
        min-width: 0;
      }
      li + li {
        border-top: 1px solid var(--line);
      }
      .face {
        display: grid;
        place-items: center;
        width: 40px;
        height: 40px;
        flex: none;
        border-radius: 50%;
        background: var(--surface-hover);
        font-weight: 600;
        font-size: var(--text-small);
      }
      .who {
        flex: 1;
        min-width: 0;
      }
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .about {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        margin-top: 2px;
        color: var(--text-quiet);
        font-size: var(--text-small);
      }
      .marks {
        display: flex;
        gap: 8px;
        color: var(--text-quiet);
      }
      .hand {
        color: var(--warning);
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 10px 12px;
        align-items: start;
        margin-top: 14px;
        padding-top: 14px;
        border-top: 1px solid var(--line);
        color: var(--text-quiet);
        font-size: var(--text-small);
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    return html`<ul>
        ${repeat(
          this.state.participants,
          (each) => each.peer,
          (each) => this.#row(each),
        )}
      </ul>
      ${
        this.explain
          ? html`<dl>
              <dt><ic-badge verified text=${s.verified}></ic-badge></dt>
              <dd>${s.verifiedMeaning}</dd>
              <dt><ic-badge text=${s.unverified}></ic-badge></dt>
              <dd>${s.unverifiedMeaning}</dd>
            </dl>`
          : nothing
      }`;
  }

  #row(each: Participant): unknown {
    const s = this.strings;
    const name = each.name ?? s.arriving;
    const verified = each.verification.kind === 'organisation';
    const badge =
      each.verification.kind === 'organisation' ? s.verifiedBy(each.verification.organisation) : s.unverified;
    return html`<li>
      <span class="face" aria-hidden="true"
        >${each.kind === 'room' ? html`<ic-icon name="room"></ic-icon>` : initialsOf(each.name) || '·'}</span
      >
      <div class="who">
        <div class="name">${each.self ? s.youSuffix(name) : name}</div>
        <div class="about">
          <ic-badge ?verified=${verified} text=${badge}></ic-badge
          ><span>${each.kind === 'room' ? s.kindRoom : s.kindGuest}</span>
        </div>
      </div>
      <span class="marks"
        >${each.handRaised ? html`<ic-icon class="hand" name="hand"></ic-icon><span class="only-heard">${s.handRaised}</span>` : nothing}
        ${
          each.microphone === 'muted'
            ? html`<ic-icon name="mic-off"></ic-icon><span class="only-heard">${s.muted}</span>`
            : nothing
        }</span
      >
    </li>`;
  }
}
