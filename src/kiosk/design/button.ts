import { css, html, LitElement, nothing } from 'lit';
import { base } from './base.ts';
import type { IconName } from './icons.ts';

/**
 * A button with words. `kind`: one `primary` a screen; `danger` leaves or destroys; `quiet` has no ground of its own.
 * `busy` shows that it waits for the device or the server and takes no further press; it keeps its words and its place.
 */
export class IcButton extends LitElement {
  static override properties = {
    kind: { type: String, reflect: true },
    icon: { type: String },
    disabled: { type: Boolean, reflect: true },
    busy: { type: Boolean, reflect: true },
    large: { type: Boolean, reflect: true },
    label: { type: String },
  };
  declare kind: 'primary' | 'plain' | 'danger' | 'quiet';
  declare icon: IconName | null;
  declare disabled: boolean;
  declare busy: boolean;
  declare large: boolean;
  /** What is said instead of the words, where they are too short to stand alone. */
  declare label: string;

  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };

  constructor() {
    super();
    this.kind = 'plain';
    this.icon = null;
    this.label = '';
    this.disabled = this.busy = this.large = false;
    // A press on the host's padding or while waiting must not reach whoever listens.
    this.addEventListener('click', (event) => this.#guard(event), { capture: true });
  }

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
      }
      button {
        flex: 1;
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 10px;
        min-height: var(--target);
        padding: 8px var(--button-inset, 20px);
        border: 1px solid transparent;
        border-radius: 999px;
        background: var(--surface-raised);
        font-weight: 600;
        cursor: pointer;
        transition:
          background var(--move),
          border-color var(--move);
      }
      button:hover {
        background: var(--surface-hover);
      }
      /* Seen at once under the finger, whatever the answer takes. */
      button:active {
        filter: brightness(1.25);
      }
      :host([kind='plain']) button {
        border-color: var(--line);
      }
      :host([kind='primary']) button {
        background: var(--accent);
        color: var(--on-accent);
      }
      :host([kind='primary']) button:hover {
        background: var(--accent-hover);
      }
      :host([kind='danger']) button {
        background: var(--danger-fill);
        color: var(--on-danger);
      }
      :host([kind='danger']) button:hover {
        background: var(--danger-fill-hover);
      }
      :host([kind='quiet']) button {
        background: none;
        padding-inline: 12px;
      }
      :host([kind='quiet']) button:hover {
        background: var(--surface-hover);
      }
      :host([large]) button {
        min-height: max(56px, var(--target));
        padding-inline: 28px;
        font-size: 1.125rem;
      }
      button[aria-disabled='true'] {
        cursor: default;
        opacity: 0.6;
      }
    `,
  ];

  override render(): unknown {
    return html`<button
      type="button"
      aria-label=${this.label || nothing}
      aria-disabled=${this.disabled || this.busy ? 'true' : nothing}
      aria-busy=${this.busy ? 'true' : nothing}
    >
      ${this.icon ? html`<ic-icon name=${this.icon}></ic-icon>` : nothing}<slot></slot>
    </button>`;
  }

  #guard(event: Event): void {
    if (!this.disabled && !this.busy) return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }
}
