import type { Layers } from '../signalling/messages.ts';
import type { StreamDemand } from '../media-engine.ts';
import type { RtpSendPort } from '../rtp/ports.ts';
import { VideoSender } from '../rtp/video-sender.ts';
import type { OutgoingDeps } from './outgoing-audio.ts';
import type { EncodedLayer, VideoSource } from './video-parts.ts';

interface VideoDeps extends OutgoingDeps {
  /** Opens the device with these listeners, not yet started. */
  readonly video: VideoSource;
}

const ALL_LAYERS: Layers = { spatial: 2, temporal: 2 };

/**
 * Encoder layers → sealed → RTP. Encodes only while somebody watches, the camera is on and there is a key: the other way round
 * each of them alone is enough to send nothing.
 */
export class OutgoingVideo {
  readonly #deps: VideoDeps;
  #sender: VideoSender | null = null;
  #demand: Layers | null = ALL_LAYERS;
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
    this.#apply();
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
    this.#apply();
    video.requestKeyPicture();
  }

  setDemand(layers: Layers | null): void {
    this.#demand = layers;
    this.#apply();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#apply();
  }

  setKeyed(keyed: boolean): void {
    this.#keyed = keyed;
    this.#apply();
  }

  handle(layer: EncodedLayer): void {
    if (!this.#sender || this.#muted || this.#demand === null) return;
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
    const { packets, bytes } = this.#sender?.stats ?? { packets: 0, bytes: 0 };
    const { width, height } = this.#size ?? { width: null, height: null };
    return {
      packets,
      bytes,
      width,
      height,
      layers: this.#layers,
      framesEncoded: this.#encoded,
      keyPictures: this.#keyPictures,
      unsealed: this.#unsealed,
      demand: this.#figuresOfDemand(),
    };
  }

  close(): void {
    this.#sender?.close();
    this.#sender = null;
    this.#deps.video.stop();
  }

  #figuresOfDemand(): StreamDemand {
    const layers = this.#muted ? null : this.#demand;
    return { wanted: this.#demand, layers, limit: this.#demand === null ? 'nobody' : null };
  }

  #apply(): void {
    const sending = this.#sender !== null && !this.#muted && this.#keyed;
    this.#deps.video.setMaxLayers(sending ? this.#demand : null);
  }

  #count(layer: EncodedLayer): void {
    this.#layers++;
    if (layer.spatial === layer.activeSpatialLayers - 1) this.#size = { width: layer.width, height: layer.height };
    if (layer.picture === this.#picture) return;
    this.#picture = layer.picture;
    this.#encoded++;
    if (layer.key) this.#keyPictures++;
  }
}
