import { css, html, nothing } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import type { IconName } from '../../../src/kiosk/design/icons.ts';
import { ask, GuestElement } from './element.ts';

/** `/`: what this is, a new meeting, or one by its link. Asks `new-meeting` and `open-link` (the text). */
export class GuestLanding extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    busy: { type: Boolean },
    createFailed: { type: Boolean },
    linkWrong: { type: Boolean },
  };
  declare busy: boolean;
  declare createFailed: boolean;
  declare linkWrong: boolean;
  #link = '';

  static override styles = [
    base,
    css`
      section {
        display: grid;
        gap: 40px;
      }
      @media (min-width: 900px) {
        section {
          grid-template-columns: 1.15fr 1fr;
          gap: 72px;
          align-items: center;
        }
      }
      h1 {
        font-size: clamp(2.125rem, 5vw, 3.5rem);
        line-height: 1.08;
        letter-spacing: -0.025em;
        text-wrap: balance;
      }
      .lead {
        margin-top: 20px;
        max-width: 34em;
        font-size: clamp(1.0625rem, 2vw, 1.25rem);
        color: var(--text-quiet);
      }
      .card {
        display: grid;
        gap: 20px;
        padding: clamp(20px, 4vw, 32px);
        border: 1px solid var(--line);
        border-radius: calc(var(--radius) * 1.25);
        background: var(--surface);
        box-shadow: var(--shadow);
      }
      .or {
        display: flex;
        align-items: center;
        gap: 12px;
        color: var(--text-quiet);
        font-size: var(--text-small);
      }
      .or::before,
      .or::after {
        content: '';
        flex: 1;
        border-top: 1px solid var(--line);
      }
      .link {
        display: grid;
        gap: 12px;
      }
      ul {
        display: grid;
        gap: 28px;
        margin-top: clamp(40px, 8vh, 80px);
        padding-top: 32px;
        border-top: 1px solid var(--line);
      }
      @media (min-width: 720px) {
        ul {
          grid-template-columns: repeat(3, 1fr);
        }
      }
      li {
        display: grid;
        grid-template-columns: auto 1fr;
        column-gap: 12px;
        align-content: start;
      }
      li ic-icon {
        margin-top: 2px;
        color: var(--accent);
      }
      h2 {
        font-size: 1rem;
      }
      li p {
        grid-column: 2;
        margin-top: 4px;
        color: var(--text-quiet);
        font-size: 0.9375rem;
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    return html`<section>
        <div>
          <h1>${s.landingTitle}</h1>
          <p class="lead">${s.landingText}</p>
        </div>
        <div class="card">
          <ic-button kind="primary" icon="plus" large ?busy=${this.busy} @click=${() => ask(this, 'new-meeting')}
            >${s.newMeeting}</ic-button
          >
          ${
            this.createFailed
              ? html`<ic-notice
                  role="alert"
                  tone="warning"
                  text=${s.createFailed}
                  detail=${s.createFailedText}
                ></ic-notice>`
              : nothing
          }
          <div class="or" aria-hidden="true">${s.orJoin}</div>
          <div class="link">
            <ic-field
              label=${s.linkLabel}
              placeholder=${s.linkPlaceholder}
              maxLength="500"
              error=${this.linkWrong ? s.linkWrong : ''}
              @ic-input=${(event: CustomEvent<string>) => (this.#link = event.detail)}
              @ic-enter=${() => this.#open()}
            ></ic-field>
            <ic-button icon="arrow-right" @click=${() => this.#open()}>${s.join}</ic-button>
          </div>
        </div>
      </section>
      <ul>
        ${this.#point('lock', s.pointKeysTitle, s.pointKeysText)}${this.#point('link', s.pointLinkTitle, s.pointLinkText)}
        ${this.#point('shield', s.pointCheckTitle, s.pointCheckText)}
      </ul>`;
  }

  #point(icon: IconName, title: string, text: string): unknown {
    return html`<li>
      <ic-icon name=${icon}></ic-icon>
      <h2>${title}</h2>
      <p>${text}</p>
    </li>`;
  }

  #open(): void {
    ask(this, 'open-link', this.#link.trim());
  }
}
