import type { Clock } from '../../lib/clock.ts';
import type { HidLink } from './mute-sync.ts';

/** How a speakerphone behaves; each of these stands for real ones. */
export interface VirtualSpeakerphoneTraits {
  /** `toggle`: a press is a pulse, relative; `state`: the report says whether it is muted. */
  readonly mute: 'toggle' | 'state';
  /** Reports presses only while off-hook (Jabra). */
  readonly onlyOffHook: boolean;
  /** Takes a press back when its light was not set to match within this time; null: never. */
  readonly revertMs: number | null;
  /** Reports a change of its mute that the light brought about, too. */
  readonly echoes: boolean;
  /** Which light its mute follows; none: it cannot be told. */
  readonly light: 'mute' | 'microphone' | 'none';
}

export const virtualSpeakerphones = {
  toggling: { mute: 'toggle', onlyOffHook: true, revertMs: 1_000, echoes: false, light: 'mute' },
  stating: { mute: 'state', onlyOffHook: false, revertMs: null, echoes: true, light: 'microphone' },
  lightless: { mute: 'state', onlyOffHook: false, revertMs: null, echoes: false, light: 'none' },
} as const satisfies Record<string, VirtualSpeakerphoneTraits>;

const REPORT = 3;

/** A speakerphone made of software, with a report descriptor of its own: for tests and for rooms without hardware. */
export class VirtualSpeakerphone implements HidLink {
  readonly descriptor: Uint8Array;
  readonly #traits: VirtualSpeakerphoneTraits;
  readonly #clock: Clock;
  readonly #listeners = new Set<(report: Uint8Array) => void>();
  #cancelRevert: () => void = () => undefined;
  /** What its own microphone is. */
  muted = false;
  offHook = false;
  /** Writes fail while it is unplugged; they are lost, or never end, when it is deaf or stuck. */
  mode: 'well' | 'unplugged' | 'deaf' | 'stuck' = 'well';
  writes = 0;

  constructor(traits: VirtualSpeakerphoneTraits, clock: Clock) {
    this.#traits = traits;
    this.#clock = clock;
    this.descriptor = describe(traits);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  onReport(listener: (report: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A finger on its mute button. */
  press(): void {
    const { onlyOffHook, revertMs } = this.#traits;
    if (onlyOffHook && !this.offHook) return;
    this.muted = !this.muted;
    const pressed = this.muted;
    if (revertMs !== null) {
      this.#cancelRevert();
      this.#cancelRevert = this.#clock.after(revertMs, () => {
        this.muted = !pressed;
      });
    }
    this.#reportMute();
  }

  async write(report: Uint8Array): Promise<void> {
    this.writes++;
    if (this.mode === 'unplugged') throw Object.assign(new Error('no such device'), { code: 'ENODEV' });
    if (this.mode === 'stuck') return new Promise(() => undefined);
    if (this.mode === 'deaf' || report[0] !== REPORT || report.length !== 2) return;
    const bits = report[1] ?? 0;
    this.offHook = (bits & 2) !== 0;
    if (this.#traits.light === 'none') return;
    const lit = (bits & (this.#traits.light === 'mute' ? 1 : 4)) !== 0;
    // Any answer ends the waiting, also one that refuses the press.
    this.#cancelRevert();
    if (lit === this.muted) return;
    this.muted = lit;
    if (this.#traits.echoes) this.#reportMute();
  }

  #reportMute(): void {
    const hook = this.offHook ? 1 : 0;
    if (this.#traits.mute === 'state') return this.#report(hook | (this.muted ? 2 : 0));
    this.#report(hook | 2);
    this.#report(hook);
  }

  #report(bits: number): void {
    for (const listener of [...this.#listeners]) listener(Uint8Array.of(REPORT, bits));
  }
}

/** Input: hook switch and phone mute; output: the lights mute, off-hook and microphone, as far as it has them. */
function describe({ mute, light }: VirtualSpeakerphoneTraits): Uint8Array {
  const lights =
    light === 'none'
      ? [0x09, 0x17]
      : [0x09, light === 'mute' ? 0x09 : 0x4b, 0x09, 0x17, 0x09, light === 'microphone' ? 0x21 : 0x4b];
  const count = lights.length / 2;
  // Padding in front of a lone off-hook light keeps it at the second bit.
  const before = light === 'none' ? [0x75, 0x01, 0x95, 0x01, 0x91, 0x03] : [];
  return Uint8Array.of(
    ...[0x05, 0x0b, 0x09, 0x05, 0xa1, 0x01, 0x85, REPORT, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01],
    ...[0x09, 0x20, 0x81, 0x22, 0x09, 0x2f, 0x81, mute === 'toggle' ? 0x06 : 0x02, 0x95, 0x06, 0x81, 0x03],
    ...[0x05, 0x08, ...before, 0x95, count, ...lights, 0x91, 0x22],
    ...[0x75, 0x08 - count - before.length / 6, 0x95, 0x01, 0x91, 0x03, 0xc0],
  );
}
