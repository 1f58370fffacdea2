import { css, html, LitElement, nothing } from 'lit';
import type { CallState } from '../../../call/call-state.ts';
import { base } from '../../design/base.ts';
import { t } from '../strings.ts';

/** The verification code, large enough to read across a table. */
export class IcPrivacy extends LitElement {
  static override properties = { call: { attribute: false }, brief: { type: Boolean } };
  declare call: CallState;
  /** Without what to do with it. */
  declare brief: boolean;

  static override styles = [
    base,
    css`
      ol {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(120px, 1fr));
        gap: 10px;
        margin: 4px 0 12px;
        text-align: center;
        font-size: 30px;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        letter-spacing: 0.06em;
      }
      li {
        padding: 6px;
        border-radius: var(--radius-small);
        background: var(--surface-raised);
      }
      p {
        color: var(--text-quiet);
        font-size: var(--text-large);
      }
    `,
  ];

  override render(): unknown {
    const { code } = this.call;
    if (code === null) return html`<p>${t().noCode}</p>`;
    return html`<ol aria-label=${t().codeTitle}>
        ${code.split(' ').map((group) => html`<li>${group}</li>`)}
      </ol>
      ${this.brief ? nothing : html`<p>${t().codeHelp}</p>`}`;
  }
}
