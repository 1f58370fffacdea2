import { parseScalabilityMode } from 'mediasoup';
import type { types } from 'mediasoup';
import type { Clock } from '../../src/lib/clock.ts';
import type { DownlinkState, DownlinkVideo } from '../downlink.ts';
import { startDownlink, stepDownlink } from '../downlink.ts';
import type { Viewer } from './peer-media.ts';

const PERIOD_MS = 500;
/** Below a probe by enough that mediasoup takes the probe for a higher limit. */
const BEFORE_PROBE = 1.2;
/** mediasoup takes no lower limit. */
const LEAST_BPS = 30_000;
const TOP_TEMPORAL = 2;

/** Watches the downlink of one peer, while that carries less than is wanted. */
export class DownlinkControl {
  readonly #transport: types.WebRtcTransport;
  readonly #viewers: () => readonly Viewer[];
  readonly #clock: Clock;
  readonly #cancelPeriod: () => void;
  #state: DownlinkState = startDownlink();
  #availableBps = 0;
  #running = false;
  #closed = false;

  constructor(transport: types.WebRtcTransport, viewers: () => readonly Viewer[], clock: Clock) {
    this.#transport = transport;
    this.#viewers = viewers;
    this.#clock = clock;
    transport.enableTraceEvent(['bwe']).catch(() => undefined);
    transport.on('trace', ({ type, info }) => {
      if (type === 'bwe') this.#handleEstimate(info as { availableBitrate: number });
    });
    this.#cancelPeriod = clock.every(PERIOD_MS, () => void this.#step());
  }

  close(): void {
    this.#closed = true;
    this.#cancelPeriod();
  }

  #handleEstimate({ availableBitrate }: { availableBitrate: number }): void {
    const grown = availableBitrate > this.#availableBps * BEFORE_PROBE;
    this.#availableBps = availableBitrate;
    if (grown) void this.#step();
  }

  /** What fails here fails with its transport or consumer, which are closing. */
  async #step(): Promise<void> {
    if (this.#running || this.#closed || this.#availableBps === 0) return;
    const limited = this.#viewers().filter(isLimited);
    if (limited.length === 0) return;
    this.#running = true;
    try {
      const watched = this.#viewers().filter(isWatched);
      const videos = await Promise.all(watched.map(describe));
      const step = stepDownlink(this.#state, this.#availableBps, videos, this.#clock.nowMs());
      this.#state = step.state;
      if (step.probeBps !== null) await this.#probe(step.probeBps);
      await Promise.all(
        watched.filter(({ consumer }) => step.free.includes(consumer.id)).map((each) => each.setFree()),
      );
    } catch {
      // Closed meanwhile.
    } finally {
      this.#running = false;
    }
  }

  /** A raised limit makes mediasoup probe at it (ProbeController::SetBitrates). */
  async #probe(bps: number): Promise<void> {
    await this.#transport.setMaxOutgoingBitrate(Math.max(LEAST_BPS, Math.round(this.#availableBps * BEFORE_PROBE)));
    await this.#transport.setMaxOutgoingBitrate(Math.max(LEAST_BPS, bps));
  }
}

function isWatched({ consumer, watching }: Viewer): boolean {
  return consumer.kind === 'video' && consumer.type !== 'simple' && watching !== null && !consumer.closed;
}

/** Sent a smaller picture, or fewer of them, than is wanted: by the network or because the sender has no more. */
function isLimited(viewer: Viewer): boolean {
  const { watching, of } = viewer;
  if (watching === null || !isWatched(viewer) || of.producer.paused) return false;
  const { currentLayers } = viewer.consumer;
  if (!currentLayers) return true;
  return (
    currentLayers.spatialLayer < Math.min(watching.spatial, topSpatial(of.producer)) ||
    (currentLayers.temporalLayer ?? 0) < watching.temporal
  );
}

/** A guest's screen has one size. */
function topSpatial({ rtpParameters }: types.Producer): number {
  return parseScalabilityMode(rtpParameters.encodings?.[0]?.scalabilityMode).spatialLayers - 1;
}

/** All who watch a video share what the worker was asked about it lately. */
const asked = new WeakMap<types.Producer, { readonly atMs: number; readonly rates: Promise<Record<string, number>> }>();
const FRESH_MS = 400;

function layerRates(producer: types.Producer): Promise<Record<string, number>> {
  const known = asked.get(producer);
  if (known && performance.now() - known.atMs < FRESH_MS) return known.rates;
  const rates = producer
    .getStats()
    .then(([stream]) => (stream as { bitrateByLayer?: Record<string, number> } | undefined)?.bitrateByLayer ?? {});
  asked.set(producer, { atMs: performance.now(), rates });
  return rates;
}

async function describe(viewer: Viewer): Promise<DownlinkVideo> {
  const { consumer, of, priority } = viewer;
  const wanted = viewer.watching ?? { spatial: 0, temporal: 0 };
  const layers = await layerRates(of.producer);
  // Each is told with everything below it (RtpStreamRecv::TransmissionCounter::GetBitrate); of k-SVC a viewer gets one alone.
  const upTo = (spatial: number, temporal: number): number => layers[`${spatial}.${temporal}`] ?? 0;
  const rates = [0, 1, 2].map((spatial) =>
    Math.max(0, upTo(spatial, wanted.temporal) - upTo(spatial - 1, TOP_TEMPORAL)),
  );
  const { currentLayers } = consumer;
  const current = currentLayers
    ? { spatial: currentLayers.spatialLayer, temporal: currentLayers.temporalLayer ?? 0 }
    : null;
  return { consumer: consumer.id, wanted, current, priority, rates };
}
