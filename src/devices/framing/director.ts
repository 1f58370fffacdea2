import { angleBetween } from '../array/geometry.ts';

/** A seat or a part of the table: directions of arrival within it are shown with this preset of the camera. */
export interface PresetSector {
  readonly preset: number;
  readonly centreDeg: number;
  /** To each side of the centre. */
  readonly halfWidthDeg: number;
}

export type FramingMode =
  /** Nothing moves. */
  | { readonly kind: 'fixed' }
  /** Only what people ask for moves the camera; it stays for good. */
  | { readonly kind: 'presets' }
  /** The talker's sector, else the home preset. */
  | { readonly kind: 'follow-presets'; readonly sectors: readonly PresetSector[]; readonly homePreset: number }
  /** The talker's direction itself. `cameraDeg`: where the camera looks at pan 0, as the array measures it. */
  | { readonly kind: 'follow-angle'; readonly cameraDeg: number; readonly mostPanDeg: number };

export type FramingTarget =
  | { readonly kind: 'preset'; readonly preset: number }
  /** Degrees from the camera's middle, positive to its right as it looks. */
  | { readonly kind: 'pan'; readonly panDeg: number }
  /** Nobody has spoken for long: what the camera shows by itself. */
  | { readonly kind: 'home' };

export interface FramingTimes {
  /** A new target must be wanted for so long without a break. */
  readonly settleMs: number;
  /** From one move to the next at least. */
  readonly restMs: number;
  /** After so long without anybody speaking, back home. */
  readonly homeAfterMs: number;
  /** How far a direction must leave a sector before another is looked at, and how far a pan must be off before it moves. */
  readonly marginDeg: number;
}

export const calmFraming: FramingTimes = { settleMs: 1_500, restMs: 6_000, homeAfterMs: 20_000, marginDeg: 8 };

export interface FramingInput {
  /** Null while nobody speaks. */
  readonly talkerDeg: number | null;
  /** What comes out of the loudspeakers has a direction too: nothing is followed meanwhile. */
  readonly farEndSpeaks: boolean;
}

/** Decides when the camera moves and where to. Pure but for its memory: time comes as an argument and does not go back. */
export class FramingDirector {
  readonly #times: FramingTimes;
  #mode: FramingMode;
  #current: FramingTarget | null = null;
  #wanted: { target: FramingTarget; sinceMs: number } | null = null;
  #movedMs = -Infinity;
  #heardMs: number | null = null;

  constructor(mode: FramingMode, times: FramingTimes = calmFraming) {
    this.#mode = mode;
    this.#times = times;
  }

  get mode(): FramingMode {
    return this.#mode;
  }

  /** Where the camera was last sent by this director or by a person; null before. */
  get current(): FramingTarget | null {
    return this.#current;
  }

  setMode(mode: FramingMode): void {
    this.#mode = mode;
    this.#wanted = null;
  }

  /** A person moved the camera: that counts as a move, and following rests. */
  movedByHand(target: FramingTarget | null, atMs: number): void {
    this.#current = target;
    this.#movedMs = atMs;
    this.#wanted = null;
  }

  /** Returns where to move now, null to stay. Call it several times a second. */
  update(input: FramingInput, atMs: number): FramingTarget | null {
    this.#heardMs ??= atMs;
    if (input.farEndSpeaks || this.#mode.kind === 'fixed' || this.#mode.kind === 'presets') {
      this.#wanted = null;
      // The far end is part of the conversation: nobody is sent home while it speaks.
      this.#heardMs = atMs;
      return null;
    }
    if (input.talkerDeg !== null) this.#heardMs = atMs;
    const target = this.#targetOf(this.#mode, input.talkerDeg, atMs - this.#heardMs);
    if (target === null || this.#isThere(target)) {
      this.#wanted = null;
      return null;
    }
    return this.#want(target, atMs);
  }

  #want(target: FramingTarget, atMs: number): FramingTarget | null {
    if (this.#wanted === null || !this.#isNear(this.#wanted.target, target)) this.#wanted = { target, sinceMs: atMs };
    const { settleMs, restMs } = this.#times;
    if (atMs - this.#wanted.sinceMs < settleMs || atMs - this.#movedMs < restMs) return null;
    this.#current = target;
    this.#movedMs = atMs;
    this.#wanted = null;
    return target;
  }

  #targetOf(mode: FramingMode, talkerDeg: number | null, silentMs: number): FramingTarget | null {
    const home = silentMs >= this.#times.homeAfterMs;
    if (mode.kind === 'follow-presets') {
      if (talkerDeg === null) return home ? { kind: 'preset', preset: mode.homePreset } : null;
      const sector = this.#sectorOf(mode.sectors, talkerDeg);
      return sector === null ? null : { kind: 'preset', preset: sector.preset };
    }
    if (mode.kind !== 'follow-angle') return null;
    if (talkerDeg === null) return home ? { kind: 'home' } : null;
    // Azimuths grow anticlockwise, pans to the right.
    const panDeg = angleBetween(mode.cameraDeg, talkerDeg);
    return { kind: 'pan', panDeg: Math.max(-mode.mostPanDeg, Math.min(mode.mostPanDeg, panDeg)) };
  }

  /** The sector shown now holds on to its directions a little beyond its edges; else the one whose middle is nearest. */
  #sectorOf(sectors: readonly PresetSector[], talkerDeg: number): PresetSector | null {
    const current = this.#current;
    const off = (sector: PresetSector): number => Math.abs(angleBetween(talkerDeg, sector.centreDeg));
    const held = sectors.find(
      (sector) =>
        current?.kind === 'preset' &&
        sector.preset === current.preset &&
        off(sector) <= sector.halfWidthDeg + this.#times.marginDeg,
    );
    if (held) return held;
    const inside = sectors.filter((sector) => off(sector) <= sector.halfWidthDeg);
    return inside.toSorted((a, b) => off(a) - off(b))[0] ?? null;
  }

  #isThere(target: FramingTarget): boolean {
    return this.#current !== null && this.#isNear(this.#current, target);
  }

  #isNear(a: FramingTarget, b: FramingTarget): boolean {
    if (a.kind === 'preset') return b.kind === 'preset' && a.preset === b.preset;
    if (a.kind === 'home') return b.kind === 'home';
    return b.kind === 'pan' && Math.abs(a.panDeg - b.panDeg) <= this.#times.marginDeg;
  }
}

/** Middle of the digital frame that shows a pan, for a camera without motors that sees `viewDeg` from side to side. */
export function frameCentreOf(panDeg: number, viewDeg: number): number {
  const half = (viewDeg * Math.PI) / 360;
  // A lens without distortion shows tangents.
  const share = Math.tan((Math.max(-89, Math.min(89, panDeg)) * Math.PI) / 180) / Math.tan(half);
  return 0.5 + Math.max(-1, Math.min(1, share)) / 2;
}
