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
  /** Calls back for every buffer until null: stopped or ended. After `play`, pull again. */
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
    pull: (name, listener) => pullAll(element(name), listener),
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

/** Null is stop or end: pulling again would answer null for ever. */
function pullAll(sink: gstreamer.Element, listener: (bytes: Buffer | null) => void): void {
  const next = (bytes: Buffer | null): void => {
    listener(bytes);
    if (bytes) sink.pull?.(next);
  };
  sink.pull?.(next);
}
