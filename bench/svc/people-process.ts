/** People in a process of their own, so that its processor time is theirs and nobody else's event loop holds them up. */
import { readFile } from 'node:fs/promises';
import { recordSound } from '../../test/support/replayed-sound.ts';
import { recordLayers, type Recording } from '../../test/support/replayed-video.ts';
import { Person, type EncodedPicture, type WindowWish } from '../../test/support/person.ts';
import { wallMs, type ShownPicture } from '../../test/support/shown-pictures.ts';
import { launchOf } from './test-pictures.ts';

export interface PersonPlan {
  readonly name: string;
  /** `encoded`: by the product's encoder, live; `replayed`: encoded once, which costs nothing. */
  readonly camera: 'encoded' | 'replayed' | null;
  readonly microphone: boolean;
  readonly listens: boolean;
}

export interface PeoplePlan {
  readonly certificatePath: string;
  readonly link: string;
  /** Where the test pictures are. */
  readonly pictures: string;
  readonly people: readonly PersonPlan[];
}

/** What one can be asked; each of the person named, from a moment on (ms since 1970). */
export interface PeopleQuestions {
  start(plan: PeoplePlan): null;
  look(name: string, wishes: Record<string, WindowWish | null>): number;
  people(name: string): string[];
  pictures(name: string, of: string, sinceMs: number): ShownPicture[];
  encoded(name: string, sinceMs: number): EncodedPicture[];
  encoder(name: string): { frames: number; averageUs: number } | null;
  /** Loudness of each 5 ms played since the last time this was asked. */
  heard(name: string): number[];
  /** Makes the encoder seem this many times as slow. Returns when. */
  slow(name: string, factor: number): number;
  stats(name: string): Awaited<ReturnType<Person['stats']>>;
  stop(): null;
}

export interface Question {
  readonly id: number;
  readonly name: keyof PeopleQuestions;
  readonly args: unknown[];
}

const REPLAYED_KBPS = 1_500;
/** 50 s: each time over begins with a key picture, which an encoder does not make unasked. */
const REPLAYED_PICTURES = 1_500;
const people = new Map<string, Person>();

function personNamed(name: string): Person {
  const person = people.get(name);
  if (!person) throw new Error(`nobody is called ${name}`);
  return person;
}

type Answers = {
  [N in keyof PeopleQuestions]: (
    ...args: Parameters<PeopleQuestions[N]>
  ) => ReturnType<PeopleQuestions[N]> | Promise<ReturnType<PeopleQuestions[N]>>;
};

const answers: Answers = {
  start: async (plan) => {
    const certificatePem = await readFile(plan.certificatePath, 'utf8');
    let recording: Recording | null = null;
    for (const [n, { name, camera, microphone, listens }] of plan.people.entries()) {
      if (camera === 'replayed')
        recording ??= await recordLayers(launchOf(plan.pictures, REPLAYED_PICTURES), REPLAYED_KBPS);
      const source = `${launchOf(plan.pictures)} ! clocksync`;
      const person = new Person({
        name,
        certificatePem,
        camera:
          camera === 'encoded'
            ? { id: 'bench:camera', name: 'Test person', virtual: true, source: () => source }
            : null,
        recording: camera === 'replayed' ? recording : null,
        sound: microphone ? await recordSound(300 + 50 * n) : null,
        listens,
      });
      people.set(name, person);
      await person.join(plan.link, { camera: camera !== null, microphone });
    }
    return null;
  },
  look: (name, wishes) => personNamed(name).look(wishes),
  people: (name) => personNamed(name).people,
  pictures: (name, of, sinceMs) =>
    personNamed(name)
      .pictures(of)
      .filter(({ atMs }) => atMs >= sinceMs),
  encoded: (name, sinceMs) => personNamed(name).encoded.filter(({ atMs }) => atMs >= sinceMs),
  encoder: (name) => personNamed(name).encoderFigures,
  heard: (name) => personNamed(name).heard.splice(0),
  slow: (name, factor) => {
    personNamed(name).slowness = factor;
    return wallMs();
  },
  stats: (name) => personNamed(name).stats(),
  stop: async () => {
    await Promise.all([...people.values()].map((person) => person.close()));
    return null;
  },
};

process.on('message', ({ id, name, args }: Question) => {
  const answer = answers[name] as (...args: unknown[]) => unknown;
  Promise.resolve()
    .then(() => answer(...args))
    .then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
    );
});
process.on('disconnect', () => process.exit(0));
