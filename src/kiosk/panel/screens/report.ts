import { css, html, LitElement, nothing } from 'lit';
import { reportKinds, type ReportKind } from '../../admin-state.ts';
import { base } from '../../design/base.ts';
import type { KeyPress } from '../../design/keyboard.ts';
import { act, go } from '../navigation.ts';
import { keyboardLayout, keyboardTexts, typed } from '../typing.ts';
import { t } from '../strings.ts';
import { subScreen } from './sub-screen.ts';

const MOST_CHARACTERS = 1_000;

/** What is wrong, in one touch; words only for who likes to write some. */
export class IcReport extends LitElement {
  static override properties = {
    pending: { attribute: false },
    kind: { attribute: false },
    text: { attribute: false },
    kept: { attribute: false },
  };
  declare pending: ReadonlySet<string>;
  declare kind: ReportKind | null;
  declare text: string;
  /** Number of the report that was kept. */
  declare kept: string;

  constructor() {
    super();
    this.kind = null;
    this.text = this.kept = '';
  }

  static override styles = [
    base,
    subScreen,
    css`
      .form {
        display: grid;
        align-content: start;
        gap: 14px;
        overflow: hidden auto;
      }
      .kinds {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
      }
      .kinds ic-button {
        flex: 1;
        white-space: nowrap;
      }
      ic-field {
        --text-small: 1rem;
      }
      .thanks {
        place-self: center;
        display: grid;
        gap: 24px;
        text-align: center;
        font-size: var(--text-title);
      }
    `,
  ];

  override render(): unknown {
    return html`<div class="top">
        <ic-icon-button icon="chevron-left" label=${t().back} @click=${() => go(this, 'home')}></ic-icon-button>
        <h1>${t().report}</h1>
        ${
          this.kind && !this.kept
            ? html`<ic-button
                kind="primary"
                large
                icon="send"
                ?busy=${this.pending.has('/reports')}
                @click=${() => this.#send()}
                >${t().sendReport}</ic-button
              >`
            : nothing
        }
      </div>
      ${this.kept ? this.#thanks() : this.#form()}`;
  }

  #form(): unknown {
    return html`<div class="form">
      ${this.kind ? nothing : html`<p class="intro">${t().reportIntro}</p>`}
      <div class="kinds" role="group" aria-label=${t().report}>
        ${reportKinds.map(
          (kind) =>
            html`<ic-button kind=${this.kind === kind ? 'primary' : 'plain'} @click=${() => (this.kind = kind)}
              >${t().reportKinds[kind]}</ic-button
            >`,
        )}
      </div>
      ${
        this.kind
          ? html`<ic-field
                label=${t().reportMore}
                quietLabel
                placeholder=${t().reportMore}
                maxLength=${MOST_CHARACTERS}
                .value=${this.text}
                @ic-input=${(event: CustomEvent<string>) => (this.text = event.detail)}
                @ic-enter=${() => this.#send()}
              ></ic-field>
              <ic-keyboard
                compact
                .texts=${keyboardTexts()}
                layout=${keyboardLayout()}
                enterLabel=${t().sendReport}
                @ic-key=${(event: CustomEvent<KeyPress>) => this.#key(event.detail)}
              ></ic-keyboard>`
          : nothing
      }
    </div>`;
  }

  #thanks(): unknown {
    return html`<div class="thanks" role="status">
      <p>${t().reportKept(this.kept)}</p>
      <ic-button large kind="primary" @click=${() => go(this, 'home')}>${t().back}</ic-button>
    </div>`;
  }

  #key(key: KeyPress): void {
    if (key.kind === 'enter') this.#send();
    else this.text = typed(this.text, key, MOST_CHARACTERS);
  }

  #send(): void {
    if (!this.kind || this.pending.has('/reports')) return;
    act(this, '/reports', { kind: this.kind, text: this.text.trim() }, ({ number }) => (this.kept = String(number)));
  }
}
