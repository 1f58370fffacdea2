import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { base } from '../../../src/kiosk/design/base.ts';
import { pageOf } from '../../../src/call/pages.ts';
import { gridShape, type Stage, type Tile } from '../view/stage.ts';
import { ask, GuestElement } from './element.ts';
import type { GuestTile } from './tile.ts';
import { WindowWatch, type WindowUse } from './window-watch.ts';

const GAP = 10;
/** A window smaller than this shows nobody: the rest goes to the next page. */
const MIN_TILE = { width: 150, height: 110 } as const;

/** Lays the windows out and watches their sizes. Asks `windows` (what each remote video has on the screen). */
export class GuestStage extends GuestElement {
  static override properties = { ...GuestElement.properties, stage: { attribute: false }, page: { state: true } };
  declare stage: Stage;
  declare page: number;
  #watch: WindowWatch | null = null;
  #size = new ResizeObserver(() => this.requestUpdate());
  #box = { width: 0, height: 0 };

  constructor() {
    super();
    this.page = 1;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        position: relative;
        min-width: 0;
        min-height: 0;
        overflow: hidden;
      }
      .grid {
        display: flex;
        flex-wrap: wrap;
        align-content: center;
        justify-content: center;
        gap: 10px;
        min-height: 0;
      }
      .speaker {
        display: grid;
        gap: 10px;
        min-width: 0;
        min-height: 0;
        grid-template-rows: minmax(0, 1fr) 116px;
      }
      .speaker.alone {
        grid-template-rows: minmax(0, 1fr);
      }
      .strip {
        display: flex;
        gap: 10px;
        min-width: 0;
        overflow: auto;
        scrollbar-width: thin;
        border-radius: var(--radius);
      }
      .strip guest-tile {
        flex: none;
        width: 190px;
        --radius: 12px;
      }
      :host([wide]) .speaker:not(.alone) {
        grid-template-rows: minmax(0, 1fr);
        grid-template-columns: minmax(0, 1fr) 232px;
      }
      :host([wide]) .strip {
        flex-direction: column;
      }
      :host([wide]) .strip guest-tile {
        width: auto;
        height: 131px;
      }
      .corner {
        position: absolute;
        right: 14px;
        bottom: 14px;
        width: clamp(124px, 22%, 240px);
        aspect-ratio: 4 / 3;
        border-radius: 12px;
        --radius: 12px;
        box-shadow: 0 6px 24px rgb(0 0 0 / 55%);
        outline: 2px solid rgb(255 255 255 / 14%);
      }
      .pager {
        position: absolute;
        right: 12px;
        top: 12px;
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 4px 4px 4px 14px;
        border-radius: 99px;
        background: var(--stage-scrim);
        color: var(--stage-text);
        font-size: var(--text-small);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch = new WindowWatch((windows) => ask(this, 'windows', windows));
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.close();
    this.#watch = null;
    this.#size.disconnect();
  }

  override render(): unknown {
    const { main, tiles, corner } = this.stage;
    if (main === null) return this.#grid(tiles);
    return html`<div class="speaker ${tiles.length === 0 ? 'alone' : ''}">
        ${this.#tile(main, 'main')}
        ${
          tiles.length === 0
            ? nothing
            : html`<div class="strip" tabindex="0" role="group" aria-label=${this.strings.people}>
                ${repeat(
                  tiles,
                  (tile) => tile.key,
                  (tile) => this.#tile(tile, ''),
                )}
              </div>`
        }
      </div>
      ${corner ? this.#tile(corner, 'corner') : nothing}`;
  }

  override willUpdate(): void {
    const { width, height } = this.getBoundingClientRect();
    this.#box = { width, height };
    this.toggleAttribute('wide', width > 900 && width > height * 1.2);
  }

  override updated(): void {
    const uses = new Map<Element, WindowUse>();
    for (const element of this.renderRoot.querySelectorAll<GuestTile>('guest-tile')) {
      const { consumer, kind } = element.tile;
      if (consumer) uses.set(element, { consumer, cover: kind !== 'screen', main: element.classList.contains('main') });
    }
    this.#watch?.watch(uses);
    this.#fit();
  }

  #grid(tiles: readonly Tile[]): unknown {
    const { width, height } = this.#box;
    const fits = Math.max(1, Math.floor(width / MIN_TILE.width)) * Math.max(1, Math.floor(height / MIN_TILE.height));
    const { items, page, pages } = pageOf(tiles, Math.min(25, Math.max(2, fits)), this.page);
    return html`<div class="grid">
        ${repeat(
          items,
          (tile) => tile.key,
          (tile) => this.#tile(tile, 'cell'),
        )}
      </div>
      ${
        pages > 1
          ? html`<div class="pager">
              <span>${this.strings.page(page, pages)}</span>
              <ic-icon-button
                icon="arrow-right"
                label=${this.strings.nextPage}
                @click=${() => (this.page = (page % pages) + 1)}
              ></ic-icon-button>
            </div>`
          : nothing
      }`;
  }

  #tile(tile: Tile, role: string): unknown {
    return html`<guest-tile class=${role} .strings=${this.strings} .tile=${tile}></guest-tile>`;
  }

  /** Cell sizes are set from here: the number of columns that loses least depends on the box. */
  #fit(): void {
    const cells = this.renderRoot.querySelectorAll<HTMLElement>('.cell');
    if (cells.length === 0) return;
    const { width, height } = this.#box;
    const shape = gridShape(cells.length, width, height, GAP);
    for (const cell of cells) {
      cell.style.width = `${shape.width}px`;
      cell.style.height = `${shape.height}px`;
    }
  }
}
