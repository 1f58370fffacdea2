/** What the command line tools of libgpiod 1.6 (Debian 12) print. */
import type { GpioEdge } from './gpio-lines.ts';

export interface GpiodChip {
  /** `gpiochip0`: what the other tools take, of this boot only. */
  readonly device: string;
  readonly label: string;
}

export interface GpiodLine {
  readonly offset: number;
  readonly name: string | null;
  /** Who holds it; null for nobody. */
  readonly consumer: string | null;
}

/** `gpiochip0 [pinctrl-bcm2711] (58 lines)`, a chip a line. */
export function parseDetect(text: string): GpiodChip[] {
  return [...text.matchAll(/^(gpiochip\d+) \[(.*)\] \(\d+ lines?\)$/gm)].map(([, device = '', label = '']) => ({
    device,
    label,
  }));
}

/** `line  17:     "GPIO17"    "gpiomon"   input  active-high [used]`, of `gpioinfo <chip>`. */
export function parseInfo(text: string): GpiodLine[] {
  const lines = text.matchAll(/^\s*line\s+(\d+):\s+(unnamed|".*?")\s+(unused|".*?")\s+(?:input|output)\s/gm);
  return [...lines].map(([, offset, name = '', consumer = '']) => ({
    offset: Number(offset),
    name: name === 'unnamed' ? null : name.slice(1, -1),
    consumer: consumer === 'unused' ? null : consumer.slice(1, -1),
  }));
}

/** For `gpiomon`: edge (1 rising, 0 falling, polarity taken off), seconds, nanoseconds. */
export const EDGE_FORMAT = '%e %s %n';
const LONGEST_LINE = 64;

/** Edges out of pieces of `gpiomon`'s output, however they are cut; lines that are none, or too long, are passed over. */
export class EdgeLines {
  #line = '';
  #overlong = false;

  push(text: string): GpioEdge[] {
    const edges: GpioEdge[] = [];
    for (const character of text) {
      if (character === '\n') {
        const edge = this.#overlong ? null : parseEdge(this.#line);
        if (edge) edges.push(edge);
        this.#line = '';
        this.#overlong = false;
      } else if (this.#line.length < LONGEST_LINE) this.#line += character;
      else this.#overlong = true;
    }
    return edges;
  }
}

function parseEdge(line: string): GpioEdge | null {
  const [, edge, seconds, nanoseconds] = /^([01]) +(\d{1,10}) +(\d{1,9})$/.exec(line.trim()) ?? [];
  if (edge === undefined) return null;
  return { active: edge === '1', atUs: Number(seconds) * 1e6 + Math.floor(Number(nanoseconds) / 1000) };
}
