import type { Layers } from '../../../src/call/signalling/messages.ts';
import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import { decodeBudget, startDecodeCost, stepDecodeCost } from '../engine/decode-cost.ts';
import { encodingFor, encodingParameters } from '../engine/encodings.ts';
import { startFrameWorker, type FrameWorkerClient } from '../engine/frame-worker-client.ts';
import { Playout } from '../engine/playout.ts';
import { SenderControl } from '../engine/sender-control.ts';
import { sentDemand } from '../engine/sent-demand.ts';
import { levelDbov, streamStats } from '../engine/stats.ts';

const SENDER = 'sender';
const everything: Layers = { spatial: 2, temporal: 2 };

/** Keys of a meeting of two, all bytes of the base key alike. */
function keysOf(
  byte: number,
  epoch: number,
  selfLeaf: number,
  leaves: Record<string, number> = { sender: 0, receiver: 1 },
): EpochKeys {
  return { epoch, baseKey: new Uint8Array(32).fill(byte), selfLeaf, leaves };
}

/** Two connections in one page, with the real frame worker at each end; driven by tests. */
class Loopback {
  readonly sending: FrameWorkerClient = startFrameWorker();
  readonly receiving: FrameWorkerClient = startFrameWorker();
  readonly rejected: string[] = [];
  readonly from = new RTCPeerConnection();
  readonly to = new RTCPeerConnection();
  readonly playout = new Playout(() => (this.firstFrameMs = performance.now() - this.startedMs));
  firstFrameMs: number | null = null;
  startedMs = 0;
  control: SenderControl | null = null;
  wanted: Layers | null = everything;

  async connect(expectedPeer: string): Promise<void> {
    this.receiving.events.on('rejected', (_, reason) => this.rejected.push(reason));
    this.from.onicecandidate = ({ candidate }) => void (candidate && this.to.addIceCandidate(candidate));
    this.to.onicecandidate = ({ candidate }) => void (candidate && this.from.addIceCandidate(candidate));
    this.to.ontrack = ({ receiver, transceiver }) => {
      const [consumer, source] =
        receiver.track.kind === 'video' ? (['v', 'camera'] as const) : (['a', 'microphone'] as const);
      receiver.transform = this.receiving.transform({ kind: 'receive', consumer, peer: expectedPeer, source });
      transceiver.direction = 'recvonly';
      this.playout.start(
        { consumer, producer: consumer, peer: SENDER, source, kind: receiver.track.kind as 'video' },
        receiver.track,
      );
    };
    const media = await navigator.mediaDevices.getUserMedia({
      video: { width: 1280, height: 720, frameRate: 30 },
      audio: true,
    });
    const [picture] = media.getVideoTracks();
    const [sound] = media.getAudioTracks();
    if (!picture || !sound) throw new Error('no devices');
    const video = this.from.addTransceiver(picture, {
      direction: 'sendonly',
      sendEncodings: [encodingParameters(encodingFor('camera', everything, false))],
    });
    const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
    video.setCodecPreferences(
      codecs.filter(({ mimeType, sdpFmtpLine }) => mimeType === 'video/VP9' && /profile-id=0/.test(sdpFmtpLine ?? '')),
    );
    video.sender.transform = this.sending.transform({ kind: 'send', source: 'camera' });
    this.control = new SenderControl(video.sender, encodingFor('camera', everything, false));
    const voice = this.from.addTransceiver(sound, { direction: 'sendonly' });
    voice.sender.transform = this.sending.transform({ kind: 'send', source: 'microphone' });
    this.startedMs = performance.now();
    await this.from.setLocalDescription();
    await this.to.setRemoteDescription(this.from.localDescription ?? { type: 'offer' });
    await this.to.setLocalDescription();
    await this.from.setRemoteDescription(this.to.localDescription ?? { type: 'answer' });
  }

  async demand(layers: Layers | null): Promise<void> {
    this.wanted = layers;
    await this.control?.want(encodingFor('camera', layers, false));
  }

  async figures(): Promise<Record<string, unknown>> {
    const none = { rejected: 0, withoutKey: 0 };
    const [sent, got] = [await this.sending.counts(), await this.receiving.counts()];
    const [video, voice] = this.from.getTransceivers();
    const received = this.to.getTransceivers();
    const send = { direction: 'send', peer: null } as const;
    const receive = { direction: 'receive', peer: SENDER } as const;
    const audioReport = [...((await received[1]?.receiver.getStats())?.values() ?? [])];
    const report = [...((await video?.sender.getStats())?.values() ?? [])] as Record<string, unknown>[];
    const decoded = (await received[0]?.receiver.getStats())?.values() ?? [];
    const cost = stepDecodeCost(startDecodeCost(), new Map([['v', decoded]]));
    const outbound = report.filter((each) => each['type'] === 'outbound-rtp');
    return {
      sentVideo: streamStats(
        { ...send, id: 'camera', source: 'camera' },
        (await video?.sender.getStats())?.values() ?? [],
        sent.get('camera') ?? none,
      ),
      sentAudio: streamStats(
        { ...send, id: 'microphone', source: 'microphone' },
        (await voice?.sender.getStats())?.values() ?? [],
        sent.get('microphone') ?? none,
      ),
      video: streamStats(
        { ...receive, id: 'v', source: 'camera' },
        (await received[0]?.receiver.getStats())?.values() ?? [],
        got.get('v') ?? none,
      ),
      audio: streamStats({ ...receive, id: 'a', source: 'microphone' }, audioReport, got.get('a') ?? none),
      demand: sentDemand('camera', { demand: this.wanted, muted: false }, report),
      decoding: decodeBudget(cost, 1, null).msPerMegapixel,
      mode: outbound.map((each) => each['scalabilityMode']),
      level: levelDbov(audioReport, 'inbound-rtp'),
      rejected: this.rejected,
      firstFrameMs: this.firstFrameMs,
    };
  }

  close(): void {
    this.from.close();
    this.to.close();
    this.sending.close();
    this.receiving.close();
  }
}

Object.assign(window, { Loopback, keysOf });
document.documentElement.dataset['ready'] = 'true';
