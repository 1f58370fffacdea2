/**
 * Samsung Multiple Display Control, "MDC Protocol" v13.7c and the control codes in Samsung's manuals (MD40B page 41, PM49F page
 * 24): header AA, command, display id, data length, data, checksum; the checksum is the sum of all but the header, modulo
 * 256. Answers have the command FF and data of 'A' or 'N', the command answered, and values.
 */
export const HEADER = 0xaa;
const ANSWER = 0xff;
const [ACK, NAK] = [0x41, 0x4e];
/** Names and software versions are the longest that displays answer. */
const MAX_DATA = 64;
/** What a display says, in the clear, that wants TLS ("secured protocol"); one that does not says nothing. */
export const TLS_GREETING = 'MDCSTART<<TLS>>';

export interface MdcAnswer {
  readonly id: number;
  readonly command: number;
  readonly isAck: boolean;
  /** Of an ack the state, of a nak the error code. */
  readonly values: Uint8Array;
  /** The checksum did not match: some displays apply a command and acknowledge it so (vgavro/samsung-mdc#15). */
  readonly isDamaged: boolean;
}

/** Data of at most 64 bytes. */
export function encodeMdc(command: number, id: number, data: readonly number[]): Uint8Array {
  const body = [command, id, data.length, ...data];
  return Uint8Array.of(HEADER, ...body, sum(body));
}

/** Finds answers in a stream; keeps at most one packet's bytes. */
export class MdcParser {
  #kept: number[] = [];

  push(chunk: Uint8Array): MdcAnswer[] {
    const answers: MdcAnswer[] = [];
    for (const byte of chunk) {
      this.#kept.push(byte);
      // Behind a damaged packet there may be whole ones already.
      for (let answer = this.#take(); answer !== null; answer = this.#take()) answers.push(answer);
    }
    return answers;
  }

  reset(): void {
    this.#kept = [];
  }

  /** The answer that the kept bytes complete, or `null`; drops bytes that cannot begin one. */
  #take(): MdcAnswer | null {
    for (;;) {
      const [header, marker, , length, verdict] = this.#kept;
      if (header === undefined) return null;
      if (header !== HEADER || isWrong(marker, ANSWER) || isOutside(length) || isWrong(verdict, ACK, NAK)) {
        this.#kept.shift();
        continue;
      }
      if (length === undefined || this.#kept.length < length + 5) return null;
      return this.#read(length);
    }
  }

  #read(length: number): MdcAnswer {
    const [, , id = 0, , verdict, command = 0] = this.#kept;
    const isDamaged = sum(this.#kept.slice(1, length + 4)) !== this.#kept[length + 4];
    const values = Uint8Array.from(this.#kept.slice(6, length + 4));
    // Behind a damaged packet the next may have begun already: a byte was lost, and its header is in here.
    const next = isDamaged ? this.#kept.indexOf(HEADER, 1) : -1;
    this.#kept = next < 0 ? [] : this.#kept.slice(next);
    return { id, command, isAck: verdict === ACK, values, isDamaged };
  }
}

const sum = (bytes: readonly number[]): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
const isWrong = (byte: number | undefined, ...allowed: number[]): boolean =>
  byte !== undefined && !allowed.includes(byte);
const isOutside = (length: number | undefined): boolean => length !== undefined && (length < 2 || length > MAX_DATA);
