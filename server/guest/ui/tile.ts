import { css, html, nothing } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';
import { initialsOf } from '../../../src/lib/initials.ts';
import type { Tile } from '../view/stage.ts';
import { GuestElement } from './element.ts';

/** One window of the meeting: a picture or the person's initials, the name, a ring while speaking. */
export class GuestTile extends GuestElement {
  static override properties = {
    ...GuestElement.properties,
    tile: { attribute: false },
    speaking: { type: Boolean, reflect: true },
    small: { type: Boolean, reflect: true },
  };
  declare tile: Tile;
  declare speaking: boolean;
  declare small: boolean;

  constructor() {
    super();
    this.speaking = this.small = false;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
        position: relative;
        min-width: 0;
        min-height: 0;
        border-radius: var(--radius);
        background: var(--stage-tile);
        color: var(--stage-text);
        overflow: hidden;
        container-type: size;
      }
      :host::after {
        content: '';
        position: absolute;
        inset: 0;
        border-radius: inherit;
        border: 3px solid transparent;
        pointer-events: none;
        transition: border-color var(--move);
      }
      :host([speaking])::after {
        border-color: #7cacff;
      }
      figure {
        margin: 0;
        width: 100%;
        height: 100%;
      }
      guest-video {
        width: 100%;
        height: 100%;
      }
      .nobody {
        display: grid;
        place-items: center;
        width: 100%;
        height: 100%;
        background: radial-gradient(circle at 50% 40%, #2a3542, var(--stage-tile) 75%);
      }
      .initials {
        display: grid;
        place-items: center;
        width: clamp(48px, 34cqmin, 128px);
        aspect-ratio: 1;
        border-radius: 50%;
        background: #3a4a5e;
        font-size: clamp(1.125rem, 12cqmin, 2.75rem);
        font-weight: 600;
      }
      .initials ic-icon {
        font-size: clamp(1.25rem, 12cqmin, 2.75rem);
      }
      figcaption {
        position: absolute;
        inset: auto 8px 8px 8px;
        display: flex;
      }
    `,
  ];

  override render(): unknown {
    const s = this.strings;
    const { kind, participant, stream } = this.tile;
    const name = nameOf(this.tile, s);
    return html`<figure aria-label=${this.#spoken(name)}>
      ${
        stream
          ? html`<guest-video ?mirror=${kind === 'self'} ?whole=${kind === 'screen'} .stream=${stream}></guest-video>`
          : html`<div class="nobody">
              <span class="initials" aria-hidden="true"
                >${participant.kind === 'room' ? html`<ic-icon name="room"></ic-icon>` : initialsOf(participant.name)}</span
              >
            </div>`
      }
      <figcaption>
        <ic-tile-label
          name=${name}
          .verified=${kind === 'camera' ? participant.verification.kind === 'organisation' : null}
          verifiedText=${participant.verification.kind === 'organisation' ? s.verified : s.unverified}
          ?muted=${kind !== 'screen' && participant.microphone === 'muted'}
          mutedText=${s.muted}
          ?hand=${kind !== 'screen' && participant.handRaised}
          handText=${s.handRaised}
        ></ic-tile-label>
      </figcaption>
    </figure>`;
  }

  override willUpdate(): void {
    this.speaking = this.tile.kind !== 'screen' && this.tile.participant.speaking;
  }

  #spoken(name: string): string | typeof nothing {
    const { participant, kind, stream } = this.tile;
    const s = this.strings;
    const facts = [name];
    if (kind !== 'screen' && !stream) facts.push(s.noPicture);
    if (kind !== 'screen' && participant.microphone === 'muted') facts.push(s.muted);
    return facts.join(', ');
  }
}

export function nameOf(tile: Tile, strings: GuestTile['strings']): string {
  const name = tile.participant.name ?? strings.arriving;
  if (tile.kind === 'self') return strings.you;
  return tile.kind === 'screen' ? strings.screenOf(name) : name;
}
