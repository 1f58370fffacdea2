/** What a guest sees, hears and sends, measured in the page beside the product: each presented picture, the browser's own figures. */
import type { Page } from 'playwright-core';
import type { RemotePicture } from '../../server/guest/call-controller.ts';
import type { CallState } from '../../src/call/call-state.ts';
import { longestSilence, loudness, type ShownPicture } from '../../test/support/shown-pictures.ts';
import { receivedSound } from '../../test/support/guest-media.ts';

export interface SentLook {
  readonly atMs: number;
  readonly height: number;
  readonly frames: number;
  readonly encodeSeconds: number;
}

export interface GuestFigures {
  /** Makes the browser's window this large; returns when its page heard of it, ms since 1970. */
  resize(size: { width: number; height: number }): Promise<number>;
  shown(of: string, sinceMs: number): Promise<ShownPicture[]>;
  sent(sinceMs: number): Promise<SentLook[]>;
  longestSilence(): Promise<number>;
}

interface Bench {
  shown: Map<string, { atMs: number; width: number }[]>;
  sent: { atMs: number; height: number; frames: number; encodeSeconds: number }[];
  resizedAtMs: number;
}

export async function watchGuest(page: Page): Promise<GuestFigures> {
  await page.evaluate(startWatching);
  return {
    resize: async (size) => {
      await page.evaluate(() => void (benchOf().resizedAtMs = 0));
      await page.setViewportSize(size);
      return page.evaluate(() => benchOf().resizedAtMs || performance.timeOrigin + performance.now());
    },
    shown: (of, sinceMs) =>
      page.evaluate(([name, since]) => (benchOf().shown.get(name) ?? []).filter(({ atMs }) => atMs >= since), [
        of,
        sinceMs,
      ] as const),
    sent: (sinceMs) => page.evaluate((since) => benchOf().sent.filter(({ atMs }) => atMs >= since), sinceMs),
    longestSilence: async () => {
      const { samples, rate } = await receivedSound(page);
      return longestSilence(loudness(samples, rate));
    },
  };
}

/** Runs in the page, where functions of this file do not exist: declared only, defined by `startWatching`. */
declare function benchOf(): Bench;

function startWatching(): void {
  interface App extends Element {
    deps: { controller: { state: CallState; pictures: readonly RemotePicture[] } };
  }
  const bench: Bench = { shown: new Map(), sent: [], resizedAtMs: 0 };
  Object.assign(globalThis, { benchOf: () => bench });
  const wallMs = (): number => performance.timeOrigin + performance.now();
  addEventListener('resize', () => (bench.resizedAtMs ||= wallMs()));
  const watched = new WeakSet<HTMLVideoElement>();
  const nameOf = (video: HTMLVideoElement): string | null => {
    const { state, pictures } = (document.querySelector('guest-app') as App).deps.controller;
    const peer = pictures.find(({ stream }) => stream === video.srcObject)?.peer;
    return state.participants.find((each) => each.peer === peer)?.name ?? null;
  };
  const watch = (video: HTMLVideoElement): void => {
    watched.add(video);
    const note = (nowMs: number, { width }: VideoFrameCallbackMetadata): void => {
      video.requestVideoFrameCallback(note);
      const name = nameOf(video);
      if (name === null) return;
      const pictures = bench.shown.get(name) ?? [];
      bench.shown.set(name, pictures);
      pictures.push({ atMs: performance.timeOrigin + nowMs, width });
    };
    video.requestVideoFrameCallback(note);
  };
  const look = (root: Document | ShadowRoot): void => {
    for (const element of root.querySelectorAll('*')) {
      if (element instanceof HTMLVideoElement && !watched.has(element)) watch(element);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  setInterval(() => look(document), 100);
  const { connections } = (globalThis as unknown as { watched: { connections: RTCPeerConnection[] } }).watched;
  const poll = async (): Promise<void> => {
    for (const connection of connections)
      for (const entry of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (entry['type'] !== 'outbound-rtp' || entry['kind'] !== 'video') continue;
        const number = (key: string): number => Number(entry[key] ?? 0);
        bench.sent.push({
          atMs: wallMs(),
          height: number('frameHeight'),
          frames: number('framesEncoded'),
          encodeSeconds: number('totalEncodeTime'),
        });
      }
    setTimeout(() => void poll(), 50);
  };
  void poll();
}
