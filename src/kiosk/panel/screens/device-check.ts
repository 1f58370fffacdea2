import { css, html, LitElement } from 'lit';
import { base } from '../../design/base.ts';
import type { RoomState } from '../../room-state.ts';
import { act, go } from '../navigation.ts';
import { problemText } from '../problem-texts.ts';
import { t } from '../strings.ts';
import { subScreen } from './sub-screen.ts';

/** The daemon ends a check that nobody has asked for in 30 s. */
const RENEW_MS = 10_000;
/** Problems shown as sentences. */
const PROBLEMS_SHOWN = 2;

/** How others will see and hear this room: its picture, its microphone's level, and a sound from its speaker. */
export class IcDeviceCheck extends LitElement {
  static override properties = { state: { attribute: false }, pending: { attribute: false } };
  declare state: RoomState;
  declare pending: ReadonlySet<string>;
  #renewal = 0;

  static override styles = [
    base,
    subScreen,
    css`
      .check {
        display: grid;
        grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
        gap: 24px;
        min-height: 0;
      }
      .picture {
        display: grid;
        place-items: center;
        min-height: 0;
        border-radius: var(--radius);
        background: var(--stage);
        color: var(--stage-text);
        font-size: var(--text-large);
        overflow: hidden;
      }
      img {
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
      .sound {
        display: grid;
        align-content: start;
        gap: 12px;
      }
      .card {
        display: grid;
        gap: 12px;
        padding: 20px 24px;
        border-radius: var(--radius);
        background: var(--surface);
      }
      h2 {
        font-size: var(--text-large);
      }
      meter {
        width: 100%;
        height: 32px;
      }
      .card p {
        color: var(--text-quiet);
      }
      ic-button {
        --target: 72px;
      }
      @media (orientation: portrait) {
        .check {
          grid-template-columns: minmax(0, 1fr);
          grid-template-rows: minmax(0, 1fr) auto;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    act(this, '/check/start');
    this.#renewal = window.setInterval(() => act(this, '/check/start'), RENEW_MS);
  }

  override disconnectedCallback(): void {
    window.clearInterval(this.#renewal);
    // The element is out of the tree already, and its events with it: asked of the page that remains.
    const panel = document.querySelector<HTMLElement>('ic-panel');
    if (panel) act(panel, '/check/stop');
    super.disconnectedCallback();
  }

  override render(): unknown {
    return html`<div class="top">
        <ic-icon-button icon="chevron-left" label=${t().back} @click=${() => go(this, 'home')}></ic-icon-button>
        <h1>${t().deviceCheck}</h1>
      </div>
      <div class="check">
        <div class="picture">${this.#picture()}</div>
        <div class="sound">
          <p class="intro">${t().checkIntro}</p>
          ${this.#problems()} ${this.#microphone()}
          <section class="card">
            <ic-button icon="volume" ?busy=${this.pending.has('/check/tone')} @click=${() => act(this, '/check/tone')}
              >${t().playTone}</ic-button
            >
            <p>${t().toneHint}</p>
          </section>
        </div>
      </div>`;
  }

  #problems(): unknown {
    return this.state.problems.slice(0, PROBLEMS_SHOWN).map((problem) => {
      const { message, action } = problemText(problem);
      return html`<ic-notice tone="warning" text="${message} ${action}"></ic-notice>`;
    });
  }

  #picture(): unknown {
    const picture = this.state.check?.picture;
    if (picture === undefined || picture === 0) return html`<p role="status">${t().pictureComing}</p>`;
    if (picture === null) return html`<p role="status">${t().noPicture}</p>`;
    return html`<img alt=${t().picture} src="/api/v1/check/picture.jpg?${picture}" />`;
  }

  #microphone(): unknown {
    const level = this.state.check?.level;
    return html`<section class="card">
      <h2 id="level">${t().microphoneLevel}</h2>
      ${
        level === null
          ? html`<p>${t().noMicrophone}</p>`
          : html`<meter aria-labelledby="level" min="0" max="1" value=${level ?? 0}></meter>
              <p>${t().speakNow}</p>`
      }
    </section>`;
  }
}
