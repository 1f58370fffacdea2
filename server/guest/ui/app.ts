import { css, html, nothing } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import type { CallController, JoinChoice, Links, LocalDevices } from '../call-controller.ts';
import type { Preferences } from '../preferences.ts';
import { loadPreferences, savePreferences } from '../preferences.ts';
import type { MissingFeature } from '../strings.ts';
import { endText } from '../view/texts.ts';
import { GuestElement } from './element.ts';

export type Screen =
  | { readonly kind: 'unsupported'; readonly missing: readonly MissingFeature[] }
  | { readonly kind: 'broken-link' }
  | { readonly kind: 'landing' }
  | { readonly kind: 'link'; readonly link: string }
  | { readonly kind: 'prejoin'; readonly link: string }
  | { readonly kind: 'call'; readonly link: string }
  | { readonly kind: 'ended'; readonly link: string; readonly code: string | null };

export interface AppDeps {
  readonly controller: CallController;
  readonly devices: LocalDevices;
  readonly links: Links;
  readonly storage: Storage;
}

/** Which screen is shown, and what leads from one to the next. Opening a meeting's page is a navigation: reload works. */
export class GuestApp extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    deps: { attribute: false },
    language: { type: String },
    screen: { attribute: false },
    creating: { state: true },
    createFailed: { state: true },
    linkWrong: { state: true },
  };
  /** null only where the browser is not supported. */
  declare deps: AppDeps | null;
  declare language: string;
  declare screen: Screen;
  declare creating: boolean;
  declare createFailed: boolean;
  declare linkWrong: boolean;
  #preferences: Preferences | null = null;
  #stop: (() => void)[] = [];

  constructor() {
    super();
    this.creating = this.createFailed = this.linkWrong = false;
    this.deps = null;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    const { deps } = this;
    if (!deps) return;
    this.#preferences = loadPreferences(deps.storage);
    this.#stop.push(deps.controller.events.on('changed', () => this.#followCall(deps.controller)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop.splice(0)) stop();
  }

  override render(): unknown {
    const { screen } = this;
    if (screen.kind === 'call')
      return html`<guest-call
        .strings=${this.strings}
        .controller=${this.deps?.controller}
        link=${screen.link}
        language=${this.language}
        @leave=${() => void this.deps?.controller.leave()}
      ></guest-call>`;
    return html`<guest-shell .strings=${this.strings}>${this.#page(screen)}</guest-shell>`;
  }

  #page(screen: Exclude<Screen, { kind: 'call' }>): unknown {
    const s = this.strings;
    switch (screen.kind) {
      case 'unsupported':
        return html`<guest-message
          icon="blocked"
          tone="warning"
          heading=${s.unsupportedTitle}
          text=${s.unsupportedText}
          listTitle=${s.unsupportedMissing}
          .list=${screen.missing.map((feature) => s.missing[feature])}
        ></guest-message>`;
      case 'broken-link':
        return html`<guest-message icon="broken" tone="warning" heading=${s.brokenLinkTitle} text=${s.brokenLinkText}>
          ${this.#startButton('primary')}
        </guest-message>`;
      case 'landing':
        return html`<guest-landing
          .strings=${s}
          ?busy=${this.creating}
          ?createFailed=${this.createFailed}
          ?linkWrong=${this.linkWrong}
          @new-meeting=${() => void this.#create()}
          @open-link=${(event: CustomEvent<string>) => this.#open(event.detail)}
        ></guest-landing>`;
      case 'link':
        return html`<guest-link-page
          .strings=${s}
          link=${screen.link}
          @go=${() => this.#go(screen.link)}
        ></guest-link-page>`;
      case 'prejoin':
        return html`<guest-prejoin
          .strings=${s}
          .devices=${this.deps?.devices}
          .preferences=${this.#preferences}
          @remember=${(event: CustomEvent<Partial<Preferences>>) => this.#remember(event.detail)}
          @join=${(event: CustomEvent<JoinChoice>) => void this.#join(screen.link, event.detail)}
        ></guest-prejoin>`;
      case 'ended':
        return this.#ended(screen);
    }
  }

  #ended(screen: Extract<Screen, { kind: 'ended' }>): unknown {
    const s = this.strings;
    const end = endText(screen.code, s);
    const again = html`<ic-button
      kind="primary"
      icon="retry"
      @click=${() => (this.screen = { kind: 'prejoin', link: screen.link })}
      >${screen.code === null ? s.joinAgain : s.tryAgain}</ic-button
    >`;
    const reload = html`<ic-button kind="primary" icon="retry" @click=${() => location.reload()}
      >${s.reload}</ic-button
    >`;
    return html`<guest-message
      icon=${screen.code === null ? 'check' : 'warning'}
      tone=${screen.code === null ? 'calm' : 'warning'}
      heading=${end.title}
      text=${end.text}
      code=${end.code ? s.codeShown(end.code) : ''}
    >
      ${end.action === 'join-again' ? again : end.action === 'reload' ? reload : nothing}
      ${this.#startButton(end.action === 'start' ? 'primary' : 'plain')}
    </guest-message>`;
  }

  #startButton(kind: 'primary' | 'plain'): unknown {
    return html`<ic-button kind=${kind} @click=${() => location.assign('/')}>${this.strings.backToStart}</ic-button>`;
  }

  async #create(): Promise<void> {
    if (!this.deps) return;
    this.creating = true;
    this.createFailed = false;
    try {
      this.screen = { kind: 'link', link: await this.deps.links.create() };
    } catch {
      this.createFailed = true;
    } finally {
      this.creating = false;
    }
  }

  #open(text: string): void {
    const link = this.deps?.links.parse(text) ?? null;
    this.linkWrong = link === null;
    if (link !== null) this.#go(link);
  }

  #go(link: string): void {
    location.assign(link);
  }

  #remember(change: Partial<Preferences>): void {
    if (!this.deps) return;
    savePreferences(this.deps.storage, change);
    this.#preferences = loadPreferences(this.deps.storage);
  }

  async #join(link: string, choice: JoinChoice): Promise<void> {
    this.#remember({ name: choice.name });
    this.screen = { kind: 'call', link };
    await this.deps?.controller.join(link, choice);
  }

  #followCall(controller: CallController): void {
    const { screen } = this;
    const { phase, lastEnd } = controller.state;
    if (screen.kind === 'call' && phase === 'idle')
      this.screen = { kind: 'ended', link: screen.link, code: lastEnd?.code ?? null };
  }
}
