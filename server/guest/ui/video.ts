import { css, html, LitElement } from 'lit';

/** A picture without sound; `mirror` for ourselves, `whole` shows all of it rather than filling the box. */
export class GuestVideo extends LitElement {
  static override properties = {
    stream: { attribute: false },
    mirror: { type: Boolean, reflect: true },
    whole: { type: Boolean, reflect: true },
  };
  declare stream: MediaStream | null;
  declare mirror: boolean;
  declare whole: boolean;

  constructor() {
    super();
    this.stream = null;
    this.mirror = this.whole = false;
  }

  static override styles = css`
    :host {
      display: block;
      overflow: hidden;
    }
    video {
      display: block;
      width: 100%;
      height: 100%;
      object-fit: cover;
    }
    :host([whole]) video {
      object-fit: contain;
    }
    :host([mirror]) video {
      transform: scaleX(-1);
    }
  `;

  override render(): unknown {
    // Sound has its own elements in the engine: a picture that is moved or hidden must not cut it.
    return html`<video autoplay playsinline .muted=${true} disablepictureinpicture></video>`;
  }

  override updated(): void {
    const video = this.renderRoot.querySelector('video');
    if (video && video.srcObject !== this.stream) video.srcObject = this.stream;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const video = this.renderRoot.querySelector('video');
    if (video) video.srcObject = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }
}
