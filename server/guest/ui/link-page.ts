import { css, html } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import { ask, GuestElement } from './element.ts';

/** The link of a meeting just made, to copy or scan. Asks `go`. */
export class GuestLinkPage extends GuestElement {
  static override properties = { ...GuestElement.properties, link: { type: String } };
  declare link: string;

  static override styles = [
    base,
    css`
      .card {
        display: grid;
        gap: 24px;
        width: min(720px, 100%);
        margin-inline: auto;
        padding: clamp(20px, 4vw, 36px);
        border: 1px solid var(--line);
        border-radius: calc(var(--radius) * 1.25);
        background: var(--surface);
        box-shadow: var(--shadow);
      }
      h1 {
        font-size: var(--text-title);
        line-height: 1.15;
        letter-spacing: -0.02em;
      }
      h1 + p {
        margin-top: 8px;
        color: var(--text-quiet);
      }
      .qr {
        display: flex;
        align-items: center;
        gap: 20px;
        color: var(--text-quiet);
        font-size: var(--text-small);
      }
      ic-qr {
        width: clamp(120px, 30vw, 168px);
        flex: none;
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    return html`<div class="card">
      <div>
        <h1>${s.meetingReady}</h1>
        <p>${s.meetingReadyText}</p>
      </div>
      <guest-copy-link .strings=${s} link=${this.link}></guest-copy-link>
      <div class="qr"><ic-qr text=${this.link} label=${s.linkQr}></ic-qr><span>${s.scanQr}</span></div>
      <ic-button kind="primary" large icon="arrow-right" @click=${() => ask(this, 'go')}>${s.goToMeeting}</ic-button>
    </div>`;
  }
}
