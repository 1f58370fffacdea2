import { css, html, LitElement, nothing } from 'lit';
import { base } from './base.ts';
import type { IconName } from './icons.ts';

/**
 * A round button with a drawing; `label` is always said and shown as a tooltip. `state`: 'off' is a device that is off
 * (struck-through drawing on a red ground: colour and shape), 'on' something of ours that runs now, 'danger' leaves.
 * `pressed` null: not a toggle. `count` shows a small number, as of unread messages; 0 shows none.
 */
export class IcIconButton extends LitElement {
  static override properties = {
    icon: { type: String },
    label: { type: String },
    state: { type: String, reflect: true },
    pressed: { attribute: false },
    expanded: { attribute: false },
    shortcut: { type: String },
    count: { type: Number },
    busy: { type: Boolean, reflect: true },
  };
  declare icon: IconName;
  declare label: string;
  declare state: 'plain' | 'off' | 'on' | 'danger';
  declare pressed: boolean | null;
  declare expanded: boolean | null;
  /** The key that does the same, as aria-keyshortcuts has it. */
  declare shortcut: string | null;
  declare count: number;
  declare busy: boolean;

  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };

  constructor() {
    super();
    this.label = '';
    this.state = 'plain';
    this.pressed = this.expanded = this.shortcut = null;
    this.count = 0;
    this.busy = false;
    this.addEventListener(
      'click',
      (event) => {
        if (this.busy) event.stopImmediatePropagation();
      },
      { capture: true },
    );
  }

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        position: relative;
      }
      button {
        display: grid;
        place-items: center;
        width: max(48px, var(--target));
        height: max(48px, var(--target));
        border: 1px solid var(--line);
        border-radius: 999px;
        background: var(--surface-raised);
        font-size: 1.125rem;
        cursor: pointer;
        padding: 0;
        transition: background var(--move);
      }
      button:hover {
        background: var(--surface-hover);
      }
      :host([state='off']) button {
        background: var(--danger-soft);
        border-color: var(--danger);
        color: var(--danger);
      }
      :host([state='on']) button {
        background: var(--accent-soft);
        border-color: var(--accent);
        color: var(--accent);
      }
      :host([state='danger']) button {
        background: var(--danger-fill);
        border-color: transparent;
        color: var(--on-danger);
        width: max(64px, var(--target));
      }
      :host([state='danger']) button:hover {
        background: var(--danger-fill-hover);
      }
      :host([busy]) button {
        cursor: default;
        opacity: 0.6;
      }
      .count {
        position: absolute;
        top: -4px;
        right: -4px;
        min-width: 20px;
        height: 20px;
        padding: 0 5px;
        border-radius: 999px;
        background: var(--accent);
        color: var(--on-accent);
        font-size: 0.75rem;
        font-weight: 700;
        line-height: 20px;
        text-align: center;
        font-variant-numeric: tabular-nums;
        pointer-events: none;
      }
    `,
  ];

  override render(): unknown {
    const tip = this.shortcut ? `${this.label} (${this.shortcut})` : this.label;
    return html`<button
        type="button"
        title=${tip}
        aria-label=${this.label}
        aria-pressed=${this.pressed === null ? nothing : String(this.pressed)}
        aria-expanded=${this.expanded === null ? nothing : String(this.expanded)}
        aria-keyshortcuts=${this.shortcut ?? nothing}
        aria-busy=${this.busy ? 'true' : nothing}
      >
        <ic-icon name=${this.icon}></ic-icon>
      </button>
      ${this.count > 0 ? html`<span class="count" aria-hidden="true">${this.count > 99 ? '99+' : this.count}</span>` : nothing}`;
  }
}
