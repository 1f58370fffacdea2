import { ALL_LAYERS } from '../demand/layers.ts';
import type { SenderDecision } from '../demand/sender-ladder.ts';
import type { StreamDemand } from '../media-engine.ts';
import type { RtpSendPort } from '../rtp/ports.ts';
import { VideoSender } from '../rtp/video-sender.ts';
import type { Layers } from '../signalling/messages.ts';
import { EncodeTime } from './encode-time.ts';
import type { OutgoingDeps } from './outgoing-audio.ts';
import type { ControlledVideo } from './sender-control.ts';
import type { EncodedLayer, VideoSource } from './video-parts.ts';

interface VideoDeps extends OutgoingDeps {
  /** Opens the device with these listeners, not yet started. */
  readonly video: VideoSource;
  /** `demand` may have changed. */
  readonly onDemand: () => void;
  /** The most that can be encoded now, below the demand; null: no limit. */
  readonly onLimit: (layers: Layers | null) => void;
}

/**
 * Encoder layers → sealed → RTP. Encodes only while somebody watches, the camera is on and there is a key: the other way round
 * each of them alone is enough to send nothing.
 */
export class OutgoingVideo implements ControlledVideo {
  readonly #deps: VideoDeps;
  #sender: VideoSender | null = null;
  readonly #encodeTime = new EncodeTime();
  #wanted: Layers | null = ALL_LAYERS;
  #decision: SenderDecision = { maxSpatial: -1, maxTemporal: 0, bitrateKbps: 0, reason: 'nobody' };
  #limit: Layers | null = null;
  #muted = false;
  #keyed = false;
  /** What was not sealed is missing from the references of what follows. */
  #waitingForKeyPicture = false;
  #unsealed = 0;
  #layers = 0;
  #keyPictures = 0;
  #encoded = 0;
  #picture = -1;
  #size: { width: number; height: number } | null = null;

  constructor(deps: VideoDeps) {
    this.#deps = deps;
    deps.video.setMaxLayers(null);
  }

  attach(port: RtpSendPort): void {
    this.#sender?.close();
    const { clock, log, random32, uplink, video } = this.#deps;
    const { ntp, pacer, nextTransportSequence } = uplink;
    const sender = new VideoSender({
      port,
      clock,
      log,
      random32,
      ntp,
      pacer,
      nextTransportSequence,
      temporalLayers: 3,
    });
    sender.events.on('keyPictureNeeded', () => video.requestKeyPicture());
    sender.events.on('bandwidth', (bps) => uplink.handleBandwidth(bps));
    sender.events.on('report', (report) => uplink.handleReport(report));
    sender.start();
    this.#sender = sender;
    this.#deps.onDemand();
    video.requestKeyPicture();
  }

  setDemand(layers: Layers | null): void {
    this.#wanted = layers;
    this.#deps.onDemand();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#deps.onDemand();
  }

  setKeyed(keyed: boolean): void {
    this.#keyed = keyed;
    this.#deps.onDemand();
  }

  get demand(): Layers | null {
    return this.#sender !== null && !this.#muted && this.#keyed ? this.#wanted : null;
  }

  get encodeMs(): number | null {
    return this.#encodeTime.averageMs;
  }

  encode(decision: SenderDecision): void {
    const { maxSpatial, maxTemporal, bitrateKbps } = decision;
    const before = this.#decision;
    this.#decision = decision;
    if (bitrateKbps > 0 && bitrateKbps !== before.bitrateKbps) this.#deps.video.setTargetBitrate(bitrateKbps * 1_000);
    if (maxSpatial === before.maxSpatial && maxTemporal === before.maxTemporal) return;
    this.#tellLimit();
    this.#encodeTime.reset();
    this.#deps.video.setMaxLayers(maxSpatial < 0 ? null : { spatial: maxSpatial, temporal: maxTemporal });
  }

  handle(layer: EncodedLayer): void {
    if (!this.#sender || this.#muted || this.#decision.maxSpatial < 0) return;
    this.#count(layer);
    if (layer.key && layer.spatial === 0) this.#waitingForKeyPicture = false;
    if (this.#waitingForKeyPicture) return;
    const sealed = this.#deps.sealer.sealParts(this.#deps.source, layer.data);
    if (!sealed) {
      this.#unsealed++;
      this.#waitingForKeyPicture = true;
      this.#sender.requestKeyPicture();
      return;
    }
    const { key, spatial, temporal, width, height, activeSpatialLayers, picture } = layer;
    const parts = [sealed.header, sealed.ciphertext, sealed.tag];
    const captureMs = this.#deps.toClockMs(layer.captureUs);
    this.#sender.send({ parts, key, spatial, temporal, width, height, activeSpatialLayers, picture, captureMs });
  }

  get figures() {
    const { packets, bytes, lost } = this.#sender?.stats ?? { packets: 0, bytes: 0, lost: 0 };
    const { width, height } = this.#size ?? { width: null, height: null };
    return {
      packets,
      bytes,
      lost,
      width,
      height,
      layers: this.#layers,
      framesEncoded: this.#encoded,
      keyPictures: this.#keyPictures,
      unsealed: this.#unsealed,
      demand: this.#demandFigures(),
    };
  }

  close(): void {
    this.#sender?.close();
    this.#sender = null;
    this.#deps.video.stop();
  }

  #tellLimit(): void {
    const { maxSpatial: spatial, maxTemporal: temporal, reason } = this.#decision;
    const short = spatial >= 0 && (reason === 'network' || reason === 'cpu');
    const limit = short ? { spatial, temporal } : null;
    if (limit?.spatial === this.#limit?.spatial && limit?.temporal === this.#limit?.temporal) return;
    this.#limit = limit;
    this.#deps.onLimit(limit);
  }

  #demandFigures(): StreamDemand {
    const { maxSpatial, maxTemporal, reason } = this.#decision;
    const layers = maxSpatial < 0 ? null : { spatial: maxSpatial, temporal: maxTemporal };
    return { wanted: this.#wanted, layers, limit: this.#muted ? null : reason };
  }

  #count(layer: EncodedLayer): void {
    this.#layers++;
    if (layer.spatial === layer.activeSpatialLayers - 1) {
      this.#size = { width: layer.width, height: layer.height };
      if (layer.activeSpatialLayers === this.#decision.maxSpatial + 1)
        this.#encodeTime.note(layer.encodeUs / 1_000, this.#deps.clock.nowMs());
    }
    if (layer.picture === this.#picture) return;
    this.#picture = layer.picture;
    this.#encoded++;
    if (layer.key) this.#keyPictures++;
  }
}
