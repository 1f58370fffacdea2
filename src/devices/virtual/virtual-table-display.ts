import type { Clock } from '../../lib/clock.ts';
import type { ByteLink } from '../link/byte-link.ts';

const ANSWER_MS = 60;

/** An LG display on its serial port, after the manual of the row `lg`: `ka 01 01` is answered by `a 01 OK01x`. */
export class VirtualLgDisplay {
  isSilent = false;
  /** Sends this before each answer. */
  noise = '';
  /** By command letter: power, input, volume, sound, picture. */
  readonly state = new Map<string, number>([
    ['ka', 0],
    ['xb', 0x90],
    ['kf', 20],
    ['ke', 1],
    ['kd', 0],
  ]);
  readonly #clock: Clock;
  readonly #id: number;

  constructor(clock: Clock, id: number) {
    this.#clock = clock;
    this.#id = id;
  }

  attach(link: ByteLink): void {
    let kept = '';
    link.onData((chunk) => {
      kept = (kept + Buffer.from(chunk).toString('latin1')).slice(-64);
      const end = kept.indexOf('\r');
      if (end < 0) return;
      const answer = this.#answer(kept.slice(0, end));
      kept = kept.slice(end + 1);
      if (answer === null || this.isSilent) return;
      this.#clock.after(
        ANSWER_MS,
        () => void link.write(Buffer.from(this.noise + answer, 'latin1')).catch(() => undefined),
      );
    });
  }

  #answer(text: string): string | null {
    const [, command = '', id = '', data = ''] = /([a-z]{2}) ([0-9a-f]{2}) ([0-9a-f]{2})$/i.exec(text) ?? [];
    if (parseInt(id, 16) !== this.#id) return null;
    const known = this.state.get(command);
    const isOff = this.state.get('ka') === 0 && command !== 'ka';
    if (known === undefined || isOff) return `${command[1] ?? ''} ${id} NG${data}x`;
    const value = parseInt(data, 16);
    if (value !== 0xff) this.state.set(command, value);
    const now = this.state.get(command) ?? 0;
    return `${command[1] ?? ''} ${id} OK${now.toString(16).padStart(2, '0').toUpperCase()}x`;
  }
}
