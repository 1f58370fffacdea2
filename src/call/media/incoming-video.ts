import { AUDIO_VIDEO_DELAY_LIMIT, DelayLine } from './delay-line.ts';
import { FrameDecryptor } from './frame-decryptor.ts';
import type { IncomingDeps, TimedSample } from './incoming-audio.ts';
import type { OpenResult } from '../../crypto/frame-key-policy.ts';
import type { IncomingInfo } from '../media-engine.ts';
import { PictureAssembler, type Picture } from '../rtp/picture-assembler.ts';
import type { RtpReceivePort } from '../rtp/ports.ts';
import { VideoReceiver } from '../rtp/video-receiver.ts';
import { isDecodableFrame } from '../rtp/vp9-frame-header.ts';
import type { IncomingLayerFrame } from '../rtp/vp9-depacketizer.ts';

interface VideoDeps extends IncomingDeps {
  /** Decodes and shows a picture. */
  readonly show: (picture: Picture) => void;
}

interface HeldFrame {
  readonly ciphertext: Uint8Array;
  readonly frame: IncomingLayerFrame;
}

/** RTP → opened layer frames → whole pictures → decoder, held back as long as lip-sync wants. */
export class IncomingVideo {
  readonly info: IncomingInfo;
  readonly #deps: VideoDeps;
  readonly #decryptor: FrameDecryptor<HeldFrame>;
  readonly #assembler: PictureAssembler;
  readonly #delay: DelayLine<Picture>;
  #receiver: VideoReceiver | null = null;
  #last: Picture | null = null;

  constructor(deps: VideoDeps) {
    this.#deps = deps;
    this.info = deps.info;
    this.#delay = new DelayLine(deps.clock, AUDIO_VIDEO_DELAY_LIMIT, (picture) => deps.show(picture));
    this.#assembler = new PictureAssembler({
      onPicture: (picture) => {
        this.#last = picture;
        this.#delay.push(picture);
      },
      onKeyPictureNeeded: () => this.#receiver?.requestKeyPicture(),
    });
    this.#decryptor = new FrameDecryptor<HeldFrame>({
      clock: deps.clock,
      open: (bytes) => this.#open(bytes),
      deliver: ({ frame }, plaintext) => this.#assembler.push({ ...frame, data: asBuffer(plaintext) }),
      reportRejected: (reason) => deps.reportRejected(deps.info, reason),
    });
  }

  attach(port: RtpReceivePort): void {
    this.#receiver?.close();
    const { clock, log, random32 } = this.#deps;
    this.#receiver = new VideoReceiver({
      port,
      clock,
      log,
      localSsrc: random32() >>> 0,
      onFrame: (frame) => this.#decryptor.push({ ciphertext: frame.data, frame }),
    });
    this.#receiver.start();
  }

  keysChanged(): void {
    this.#decryptor.retry();
    if (this.#assembler.waitingForKey && this.#receiver && this.#last) this.#receiver.requestKeyPicture();
  }

  /** Nothing of the stream is shown until keys come again and with them a key picture. */
  keysCleared(): void {
    this.#decryptor.drop();
    this.#delay.clear();
    this.#assembler.breakChain();
  }

  /** The decoder lost its state. */
  requestKeyPicture(): void {
    this.#assembler.breakChain();
  }

  /** How long pictures wait for the voice, ms. */
  setDelay(ms: number): void {
    this.#delay.setDelay(ms);
  }

  get lastSample(): TimedSample | null {
    if (!this.#last) return null;
    return {
      captureMs: this.#receiver?.captureTimeOf(this.#last.rtpTimestamp) ?? null,
      arrivalMs: this.#last.arrivalMs,
    };
  }

  get figures() {
    const receiver = this.#receiver?.stats ?? null;
    const { pictures, keyPictures } = this.#assembler.stats;
    const { rejected, withoutKey } = this.#decryptor;
    return { receiver, pictures, keyPictures, rejected, withoutKey, size: this.#last?.size ?? null };
  }

  /** What is authentic may still be hostile: a picture that would cost the room its memory goes no further. */
  #open(bytes: Uint8Array): OpenResult {
    const { opener, info, clock } = this.#deps;
    const result = opener.open({ peer: info.peer, source: info.source }, bytes, clock.nowMs());
    if (result.kind !== 'opened' || isDecodableFrame(result.plaintext)) return result;
    return { kind: 'rejected', reason: 'malformed' };
  }

  close(): void {
    this.#receiver?.close();
    this.#decryptor.close();
    this.#delay.clear();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
