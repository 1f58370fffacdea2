/** What a line splitter found. */
export type SplitLine = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' };

/**
 * Cuts a stream into lines ended by CR, LF or both. Bytes are read as Latin-1, one character each, so that any byte passes.
 * Empty lines are left out. A line of more than `maxLength` characters is told once, at its end, and dropped.
 */
export class LineSplitter {
  readonly #maxLength: number;
  #kept = '';
  #isTooLong = false;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  push(chunk: Uint8Array): SplitLine[] {
    const lines: SplitLine[] = [];
    for (const byte of chunk) {
      if (byte === 0x0d || byte === 0x0a) this.#end(lines);
      else if (this.#kept.length < this.#maxLength) this.#kept += String.fromCharCode(byte);
      else this.#isTooLong = true;
    }
    return lines;
  }

  reset(): void {
    this.#kept = '';
    this.#isTooLong = false;
  }

  #end(lines: SplitLine[]): void {
    if (this.#isTooLong) lines.push({ kind: 'too-long' });
    else if (this.#kept !== '') lines.push({ kind: 'line', text: this.#kept });
    this.reset();
  }
}
