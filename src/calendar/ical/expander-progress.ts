/** Where the worker is, in memory that both see: a worker in an endless loop answers no messages. */
const COUNT = 0;
const OBJECT = 1;
const UID_BYTES = 2;
const HEADER_BYTES = 12;
/** A reference has at most 512 characters. */
const MAX_UID_BYTES = 2_048;
const NO_UID = -1;

export class ExpanderProgress {
  readonly buffer: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #uid: Uint8Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + MAX_UID_BYTES)) {
    this.buffer = buffer;
    this.#header = new Int32Array(buffer, 0, 3);
    this.#uid = new Uint8Array(buffer, HEADER_BYTES);
  }

  /** Pieces of work begun. */
  get count(): number {
    return Atomics.load(this.#header, COUNT);
  }

  /** The worker begins something: the parsing of an object, or with `uid` the expansion of a series. */
  begin(object: number, uid: string | null): void {
    // TextDecoder and TextEncoder refuse shared memory.
    const bytes = uid === null ? null : Buffer.from(uid).subarray(0, MAX_UID_BYTES);
    if (bytes !== null) this.#uid.set(bytes);
    Atomics.store(this.#header, UID_BYTES, bytes === null ? NO_UID : bytes.length);
    Atomics.store(this.#header, OBJECT, object);
    Atomics.add(this.#header, COUNT, 1);
  }

  current(): { readonly object: number; readonly uid: string | null } {
    const length = Atomics.load(this.#header, UID_BYTES);
    const uid = length === NO_UID ? null : Buffer.from(this.#uid.slice(0, length)).toString();
    return { object: Atomics.load(this.#header, OBJECT), uid };
  }
}
