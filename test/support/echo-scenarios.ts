/** The rooms, delays and voices that echo cancellation is measured with, by the benchmark whole and by the tests in part. */
import { createRequire } from 'node:module';
import type gstreamer from 'gstreamer-superficial';
import { alignmentFor } from '../../src/call/media/echo-delay.ts';
import { voiceEncoder } from '../../src/call/media/audio-parts.ts';
import type { MediaGst } from '../../src/call/media/media-gst.ts';
import { type DoubleTalk, doubleTalk, returnLossDb } from './echo-figures.ts';
import { cancelEcho } from './echo-offline.ts';
import { convolve, seededRandom } from './array-room.ts';
import { EchoRig, type EchoRecording, type LiveScript } from './echo-rig.ts';
import {
  ECHO_RATE,
  type EchoRoomName,
  type EchoVoices,
  echoRoom,
  heardVoice,
  responseAt,
  SPEECH_DBFS,
  testVoices,
} from './echo-room.ts';

export interface EchoScenario {
  readonly room: EchoRoomName;
  readonly bulkMs: number;
  /** Echo over the voice in the room, both at the microphone, dB. */
  readonly echoDb: number;
  /** Cubic distortion of the loudspeaker: 0 none, 1 a third harmonic of 0.6 % at the level of speech, 10 % in its peaks. */
  readonly distortion: number;
}

export interface EchoTimes {
  /** The voice alone, the far end alone, both at once, seconds. */
  readonly talkS: number;
  readonly farS: number;
}

export interface DelayFigures {
  /** Until the direct sound of the loudspeaker. */
  readonly trueMs: number;
  readonly foundMs: number | null;
  readonly alignmentMs: number;
}

export interface EchoFigures extends DoubleTalk {
  /** From three seconds after the far end began until the voice begins. */
  readonly returnLossDb: number;
  /** The first three seconds. */
  readonly firstDb: number;
}

type Open = (launch: string) => MediaGst;

const SEED = 1;
const NOISE_DBFS = -60;
/** Both beginnings are on frames of the canceller: what is sent can be compared sample by sample. */
const LEAD_S = 1;
const PAUSE_S = 1;
const CONVERGE_S = 3;

const linear = (sample: number): number => sample;

/** A room that is silent but for its noise. */
function prepareDelays(room: EchoRoomName, bulkMs: number): LiveScript {
  return {
    response: responseAt(echoRoom(room, SEED).echo, testVoices().far, SPEECH_DBFS),
    bulkMs,
    near: new Float64Array(1),
    far: [],
    noiseDbfs: NOISE_DBFS,
    loudspeaker: linear,
  };
}

/** Measures a room's delay as the room itself does, for each bulk delay in turn, steps of 50 ms or more. */
export async function measureDelays(
  open: Open,
  room: EchoRoomName,
  bulksMs: readonly number[],
): Promise<DelayFigures[]> {
  const rig = new EchoRig(open, prepareDelays(room, bulksMs[0] ?? 0));
  const { flightMs } = echoRoom(room, SEED);
  const figures: DelayFigures[] = [];
  await rig.start();
  for (const [i, bulkMs] of bulksMs.entries()) {
    if (i > 0) await rig.addDelay(bulkMs - (bulksMs[i - 1] ?? 0));
    const found = await rig.calibrate();
    const alignmentMs = found ? alignmentFor(found) : 0;
    figures.push({ trueMs: bulkMs + flightMs, foundMs: found?.delayMs ?? null, alignmentMs });
  }
  rig.close();
  return figures;
}

/** All that is known before anything sounds. */
export interface EchoScript {
  readonly scenario: EchoScenario;
  readonly times: EchoTimes;
  readonly response: Float64Array;
  readonly loudspeaker: (sample: number) => number;
  /** From the beginning, silence included. */
  readonly near: Float64Array;
  readonly far: Float64Array;
}

export function prepareEcho(scenario: EchoScenario, voices: EchoVoices, times: EchoTimes): EchoScript {
  const { echo, talker } = echoRoom(scenario.room, SEED);
  const { farFrom, bothFrom, end } = plan(times);
  const [near, far] = [new Float64Array(end), new Float64Array(end)];
  const said = heardVoice(around(voices.near, times.talkS * ECHO_RATE), talker);
  near.set(said, LEAD_S * ECHO_RATE);
  near.set(said, bothFrom);
  far.set(around(voices.far, end - farFrom), farFrom);
  const { distortion, echoDb } = scenario;
  return {
    scenario,
    times,
    response: responseAt(echo, voices.far, SPEECH_DBFS + echoDb),
    loudspeaker: distortion === 0 ? linear : (sample) => sample - distortion * 10 * sample ** 3,
    near,
    far,
  };
}

