/** What a guest's browser itself says of its media: measured beside the page, not by it. */
import type { BrowserContext, Page } from 'playwright-core';

export interface ReceivedVideo {
  readonly framesDecoded: number;
  readonly width: number;
  readonly height: number;
}

interface Watched {
  connections: RTCPeerConnection[];
  ear: { context: AudioContext; analyser: AnalyserNode } | null;
}

/** Keeps the page's connections where the functions below find them; before the page is opened. */
export async function watchConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched: Watched = { connections: [], ear: null };
    const Native = globalThis.RTCPeerConnection;
    const Watching = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        watched.connections.push(this);
      }
    };
    Object.assign(globalThis, { watched, RTCPeerConnection: Watching });
  });
}

/** Every video the browser receives, without mediasoup's bandwidth probes, which come as a video of their own. */
export function receivedVideos(page: Page): Promise<ReceivedVideo[]> {
  return page.evaluate(async () => {
    const { connections } = (globalThis as unknown as { watched: Watched }).watched;
    const videos: ReceivedVideo[] = [];
    for (const connection of connections) {
      for (const entry of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (entry['type'] !== 'inbound-rtp' || entry['kind'] !== 'video' || entry['mid'] === 'probator') continue;
        const number = (key: string): number => Number(entry[key] ?? 0);
        videos.push({
          framesDecoded: number('framesDecoded'),
          width: number('frameWidth'),
          height: number('frameHeight'),
        });
      }
    }
    return videos;
  });
}

/** How the browser treats the screen that this page shares; null: it shares none. */
export function sharedScreen(
  page: Page,
): Promise<{ hint: string; prefers: string | undefined; active: boolean; scale: number; frames: number } | null> {
  return page.evaluate(() => {
    const { connections } = (globalThis as unknown as { watched: Watched }).watched;
    const sender = connections
      .flatMap((each) => each.getSenders())
      .find(({ track }) => track?.contentHint === 'detail');
    if (!sender?.track) return null;
    const { encodings, degradationPreference } = sender.getParameters();
    const { active = true, scaleResolutionDownBy = 1, maxFramerate = 0 } = encodings[0] ?? {};
    const { contentHint } = sender.track;
    return {
      hint: contentHint,
      prefers: degradationPreference,
      active,
      scale: scaleResolutionDownBy,
      frames: maxFramerate,
    };
  });
}

/** Pictures a second and size of the largest video received, over `forMs`. */
export async function measureVideo(page: Page, forMs: number): Promise<{ fps: number; width: number; height: number }> {
  const largest = async (): Promise<ReceivedVideo> =>
    (await receivedVideos(page)).reduce((best, video) => (video.width > best.width ? video : best), {
      framesDecoded: 0,
      width: 0,
      height: 0,
    });
  const [fromMs, from] = [performance.now(), await largest()];
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const to = await largest();
  const fps = ((to.framesDecoded - from.framesDecoded) * 1_000) / (performance.now() - fromMs);
  return { fps, width: to.width, height: to.height };
}

/** The last two thirds of a second of what the browser received as sound. */
export async function receivedSound(page: Page): Promise<{ samples: Float32Array; rate: number }> {
  const { samples, rate } = await page.evaluate(() => {
    const { watched } = globalThis as unknown as { watched: Watched };
    if (!watched.ear) {
      const context = new AudioContext({ sampleRate: 48_000 });
      const analyser = new AnalyserNode(context, { fftSize: 32_768 });
      for (const connection of watched.connections)
        for (const { track } of connection.getReceivers())
          if (track.kind === 'audio' && track.readyState === 'live')
            context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      watched.ear = { context, analyser };
    }
    const sound = new Float32Array(watched.ear.analyser.fftSize);
    watched.ear.analyser.getFloatTimeDomainData(sound);
    return { samples: [...sound], rate: watched.ear.context.sampleRate };
  });
  return { samples: Float32Array.from(samples), rate };
}
