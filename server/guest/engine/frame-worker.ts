/**
 * The worker that every media frame passes through: sealed on its way out, opened on its way in. Frames go nowhere else, so
 * without this worker, or without keys in it, nothing is sent and nothing shown.
 */
import { WebFrameOpener, WebFrameSealer } from '../../../src/crypto/frame-keys-web.ts';
import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import { wipe } from '../../../src/lib/bytes.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { exactBuffer, HeldFrames, type EncodedFrame } from './held-frames.ts';
import type { FrameCounts, FromFrameWorker, ToFrameWorker, TransformOptions } from './worker-messages.ts';

/** At most one report a second and stream of what is counted anyway. */
const REPORT_EVERY_MS = 1_000;
/** After frames went missing for want of a key, a key picture is asked for this often at most. */
const KEY_FRAME_EVERY_MS = 500;

/** The parts of the worker's own interfaces (WebRTC Encoded Transform) that TypeScript's window library does not know. */
interface ScriptTransformer {
  readonly options: TransformOptions;
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  generateKeyFrame?(): Promise<unknown>;
  sendKeyFrameRequest?(): Promise<unknown>;
}
interface WorkerScope {
  onrtctransform: ((event: { readonly transformer: ScriptTransformer }) => void) | null;
  onmessage: ((event: MessageEvent<ToFrameWorker>) => void) | null;
  postMessage(message: FromFrameWorker): void;
}

const scope = globalThis as unknown as WorkerScope;
const sealer = new WebFrameSealer();
const opener = new WebFrameOpener();
const counts = new Map<string, { rejected: number; withoutKey: number }>();
const received = new Map<string, { held: HeldFrames<EncodedFrame>; cancel: AbortController }>();
const ports = new Set<MessagePort>();
/** Sent videos whose frames were dropped: a key picture must follow as soon as there are keys. */
const starved = new Set<ScriptTransformer>();

function setKeys(keys: EpochKeys): void {
  sealer.setKeys(keys);
  opener.setKeys(keys, systemClock.nowMs());
  wipe(keys.baseKey);
  for (const { held } of received.values()) held.handleKeys();
  for (const transformer of starved) ignore(transformer.generateKeyFrame?.());
  starved.clear();
}

/** Keys from another worker take effect as they come, until they are cleared. */
function listenForKeys(port: MessagePort): void {
  ports.add(port);
  port.onmessage = ({ data }: MessageEvent<EpochKeys>) => setKeys(data);
}

function clearKeys(): void {
  for (const port of ports) port.close();
  ports.clear();
  sealer.clear();
  opener.clear();
}

function countsOf(id: string): { rejected: number; withoutKey: number } {
  let entry = counts.get(id);
  if (!entry) counts.set(id, (entry = { rejected: 0, withoutKey: 0 }));
  return entry;
}

async function send(
  transformer: ScriptTransformer,
  source: (TransformOptions & { kind: 'send' })['source'],
): Promise<void> {
  const count = countsOf(source);
  const writer = transformer.writable.getWriter();
  await forEachFrame(transformer.readable, null, async (frame) => {
    const sealed = await sealer.seal(source, new Uint8Array(frame.data));
    if (!sealed) {
      count.withoutKey += 1;
      if (source === 'camera' || source === 'screen') starved.add(transformer);
      return;
    }
    frame.data = exactBuffer(sealed);
    ignore(writer.write(frame));
  });
  starved.delete(transformer);
}

async function receive(transformer: ScriptTransformer, options: TransformOptions & { kind: 'receive' }): Promise<void> {
  const { consumer, peer, source } = options;
  const count = countsOf(consumer);
  const writer = transformer.writable.getWriter();
  const video = source === 'camera' || source === 'screen';
  let reportedMs = -Infinity;
  let requestedMs = -Infinity;
  let broken = false;
  const requestKeyFrame = (): void => {
    const nowMs = systemClock.nowMs();
    if (!video || nowMs - requestedMs < KEY_FRAME_EVERY_MS) return;
    requestedMs = nowMs;
    ignore(transformer.sendKeyFrameRequest?.());
  };
  const held = new HeldFrames<EncodedFrame>({
    clock: systemClock,
    open: (frame, nowMs) => opener.open({ peer, source }, frame, nowMs),
    pass: (frame) => {
      if (broken) requestKeyFrame();
      broken = false;
      ignore(writer.write(frame));
    },
    rejected: (reason) => {
      count.rejected += 1;
      const nowMs = systemClock.nowMs();
      if (nowMs - reportedMs < REPORT_EVERY_MS) return;
      reportedMs = nowMs;
      scope.postMessage({ kind: 'rejected', consumer, reason });
    },
    withoutKey: () => {
      count.withoutKey += 1;
      broken = true;
    },
  });
  const cancel = new AbortController();
  received.get(consumer)?.cancel.abort();
  received.set(consumer, { held, cancel });
  await forEachFrame(transformer.readable, cancel.signal, async (frame) => held.push(frame));
  held.close();
}

/** Ends when the stream ends or `signal` aborts; a stream that breaks is one that ended. */
async function forEachFrame(
  readable: ReadableStream<EncodedFrame>,
  signal: AbortSignal | null,
  handle: (frame: EncodedFrame) => Promise<void>,
): Promise<void> {
  const reader = readable.getReader();
  signal?.addEventListener('abort', () => ignore(reader.cancel()));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) await handle(next.value);
  } catch {
    // The connection is gone: so are its frames.
  }
}

function ignore(work: Promise<unknown> | undefined): void {
  work?.catch(() => undefined);
}

function handle(message: ToFrameWorker): void {
  switch (message.kind) {
    case 'set-keys':
      setKeys(message.keys);
      return scope.postMessage({ kind: 'done', id: message.id });
    case 'clear-keys':
      return clearKeys();
    case 'stop':
      received.get(message.consumer)?.held.close();
      received.get(message.consumer)?.cancel.abort();
      received.delete(message.consumer);
      counts.delete(message.consumer);
      return;
    case 'count':
      return scope.postMessage({ kind: 'counts', id: message.id, counts: new Map<string, FrameCounts>(counts) });
    case 'keys-port':
      return listenForKeys(message.port);
  }
}

scope.onmessage = ({ data }) => handle(data);
scope.onrtctransform = ({ transformer }) => {
  const { options } = transformer;
  void (options.kind === 'send' ? send(transformer, options.source) : receive(transformer, options));
};
