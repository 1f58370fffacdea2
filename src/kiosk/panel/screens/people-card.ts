import { css, html, LitElement, nothing } from 'lit';
import type { CallState, Participant, RoomLayout } from '../../../call/call-state.ts';
import { base } from '../../design/base.ts';
import { act } from '../navigation.ts';
import { t } from '../strings.ts';

/** Who is there, who of them is verified, and the pages of the display where not everybody has a place on one. */
export class IcPeopleCard extends LitElement {
  static override properties = { call: { attribute: false }, pending: { attribute: false } };
  declare call: CallState;
  declare pending: ReadonlySet<string>;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        padding: 8px 0 0;
        border-radius: var(--radius);
        background: var(--surface);
        min-height: 0;
      }
      .heading {
        display: flex;
        align-items: center;
        justify-content: space-between;
        min-height: 56px;
        padding: 0 24px;
      }
      h2 {
        font-size: var(--text-large);
      }
      .pager {
        display: flex;
        align-items: center;
        gap: 12px;
      }
      output {
        min-width: 3ch;
        text-align: center;
        font-size: var(--text-large);
        font-variant-numeric: tabular-nums;
      }
      ul {
        overflow: hidden auto;
        padding: 0 24px 16px;
        scrollbar-width: thin;
      }
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 56px;
        font-size: var(--text-large);
        border-radius: var(--radius-small);
      }
      .name {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .quiet {
        color: var(--text-quiet);
        font-size: var(--text-body);
      }
      li.speaking {
        border-radius: 0;
        box-shadow: inset 4px 0 0 var(--accent);
        padding-left: 12px;
      }
      .off {
        color: var(--danger);
      }
    `,
  ];

  override render(): unknown {
    const { participants, layout } = this.call;
    return html`<div class="heading">
        <h2 id="people">${t().people} ${participants.length}</h2>
        ${this.#pager(layout)}
      </div>
      <ul aria-labelledby="people" tabindex="0">
        ${participants.map((participant) => this.#person(participant))}
      </ul>`;
  }

  #person(participant: Participant): unknown {
    const { verification } = participant;
    const hint = participant.self ? t().thisRoom : participant.kind === 'guest' ? t().guest : '';
    return html`<li class=${participant.speaking ? 'speaking' : ''}>
      <span class="name"
        >${participant.name || t().unnamed} ${hint ? html`<span class="quiet">${hint}</span>` : nothing}</span
      >
      ${
        participant.handRaised
          ? html`<ic-icon name="hand"></ic-icon><span class="only-heard">${t().handUp}</span>`
          : nothing
      }
      ${
        participant.microphone === 'on'
          ? nothing
          : html`<ic-icon class="off" name="mic-off"></ic-icon><span class="only-heard">${t().muted}</span>`
      }
      <ic-badge
        ?verified=${verification.kind === 'organisation'}
        text=${verification.kind === 'organisation' ? verification.organisation : t().unverified}
      ></ic-badge>
    </li>`;
  }

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
}
