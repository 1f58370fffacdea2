import { closeSync, openSync, read, writeSync } from 'node:fs';
import { ExclusiveRunner } from '../../../src/lib/exclusive.ts';
import type { Invitation, MeetingAnswer, MeetingRequest, PersonFigures } from '../host/meeting-wire.ts';

const WIRE = '/dev/virtio-ports/incamera.meeting';
const CHUNK = 65_536;

type Question = MeetingRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

/** The room's end of the wire to the meeting on the host. Between questions nothing reads, so that nothing keeps the process alive. */
export class MeetingLine {
  readonly #file = openSync(WIRE, 'r+');
  readonly #turns = new ExclusiveRunner(() => new Error('the wire is closed'));
  #id = 0;
  #text = '';

  /** The meeting is opened with the first question. */
  invitation(): Promise<Invitation> {
    return this.#ask({ ask: 'invitation' });
  }

  /** A person of this name comes into the meeting, to watch and to listen. */
  enter(name: string): Promise<null> {
    return this.#ask({ ask: 'enter', name });
  }

  /** What the person gets of the participant called `room`. */
  figures(room: string): Promise<PersonFigures> {
    return this.#ask({ ask: 'figures', room });
  }

  close(): void {
    closeSync(this.#file);
  }

  #ask<T>(question: Question): Promise<T> {
    return this.#turns.run(async () => {
      const id = ++this.#id;
      writeSync(this.#file, `${JSON.stringify({ ...question, id })}\n`);
      const answer = JSON.parse(await this.#line()) as MeetingAnswer;
      if (answer.id !== id) throw new Error(`the meeting answers ${answer.id}, not ${id}`);
      if ('error' in answer) throw new Error(`the meeting says: ${answer.error}`);
      return answer.value as T;
    });
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      this.#text += await this.#chunk();
    }
  }

  #chunk(): Promise<string> {
    const buffer = Buffer.alloc(CHUNK);
    return new Promise((resolve, reject) => {
      read(this.#file, buffer, 0, CHUNK, null, (error, length) => {
        if (error) reject(error);
        else if (length === 0) reject(new Error('the host has hung up'));
        else resolve(buffer.toString('utf8', 0, length));
      });
    });
  }
}
