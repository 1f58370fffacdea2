import { parseScalabilityMode } from 'mediasoup';
import type { types } from 'mediasoup';
import type { Layers } from '../../src/call/signalling/messages.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { DownlinkState, DownlinkVideo } from '../downlink.ts';
import { isNearFloor, neededBps, startDownlink, stepDownlink } from '../downlink.ts';
import { BrakeControl, type BrakeHooks } from './brake-control.ts';
import { layerRates, smallestRates } from './layer-rates.ts';
import type { Viewer } from './viewer.ts';

const PERIOD_MS = 500;
/** Below a probe by enough that mediasoup takes the probe for a higher limit. */
const BEFORE_PROBE = 1.2;
/** mediasoup takes no lower limit. */
const LEAST_BPS = 30_000;
const TOP_TEMPORAL = 2;
/** A floor is for lines that are narrow, not for many pictures. */
const MOST_FLOOR_BPS = 600_000;
/** The rates of the smallest pictures rise and fall by that much. */
const FLOOR_SPARE = 1.3;
/** Of what stands in the queues of most lines. */
const DRAIN_MS = 200;
/** What a smallest key picture takes on a narrow line. */
const KEY_PICTURE_MS = 120;
/** It is moved for more than this: each change starts the estimate anew where it stood. */
const FLOOR_STEP = 1.15;

/** Watches the downlink of one peer, while that carries less than is wanted. */
export class DownlinkControl {
  readonly #transport: types.WebRtcTransport;
  readonly #viewers: () => readonly Viewer[];
  readonly #clock: Clock;
  readonly #brake: BrakeControl;
  readonly #cancelPeriod: () => void;
  #state: DownlinkState = startDownlink();
  #availableBps = 0;
  /** 0: none. */
  #floorBps = 0;
  #limitBps = Infinity;
  #neededBps = 0;
  #capped: readonly Viewer[] = [];
  #running = false;
  #closed = false;

  constructor(transport: types.WebRtcTransport, viewers: () => readonly Viewer[], clock: Clock) {
    this.#transport = transport;
    this.#viewers = viewers;
    this.#clock = clock;
    const hooks: BrakeHooks = {
      watched: () => this.#watched,
      floorBps: () => this.#floorBps,
      changed: () => this.#moveCaps(),
      clear: () => this.#clear(),
      needed: async () => neededBps(await this.#describeAll()),
      limit: async (bps) => {
        await this.#limit(bps);
        await this.#moveFloor();
      },
    };
    this.#brake = new BrakeControl(transport, hooks, clock);
    transport.enableTraceEvent(['bwe']).catch(() => undefined);
    transport.on('trace', ({ type, info }) => {
      if (type === 'bwe') this.#handleEstimate(info as { availableBitrate: number });
    });
    this.#cancelPeriod = clock.every(PERIOD_MS, () => void this.#step());
  }

  close(): void {
    this.#closed = true;
    this.#cancelPeriod();
    this.#brake.close();
  }

  /** Hears what is lost on the way to who watches. */
  adopt({ consumer }: Viewer): void {
    if (consumer.kind !== 'video') return;
    consumer.enableTraceEvent(['nack']).catch(() => undefined);
    consumer.on('trace', () => this.#brake.handleLoss());
  }

  get #watched(): readonly Viewer[] {
    return this.#viewers().filter(isWatched);
  }

  #handleEstimate({ availableBitrate }: { availableBitrate: number }): void {
    const grown = availableBitrate > this.#availableBps * BEFORE_PROBE;
    this.#availableBps = availableBitrate;
    if (grown) void this.#step();
  }

  /** What fails here fails with its transport or consumer, which are closing. */
  async #step(): Promise<void> {
    if (this.#running || this.#closed || this.#availableBps === 0 || this.#brake.isDraining()) return;
    const limited = this.#viewers().some(isLimited);
    if (!limited && this.#floorBps === 0) return;
    this.#running = true;
    try {
      const videos = await this.#describeAll();
      await this.#moveFloor();
      await this.#moveCaps();
      // Braked meanwhile: a probe would undo that.
      if (!limited || this.#brake.isDraining()) return;
      const step = stepDownlink(this.#state, this.#availableBps, videos, this.#clock.nowMs());
      this.#state = step.state;
      if (step.probeBps !== null) await this.#probe(step.probeBps);
      await Promise.all(
        this.#watched.filter(({ consumer }) => step.free.includes(consumer.id)).map((each) => each.setFree()),
      );
    } catch {
      // Closed meanwhile.
    } finally {
      this.#running = false;
    }
  }

  async #describeAll(): Promise<DownlinkVideo[]> {
    const videos = await Promise.all(this.#watched.map(describe));
    this.#neededBps = neededBps(videos);
    return videos;
  }

  /** A raised limit makes mediasoup probe at it (ProbeController::SetBitrates). */
  async #probe(bps: number): Promise<void> {
    await this.#limit(this.#availableBps * BEFORE_PROBE);
    await this.#limit(bps);
  }

  /** Not below the floor. */
  async #limit(bps: number): Promise<void> {
    this.#limitBps = Math.round(Math.max(LEAST_BPS, this.#floorBps, bps));
    await this.#transport.setMaxOutgoingBitrate(this.#limitBps);
  }

  /**
   * mediasoup's estimate goes on falling while a full queue drains, and takes away the smallest pictures of a line that still
   * carries them: on a narrow one, it is kept from that.
   */
  async #moveFloor(): Promise<void> {
    const narrow = this.#brake.temporal !== null || this.#viewers().some(isLimited);
    const watched = narrow && !this.#brake.hopeless ? this.#watched : [];
    const [least] = await smallestRates(watched.map(({ of }) => of.producer));
    const wanted = Math.round(Math.min(MOST_FLOOR_BPS, this.#limitBps, FLOOR_SPARE * least));
    const floor = wanted < LEAST_BPS ? 0 : wanted;
    const moved = Math.max(floor, this.#floorBps) > Math.min(floor, this.#floorBps) * FLOOR_STEP;
    if (!moved) return;
    this.#floorBps = floor;
    await this.#transport.setMinOutgoingBitrate(floor);
  }

  /** Those who come while it is narrow are capped too. */
  async #moveCaps(): Promise<void> {
    const temporal =
      this.#brake.temporal ?? (isNearFloor(this.#availableBps, this.#floorBps, this.#neededBps) ? 0 : null);
    const cap = temporal === null ? null : { spatial: 0, temporal };
    const capped = cap === null ? [] : this.#watched;
    const released = this.#capped.filter((each) => !capped.includes(each));
    this.#capped = capped;
    await Promise.all(released.map((each) => each.setCap(null)));
    if (cap) await Promise.all(capped.map((each) => this.#cap(each, cap)));
  }

  async #cap(viewer: Viewer, cap: Layers): Promise<void> {
    if (!viewer.exceeds(cap)) return viewer.setCap(cap);
    this.#releaseAfter(DRAIN_MS, viewer);
    await Promise.all([viewer.setCap(cap), viewer.hold()]);
  }

  /** The most important first, each with room for its key picture. */
  async #clear(): Promise<void> {
    const inOrder = this.#watched.toSorted((a, b) => b.priority - a.priority);
    for (const [i, viewer] of inOrder.entries()) this.#releaseAfter(DRAIN_MS + i * KEY_PICTURE_MS, viewer);
    await Promise.all(inOrder.map((each) => each.hold()));
  }

  /** A key picture sent into a full queue would be lost. */
  #releaseAfter(ms: number, viewer: Viewer): void {
    this.#clock.after(ms, () => void viewer.release().catch(() => undefined));
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
