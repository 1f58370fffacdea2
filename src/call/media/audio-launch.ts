import type { Microphone, Speaker } from '../../devices/device.ts';

/** Sound inside the pipeline: what the echo canceller takes, and what Opus codes. */
export const RATE = 48_000;
export const OPUS_PAYLOAD_TYPE = 111;
const pcm = `audio/x-raw,format=S16LE,rate=${RATE},channels=1,layout=interleaved`;
const rtp = `application/x-rtp,media=audio,clock-rate=${RATE},encoding-name=OPUS,payload=${OPUS_PAYLOAD_TYPE}`;
/** A queue that gives a branch its own thread and drops old sound instead of holding the others up. */
const queue = 'queue leaky=downstream max-size-buffers=0 max-size-bytes=0 max-size-time=200000000';

export interface AudioPlan {
  readonly microphone: Microphone | null;
  readonly speaker: Speaker | null;
  readonly slots: number;
  /** What the jitter buffers hold back, ms. */
  readonly jitterMs: number;
}

/** How long after arrival a packet is heard, about: jitter buffer, mixing, and the sound card's buffer of a real speaker. */
export const playoutDelayMs = (plan: AudioPlan): number =>
  plan.jitterMs + 30 + (plan.speaker?.virtual === false ? 50 : 0);

/**
 * The whole sound of a room in one pipeline, because echo cancellation matches what is played and what is recorded by running
 * time, and two pipelines do not share one:
 *
 *   slot 0..n ─┐                       ┌─ speaker
 *   test sound ┼─ mixer ─ volume ─ tee ┼─ shift ─ tee ┬─ echo filter
 *   silence ───┘                       │              └─ echo probe
 *                                      └─ tap (calibration)
 *   microphone ─ tee ┬─ echo filter ─ echo and noise suppression ─ meter ─ Opus ─ appsink
 *                    └─ tap (calibration)
 *
 * The volume comes before the probe, so that turning it does not change the echo path. The echo filter takes away what it has learnt
 * of the room and leaves the voice in it; webrtcdsp, whose own filter ends at 48 ms, hides the rest.
 */
export function audioLaunch(plan: AudioPlan): string {
  const slots = Array.from({ length: plan.slots }, (_, i) => slot(i, plan.jitterMs));
  return ['buswatch name=bus', playout(plan), ...slots, ...(plan.microphone ? [capture(plan.microphone)] : [])].join(
    '\n',
  );
}

function playout(plan: AudioPlan): string {
  const sink = plan.speaker?.sink ?? 'fakesink sync=true';
  return [
    `audiomixer name=mix latency=20000000 ! ${pcm} ! volume name=playout ! tee name=far`,
    // Keeps the mixer going, and the reference of the echo canceller whole, while nobody speaks.
    `audiotestsrc is-live=true wave=silence samplesperbuffer=480 ! ${pcm} ! queue ! mix.`,
    `appsrc name=testsound is-live=true do-timestamp=true format=time caps=${pcm} ! queue ! mix.`,
    `far. ! ${queue} ! audioconvert ! audioresample ! ${sink}`,
    `far. ! ${queue} ! ptsshift name=align shift-ms=0 ! tee name=reference`,
    // The probe takes the mixer's latency for the room's and tells the canceller so, which then looks past the echo: it gets to see none.
    'reference. ! audiometer latency-correction-ms=-1000 ! webrtcechoprobe name=farend ! fakesink sync=false async=false',
    `far. ! ${queue} ! ${tap('far')}`,
  ].join('\n');
}

function slot(index: number, jitterMs: number): string {
  return [
    `appsrc name=slot${index} is-live=true do-timestamp=true format=time max-bytes=65536 leaky-type=downstream caps=${rtp}`,
    `rtpjitterbuffer latency=${jitterMs} do-lost=true`,
    'rtpopusdepay',
    'opusdec plc=true use-inband-fec=true',
    'audioconvert',
    'audioresample',
    pcm,
    `audiometer name=meter${index} latency-correction-ms=-100`,
    'mix.',
  ].join(' ! ');
}

function capture(microphone: Microphone): string {
  return [
    // webrtcdsp gives nothing at all for buffers shorter than its 10 ms (1.22).
    `${microphone.source} ! audioconvert ! audioresample ! ${pcm} ! audiobuffersplit output-buffer-duration=1/100 ! tee name=near`,
    `near. ! ${queue} ! echo.near`,
    'reference. ! echo.far',
    `${echoCanceller} ! audiometer name=micmeter ! ${voiceEncoder} ! ptsheader ! appsink name=opus sync=false max-buffers=25 drop=true`,
    `near. ! ${queue} ! ${tap('near')}`,
  ].join('\n');
}

/**
 * From `echo.near` and `echo.far` on. webrtcdsp of Debian 12 has the same 48 ms filter whether `extended-filter` and `delay-agnostic`
 * are set or not, and hears the reference of the probe `farend`.
 */
export const echoCanceller =
  'echofilter name=echo ! webrtcdsp probe=farend echo-cancel=true echo-suppression-level=moderate delay-agnostic=false ' +
  'extended-filter=true gain-control=false noise-suppression=true high-pass-filter=true';

/** Each packet carries the one before it too, smaller, in case that is lost (RFC 6716 section 2.1.6); only so for voice, and when loss is expected. */
export const voiceEncoder =
  'opusenc bitrate=32000 frame-size=20 inband-fec=true packet-loss-percentage=10 audio-type=voice complexity=6 dtx=false';

/** Off but for calibration: an open tap costs a waiting thread. */
const tap = (name: string): string =>
  `valve name=${name}valve drop=true ! ptsheader name=${name}header ! appsink name=${name}tap sync=false async=false max-buffers=400 drop=true`;
