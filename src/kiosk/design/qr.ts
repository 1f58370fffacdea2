import { css, html, LitElement, nothing, svg } from 'lit';
import { generate } from 'lean-qr';
import { base } from './base.ts';

/** A QR code of `text`, made on this device; always dark on white, which is what phones read best. */
export class IcQr extends LitElement {
  static override properties = { text: { type: String }, label: { type: String } };
  declare text: string;
  declare label: string;

  constructor() {
    super();
    this.text = this.label = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
        aspect-ratio: 1;
        border-radius: var(--radius-small);
        background: #fff;
        overflow: hidden;
      }
      svg {
        display: block;
        width: 100%;
        height: 100%;
      }
    `,
  ];

  override render(): unknown {
    if (!this.text) return nothing;
    const { size, path } = qrPath(this.text);
    // Four modules of quiet ground on each side, as the standard asks.
    return html`<svg
      role="img"
      aria-label=${this.label}
      viewBox="-4 -4 ${size + 8} ${size + 8}"
      shape-rendering="crispEdges"
    >
      ${svg`<path fill="#000" d=${path}></path>`}
    </svg>`;
  }
}

/** The dark modules as one SVG path in module units. */
function qrPath(text: string): { size: number; path: string } {
  const code = generate(text);
  let path = '';
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x} ${y}h1v1h-1z`;
  return { size: code.size, path };
}
