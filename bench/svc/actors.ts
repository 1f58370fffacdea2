import type { Browser } from 'playwright-core';
import { openGuest, type TestGuest } from '../../test/support/guest.ts';
import { longestSilence, type ShownPicture } from '../../test/support/shown-pictures.ts';
import { watchGuest, type GuestFigures } from './guest-watch.ts';
import { People } from './people.ts';
import type { PersonPlan } from './people-process.ts';
import type { WindowWish } from '../../test/support/person.ts';
import type { Stage } from '../../test/support/stage.ts';

/** What of the sender's encoder was seen at a moment (ms since 1970): the highest layer in what it made. */
export interface EncodedLook {
  readonly atMs: number;
  readonly top: number;
}

/** What sending has cost so far. */
export interface SendingCost {
  readonly frames: number;
  /** Processor time of the whole process with everything in it; a browser's encoder alone. */
  readonly cpuSeconds: number;
}

/** Somebody who sends a camera, alone on the path of their name. */
export interface Sender {
  readonly name: string;
  readonly costOf: string;
  encoded(sinceMs: number): Promise<readonly EncodedLook[]>;
  cost(): Promise<SendingCost>;
  close(): Promise<void>;
}

export type Look = 'full' | 'thumbnail' | 'hidden';

/** Somebody who watches one or more senders, on the path `Viewer`. */
export interface Viewer {
  /** Gives the window of `main` this size, and all others those of thumbnails; returns when (ms since 1970). */
  look(main: string, look: Look): Promise<number>;
  pictures(of: string, sinceMs: number): Promise<readonly ShownPicture[]>;
  /** Longest silence in the tone that came since the last call, ms. */
  longestSilence(): Promise<number>;
  close(): Promise<void>;
}

export const VIEWER = 'Viewer';
export const SENDER = 'Sender';

const THUMBNAIL: WindowWish = { width: 240, height: 135, main: false };
const FULL: WindowWish = { width: 1_280, height: 720, main: true };

export async function nativeSender(stage: Stage, pictures: string, microphone: boolean): Promise<Sender> {
  const plan: PersonPlan = { name: SENDER, camera: 'encoded', microphone, listens: false };
  const people = await stage.admit(SENDER, () => startPeople(stage, pictures, [plan]));
  return {
    name: SENDER,
    costOf: 'the whole process',
    encoded: (sinceMs) => people.ask('encoded', SENDER, sinceMs),
    cost: async () => ({
      frames: (await people.ask('encoder', SENDER))?.frames ?? 0,
      cpuSeconds: await people.cpuSeconds(),
    }),
    close: () => people.close(),
  };
}

export async function nativeViewer(stage: Stage, pictures: string): Promise<Viewer> {
  const plan: PersonPlan = { name: VIEWER, camera: null, microphone: false, listens: true };
  const people = await stage.admit(VIEWER, () => startPeople(stage, pictures, [plan]));
  return {
    look: async (main, look) => {
      const wishes: Record<string, WindowWish | null> = {};
      for (const name of await people.ask('people', VIEWER)) wishes[name] = THUMBNAIL;
      wishes[main] = look === 'full' ? FULL : look === 'thumbnail' ? THUMBNAIL : null;
      return people.ask('look', VIEWER, wishes);
    },
    pictures: (of, sinceMs) => people.ask('pictures', VIEWER, of, sinceMs),
    longestSilence: async () => longestSilence(await people.ask('heard', VIEWER)),
    close: () => people.close(),
  };
}

export function startPeople(stage: Stage, pictures: string, people: readonly PersonPlan[]): Promise<People> {
  const { certificatePath, link } = stage;
  return People.start({ certificatePath, link, pictures, people });
}

/** Sizes of the guest's browser window in which its page shows one other person in full size, and as a thumbnail. */
const VIEWPORTS = { full: { width: 1_600, height: 1_000 }, thumbnail: { width: 320, height: 320 } } as const;

export async function guestSender(stage: Stage, browser: Browser, microphone: boolean): Promise<Sender> {
  const { guest, figures } = await admitGuest(stage, browser, SENDER, 'on');
  if (!microphone) await guest.press('Mute microphone');
  return {
    name: SENDER,
    costOf: "the browser's encoder",
    encoded: async (sinceMs) => (await figures.sent(sinceMs)).map(({ atMs, height }) => ({ atMs, top: topOf(height) })),
    cost: async () => {
      const last = (await figures.sent(0)).at(-1);
      return { frames: last?.frames ?? 0, cpuSeconds: last?.encodeSeconds ?? 0 };
    },
    close: () => guest.close(),
  };
}

export async function guestViewer(stage: Stage, browser: Browser): Promise<Viewer> {
  return (await admitGuest(stage, browser, VIEWER, 'off')).viewer;
}

function viewerIn(guest: TestGuest, figures: GuestFigures): Viewer {
  return {
    look: async (_main, look) => {
      if (look === 'hidden') throw new Error('a guest who sees nobody has left');
      return figures.resize(VIEWPORTS[look]);
    },
    pictures: (of, sinceMs) => figures.shown(of, sinceMs),
    longestSilence: () => figures.longestSilence(),
    close: () => guest.close(),
  };
}

export async function admitGuest(
  stage: Stage,
  browser: Browser,
  name: string,
  camera: 'on' | 'off',
): Promise<{ guest: TestGuest; figures: GuestFigures; viewer: Viewer }> {
  return stage.admit(name, async () => {
    const guest = await openGuest(browser, stage.guestLink, name, camera);
    await guest.until('in the call', ({ phase }) => phase === 'in-call', 30_000);
    const figures = await watchGuest(guest.page);
    return { guest, figures, viewer: viewerIn(guest, figures) };
  });
}

function topOf(height: number): number {
  return height > 400 ? 2 : height > 200 ? 1 : height > 0 ? 0 : -1;
}
