import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { defaultServerOptions } from '../../../server/options.ts';
import { startMeetingServer } from '../../../server/start.ts';
import type { MeetingServer } from '../../../server/start.ts';
import { formatMeetingLink, meetingIdOf } from '../../../src/crypto/link.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { Person } from '../../support/person.ts';
import { HOST_ADDRESS } from './machine-arguments.ts';
import type { MeetingAnswer, MeetingRequest, PersonFigures } from './meeting-wire.ts';

/** The smallest picture that is sent: the room's processor is emulated. */
const WINDOW = { width: 320, height: 180, main: true };
/** Of what is heard, the last half second: blocks of 5 ms. */
const HEARD_BLOCKS = 100;

/** A meeting server on this machine and a person in its only meeting, who sends a tone, listens and watches the room. */
class Meeting {
  readonly #server: MeetingServer;
  readonly #folder: string;
  readonly #secret = crypto.getRandomValues(new Uint8Array(32));
  #person: Person | null = null;

  private constructor(server: MeetingServer, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  static async open(): Promise<Meeting> {
    const folder = await mkdtemp(join(tmpdir(), 'incamera-vm-meeting-'));
    const options = {
      ...defaultServerOptions(folder),
      listen: { host: '0.0.0.0', port: 0 },
      loopbackHttp: { host: '127.0.0.1', port: 0 },
      announcedAddress: HOST_ADDRESS,
      workers: 1,
    };
    const server = await startMeetingServer(options, { clock: systemClock, log: silentLogger, workerBin: null });
    const meeting = new Meeting(server, folder);
    const response = await fetch(`http://127.0.0.1:${server.addresses.http?.port}/api/v1/meetings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ meeting: meetingIdOf(meeting.#secret) }),
    });
    if (!response.ok) throw new Error(`no meeting: ${response.status} ${await response.text()}`);
    return meeting;
  }

  get invitation(): { link: string; serverUrl: string; certificate: string } {
    const serverUrl = `https://${HOST_ADDRESS}:${this.#server.addresses.https.port}`;
    return { link: this.#linkAt(serverUrl), serverUrl, certificate: this.#server.certificate.pem };
  }

  async enter(name: string): Promise<void> {
    const person = new Person({
      name,
      certificatePem: this.#server.certificate.pem,
      camera: null,
      recording: null,
      sound: null,
      listens: true,
    });
    this.#person = person;
    await person.join(this.#linkAt(`https://localhost:${this.#server.addresses.https.port}`), {
      camera: false,
      microphone: false,
    });
  }

  /** Of what the person gets of `room`; the person looks at it from the first time on. */
  async figures(room: string): Promise<PersonFigures> {
    const person = this.#person;
    if (person === null) throw new Error('nobody has entered');
    person.look({ [room]: WINDOW });
    const received = (await person.stats()).filter(({ direction }) => direction === 'receive');
    const sum = (source: string, count: (stream: (typeof received)[number]) => number): number =>
      received.filter((stream) => stream.source === source).reduce((total, stream) => total + count(stream), 0);
    const heard = person.heard.slice(-HEARD_BLOCKS);
    person.heard.splice(0, person.heard.length - HEARD_BLOCKS);
    return {
      people: person.people,
      pictures: person.pictures(room).length,
      pictureWidth: person.pictures(room).at(-1)?.width ?? 0,
      voicePackets: sum('microphone', ({ packets }) => packets),
      notOpened: received.reduce((total, stream) => total + stream.framesRejected, 0),
      loudness: heard.length === 0 ? 0 : Math.max(...heard),
    };
  }

  async close(): Promise<void> {
    await this.#person?.close();
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #linkAt(origin: string): string {
    return formatMeetingLink({ origin, secret: this.#secret, anchor: null });
  }
}

/** Answers what the room's tests ask over the wire; the meeting begins with the first question. Returns what ends it. */
export function attachMeeting(socket: Socket): () => Promise<void> {
  let meeting: Promise<Meeting> | null = null;
  const answer = async (request: MeetingRequest): Promise<unknown> => {
    meeting ??= Meeting.open();
    const open = await meeting;
    if (request.ask === 'invitation') return open.invitation;
    if (request.ask === 'enter') return open.enter(request.name);
    return open.figures(request.room);
  };
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => {
    const request = JSON.parse(line) as MeetingRequest;
    const reply = (content: MeetingAnswer): void => void socket.write(`${JSON.stringify(content)}\n`);
    answer(request).then(
      (value) => reply({ id: request.id, value: value ?? null }),
      (error: unknown) =>
        reply({ id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  return async () => (await meeting)?.close();
}
