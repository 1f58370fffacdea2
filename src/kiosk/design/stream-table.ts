import { css, html, LitElement, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CallState } from '../../call/call-state.ts';
import { base } from './base.ts';
import { streamGroups, type StreamGroup, type StreamRow } from './stream-rows.ts';
import type { StreamTexts } from './stream-texts.ts';

/**
 * What is sent and received now, stream by stream, and why it is not more. A table where there is room, else a card for each
 * stream; the roles are spelled out because a table that is laid out as something else may lose them.
 */
export class IcStreamTable extends LitElement {
  static override properties = { call: { attribute: false }, texts: { attribute: false } };
  declare call: Pick<CallState, 'stats' | 'participants'>;
  declare texts: StreamTexts;

  static override styles = [
    base,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      .totals {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 12px;
        margin-bottom: 16px;
      }
      .totals div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 10px;
        padding: 10px 16px;
        border-radius: var(--radius-small);
        background: var(--surface-raised);
      }
      .totals ic-icon {
        color: var(--accent);
      }
      .totals dt {
        display: flex;
        align-items: center;
        gap: 8px;
        color: var(--text-quiet);
      }
      .totals dd {
        font-size: var(--text-large);
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
      }
      th {
        text-align: start;
        font-weight: 600;
      }
      thead th {
        padding: 0 16px 6px 0;
        color: var(--text-quiet);
        font-size: var(--text-small);
        white-space: nowrap;
      }
      .group th {
        padding: 14px 0 6px;
        color: var(--text-quiet);
      }
      tbody tr:not(.group) {
        border-top: 1px solid var(--line);
      }
      tbody tr:not(.group) > * {
        padding: 9px 16px 9px 0;
        vertical-align: baseline;
      }
      tbody tr:not(.group) > :last-child,
      thead th:last-child {
        padding-inline-end: 0;
      }
      .stream ic-icon {
        margin-inline-end: 8px;
        color: var(--text-quiet);
        vertical-align: -0.3em;
      }
      .who {
        overflow-wrap: anywhere;
      }
      .source {
        color: var(--text-quiet);
        font-weight: 400;
      }
      .number {
        text-align: end;
        white-space: nowrap;
      }
      .picture {
        white-space: nowrap;
      }
      .quiet {
        color: var(--text-quiet);
      }
      .limit {
        white-space: nowrap;
      }
      .limit ic-icon {
        margin-inline-end: 6px;
        vertical-align: -0.3em;
      }
      .trouble {
        color: var(--warning);
        font-weight: 600;
      }
      @container (max-width: 720px) {
        table,
        tbody {
          display: block;
        }
        thead {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        .group {
          display: block;
        }
        tbody tr:not(.group) {
          display: grid;
          grid-template-columns: minmax(0, 1fr) auto;
          gap: 2px 12px;
          padding: 10px 0;
        }
        tbody tr:not(.group) > * {
          padding: 0;
        }
        .stream {
          order: 1;
        }
        .rate {
          order: 2;
        }
        .picture {
          order: 3;
        }
        .loss {
          order: 4;
          grid-column: 2;
        }
        .size {
          order: 5;
          grid-column: 1 / -1;
        }
        .limit {
          order: 6;
          grid-column: 1 / -1;
        }
        .picture,
        .loss,
        .size,
        .limit {
          font-size: var(--text-small);
        }
        .loss:not(.none)::before {
          content: attr(data-label) ' ';
        }
        tbody .none {
          display: none;
        }
      }
    `,
  ];

  override render(): unknown {
    const groups = streamGroups(this.call, this.texts);
    return html`<dl class="totals">${groups.map((group) => this.#total(group))}</dl>
      ${groups.every(({ rows }) => rows.length === 0) ? html`<p class="quiet">${this.texts.none}</p>` : this.#table(groups)}`;
  }

  #total({ direction, total }: StreamGroup): unknown {
    return html`<div>
      <dt><ic-icon name=${direction === 'send' ? 'arrow-up' : 'arrow-down'}></ic-icon>${this.#name(direction)}</dt>
      <dd>${total}</dd>
    </div>`;
  }

  #table(groups: readonly StreamGroup[]): unknown {
    const { stream, picture, size, rate, loss, limit } = this.texts.columns;
    return html`<table role="table" aria-label=${this.texts.caption}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">${stream}</th>
          <th role="columnheader" scope="col">${picture}</th>
          <th role="columnheader" scope="col">${size}</th>
          <th role="columnheader" scope="col" class="number">${rate}</th>
          <th role="columnheader" scope="col" class="number">${loss}</th>
          <th role="columnheader" scope="col">${limit}</th>
        </tr>
      </thead>
      ${groups.map((group) => (group.rows.length === 0 ? nothing : this.#group(group)))}
    </table>`;
  }

  #group({ direction, rows }: StreamGroup): unknown {
    return html`<tbody role="rowgroup">
      <tr class="group" role="row">
        <th role="rowheader" scope="rowgroup" colspan="6">${this.#name(direction)}</th>
      </tr>
      ${repeat(
        rows,
        ({ key }) => key,
        (row) => this.#row(row),
      )}
    </tbody>`;
  }

  #row(row: StreamRow): unknown {
    const limit = row.trouble ? html`<ic-icon name="warning"></ic-icon>${row.limit}` : row.limit;
    return html`<tr role="row">
      <th class="stream" role="rowheader" scope="row">
        <ic-icon name=${row.icon}></ic-icon><span class="who">${row.who}</span>
        <span class="source">${row.source}</span>
      </th>
      ${cell('picture', row.picture)} ${cell('size', row.size)} ${cell('rate number', row.rate)}
      ${cell('loss number', row.loss, this.texts.columns.loss)}
      ${cell(row.trouble ? 'limit trouble' : 'limit', row.limit === null ? null : limit)}
    </tr>`;
  }

  #name(direction: StreamGroup['direction']): string {
    return direction === 'send' ? this.texts.sending : this.texts.receiving;
  }
}

function cell(name: string, content: unknown, label: string | typeof nothing = nothing): unknown {
  return content === null
    ? html`<td class="${name} none quiet" role="cell">–</td>`
    : html`<td class=${name} role="cell" data-label=${label}>${content}</td>`;
}
