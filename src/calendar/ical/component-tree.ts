/** A calendar object that is to be changed: whatever is not understood stays as it is, in its place. */
import { propertyName, unfold } from './components.ts';

/** A property, unfolded, or a component inside. */
export type TreeEntry = string | TreeComponent;

export class TreeComponent {
  /** In capitals. */
  readonly name: string;
  readonly entries: TreeEntry[] = [];

  constructor(name: string, entries: readonly TreeEntry[] = []) {
    this.name = name;
    this.entries.push(...entries);
  }

  components(name: string): TreeComponent[] {
    return this.entries.filter((entry) => typeof entry !== 'string').filter((entry) => entry.name === name);
  }

  /** The first property of a name, as a line. */
  line(name: string): string | null {
    return this.lines(name)[0] ?? null;
  }

  lines(name: string): string[] {
    return this.entries.filter((entry) => typeof entry === 'string').filter((line) => propertyName(line) === name);
  }

  /** In the place of the first of that name, or before the components inside. */
  set(name: string, line: string): void {
    const at = this.entries.findIndex((entry) => typeof entry === 'string' && propertyName(entry) === name);
    if (at >= 0) this.entries[at] = line;
    else this.add(line);
  }

  replace(line: string, other: string): void {
    const at = this.entries.indexOf(line);
    if (at >= 0) this.entries[at] = other;
  }

  add(line: string): void {
    const at = this.entries.findIndex((entry) => typeof entry !== 'string');
    this.entries.splice(at < 0 ? this.entries.length : at, 0, line);
  }

  remove(...names: readonly string[]): void {
    this.#keep((entry) => typeof entry !== 'string' || !names.includes(propertyName(entry)));
  }

  drop(component: TreeComponent): void {
    this.#keep((entry) => entry !== component);
  }

  clone(): TreeComponent {
    return new TreeComponent(
      this.name,
      this.entries.map((entry) => (typeof entry === 'string' ? entry : entry.clone())),
    );
  }

  /** With CR LF, folded at 75 bytes (RFC 5545 section 3.1). */
  toString(): string {
    const inside = this.entries.map((entry) => (typeof entry === 'string' ? fold(entry) : entry.toString()));
    return `BEGIN:${this.name}\r\n${inside.join('')}END:${this.name}\r\n`;
  }

  #keep(isKept: (entry: TreeEntry) => boolean): void {
    const kept = this.entries.filter(isKept);
    this.entries.splice(0, this.entries.length, ...kept);
  }
}

const MAX_DEPTH = 10;

/** Null for what is not one whole VCALENDAR. */
export function parseTree(text: string): TreeComponent | null {
  const reader = new TreeReader();
  unfold(text, Infinity, (line) => reader.take(line));
  return reader.end();
}

class TreeReader {
  readonly #open: TreeComponent[] = [];
  #root: TreeComponent | null = null;
  #isBroken = false;

  take(line: string): void {
    if (/^BEGIN:/i.test(line)) this.#begin(new TreeComponent(line.slice(6).trim().toUpperCase()));
    else if (/^END:/i.test(line)) this.#isBroken ||= this.#open.pop()?.name !== line.slice(4).trim().toUpperCase();
    else if (this.#open.length === 0) this.#isBroken ||= line.trim() !== '';
    else this.#open.at(-1)?.entries.push(line);
  }

  end(): TreeComponent | null {
    return this.#isBroken || this.#open.length > 0 || this.#root?.name !== 'VCALENDAR' ? null : this.#root;
  }

  #begin(component: TreeComponent): void {
    const parent = this.#open.at(-1);
    if ((parent === undefined && this.#root !== null) || this.#open.length >= MAX_DEPTH) this.#isBroken = true;
    if (parent === undefined) this.#root = component;
    else parent.entries.push(component);
    this.#open.push(component);
  }
}

const MAX_LINE_BYTES = 75;

function fold(line: string): string {
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (bytes + size > MAX_LINE_BYTES) {
      parts.push(part);
      part = ' ';
      bytes = 1;
    }
    part += character;
    bytes += size;
  }
  return `${[...parts, part].join('\r\n')}\r\n`;
}