/** The product's canceller alone, not in real time: the same figures at each run. */
export async function measureEcho(script: EchoScript, alignmentMs: number): Promise<EchoFigures> {
  const { near, far, loudspeaker, response, scenario } = script;
  const echo = new Float64Array(near.length);
  const heard = convolve(far.map(loudspeaker), response);
  echo.set(heard.subarray(0, near.length - scenario.bulkMs * 48), scenario.bulkMs * 48);
  const noise = 10 ** (NOISE_DBFS / 20) * 2;
  const random = seededRandom(SEED);
  const microphone = near.map((x, i) => x + (echo[i] ?? 0) + noise * (random() + random() + random() - 1.5));
  return figuresOf({ echo, sent: await cancelEcho(far, microphone, alignmentMs) }, script.times);
}

/** The whole sound pipeline in real time, the far end coming in as Opus. */
export async function measureEchoLive(open: Open, script: EchoScript, alignmentMs: number): Promise<EchoFigures> {
  const rig = new EchoRig(open, {
    response: script.response,
    bulkMs: script.scenario.bulkMs,
    near: script.near,
    far: await encode(script.far),
    noiseDbfs: NOISE_DBFS,
    loudspeaker: script.loudspeaker,
  });
  rig.audio.setAlignment(alignmentMs);
  await rig.start();
  return figuresOf(await rig.play().finally(() => rig.close()), script.times);
}

function figuresOf({ echo, sent }: EchoRecording, times: EchoTimes): EchoFigures {
  const { farFrom, bothFrom } = plan(times);
  const begin = echo.findIndex((x, i) => i >= farFrom && Math.abs(x) > 1e-3);
  const settled = begin + CONVERGE_S * ECHO_RATE;
  const lossBetween = (from: number, to: number): number =>
    returnLossDb(echo.subarray(from, to), sent.subarray(from, to));
  // The first half second is left out: the noise suppressor is learning the noise.
  const [from, to] = [0.5 * ECHO_RATE, times.talkS * ECHO_RATE];
  const alone = LEAD_S * ECHO_RATE;
  return {
    returnLossDb: lossBetween(settled, bothFrom),
    firstDb: lossBetween(begin, settled),
    ...doubleTalk(sent.subarray(alone + from, alone + to), sent.subarray(bothFrom + from, bothFrom + to)),
  };
}

function plan({ talkS, farS }: EchoTimes): { farFrom: number; bothFrom: number; end: number } {
  const farFrom = (LEAD_S + talkS + PAUSE_S) * ECHO_RATE;
  const bothFrom = farFrom + farS * ECHO_RATE;
  return { farFrom, bothFrom, end: bothFrom + talkS * ECHO_RATE };
}

const around = (sound: Float64Array, length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => sound[i % sound.length] ?? 0);

/** As the product's microphone would encode it. */
async function encode(sound: Float64Array): Promise<Buffer[]> {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  const pipeline = new binding.Pipeline(
    `appsrc name=voice max-bytes=0 caps=audio/x-raw,format=S16LE,rate=${ECHO_RATE},channels=1,layout=interleaved format=time ! ` +
      `audiobuffersplit output-buffer-duration=1/50 ! ${voiceEncoder} ! appsink name=packets sync=false`,
  );
  const [source, sink] = [pipeline.findChild('voice'), pipeline.findChild('packets')];
  if (!source || !sink) throw new Error('no encoder');
  const bytes = Buffer.alloc(sound.length * 2);
  for (const [i, x] of sound.entries())
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(0.9999, x)) * 32_767), i * 2);
  const packets: Buffer[] = [];
  pipeline.play();
  source.push?.(bytes);
  const wanted = Math.floor(sound.length / (ECHO_RATE / 50)) - 2;
  await new Promise<void>((resolve) => {
    const next = (packet: Buffer | null): void => {
      if (packet) packets.push(Buffer.from(packet));
      if (!packet || packets.length >= wanted) resolve();
      else sink.pull?.(next);
    };
    sink.pull?.(next);
  });
  pipeline.stop();
  return packets;
}
