import { createRequire } from 'node:module';
import type gstreamer from 'gstreamer-superficial';
import { InternalError } from '../../lib/errors.ts';

/** A GStreamer pipeline with its elements by name. After `stop`, `play` starts it again; it is never freed. */
export interface MediaGst {
  play(): void;
  stop(): void;
  setNumber(element: string, property: string, value: number): void;
  setBoolean(element: string, property: string, value: boolean): void;
  setString(element: string, property: string, value: string): void;
  getNumber(element: string, property: string): number;
  /** `pts`: presentation time in the pipeline, ns, eight bytes big endian; without it the element stamps by itself or not at all. */
  push(element: string, bytes: Uint8Array, pts?: Uint8Array): void;
  /** Calls back for every buffer until null: stopped or ended. After `play`, pull again; the newest listener of an element has it. */
  pull(element: string, listener: (bytes: Buffer | null) => void): void;
  /** What the bus told of an error since `play`, or that a device's stream ended; null while all is well. */
  failure(): string | null;
}

/**
 * `MediaGst` on the binding. The line must hold `buswatch name=bus`; GST_PLUGIN_PATH must lead to the native plugin before this
 * module is loaded. Each waiting `pull` holds a thread of Node's pool.
 * @throws {InternalError} media/pipeline-invalid when an element is missing or the line is wrong.
 */
export function openMediaGst(launch: string): MediaGst {
  const pipeline = makePipeline(launch);
  const elements = new Map<string, gstreamer.Element>();
  const loops = new Map<string, PullLoop>();
  const element = (name: string): gstreamer.Element => {
    const known = elements.get(name) ?? pipeline.findChild(name);
    if (!known) throw new InternalError('media/pipeline-invalid', `No element ${name}`);
    elements.set(name, known);
    return known;
  };
  return {
    play: () => {
      element('bus')['errors'] = 0;
      pipeline.play();
    },
    stop: () => pipeline.stop(),
    setNumber: (name, property, value) => void (element(name)[property] = value),
    setBoolean: (name, property, value) => void (element(name)[property] = value),
    setString: (name, property, value) => void (element(name)[property] = value),
    getNumber: (name, property) => Number(element(name)[property]),
    push: (name, bytes, pts) => (pts ? element(name).push?.(bytes, pts) : element(name).push?.(bytes)),
    pull: (name, listener) => {
      const loop = loops.get(name) ?? new PullLoop(element(name));
      loops.set(name, loop);
      loop.pull(listener);
    },
    failure: () => {
      const bus = element('bus');
      if (bus['errors'] === 0) return bus['end-of-stream'] === true ? 'end of stream' : null;
      return String(bus['last']);
    },
  };
}

function makePipeline(launch: string): gstreamer.Pipeline {
  try {
    // Loaded here and not by an import: loading starts GStreamer, which looks for plugins.
    const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
    return new binding.Pipeline(launch);
  } catch (cause) {
    throw new InternalError('media/pipeline-invalid', 'A media pipeline cannot be made', { cause });
  }
}

/**
 * The one loop of pulls of a sink. A pipeline that is stopped and played again at once leaves the waiting pull waiting, and a stop
 * wakes one pull alone (appsink of 1.22): a second loop beside it would never end, and hold a thread.
 */
class PullLoop {
  readonly #sink: gstreamer.Element;
  #listener: (bytes: Buffer | null) => void = () => undefined;
  #waits = false;
  #isRenewed = false;

  constructor(sink: gstreamer.Element) {
    this.#sink = sink;
  }

  pull(listener: (bytes: Buffer | null) => void): void {
    this.#listener = listener;
    if (this.#waits) this.#isRenewed = true;
    else this.#next();
  }

  #next(): void {
    this.#waits = true;
    this.#isRenewed = false;
    this.#sink.pull?.((bytes) => this.#handle(bytes));
  }

  #handle(bytes: Buffer | null): void {
    // Null is stop or end, and pulling again would answer null for ever; one from before the last `pull` says nothing.
    if (bytes === null && !this.#isRenewed) {
      this.#waits = false;
      this.#listener(null);
      return;
    }
    if (bytes !== null) this.#listener(bytes);
    this.#next();
  }
}
