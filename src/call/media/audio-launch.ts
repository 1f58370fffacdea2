import type { Microphone, Speaker } from '../../devices/device.ts';
import { arrayCapture } from './array-launch.ts';
import { anyPcm, OPUS_PAYLOAD_TYPE, pcm, queue, RATE, suppressor, tap, voice } from './audio-parts.ts';

const rtp = `application/x-rtp,media=audio,clock-rate=${RATE},encoding-name=OPUS,payload=${OPUS_PAYLOAD_TYPE}`;

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
 *   microphone ─ raw meter ─ tee ┬─ echo filter ─ echo and noise suppression ─ meter ─ Opus ─ appsink
 *                                └─ tap (calibration)
 *
 * The raw meter comes before anything is resampled or mixed, where clipping and digital silence still show. Of a microphone array see
 * array-launch.ts.
 *
 * The volume comes before the probe, so that turning it does not change the echo path. The echo filter takes away what it has learnt
 * of the room and leaves the voice in it; webrtcdsp, whose own filter ends at 48 ms, hides the rest.
 */
export function audioLaunch(plan: AudioPlan): string {
  const slots = Array.from({ length: plan.slots }, (_, i) => slot(i, plan.jitterMs));
  return ['buswatch name=bus', playout(plan), ...slots, ...captureOf(plan.microphone)].join('\n');
}

function captureOf(microphone: Microphone | null): string[] {
  if (!microphone) return [];
  return [microphone.array ? arrayCapture(microphone.source, microphone.array) : capture(microphone)];
}

function playout(plan: AudioPlan): string {
  const sink = plan.speaker?.sink ?? 'fakesink sync=true';
  // The canceller takes its reference at the rate of what it cancels.
  const rate = plan.microphone?.array?.sampleRate ?? RATE;
  const reference = rate === RATE ? '' : `audioresample ! audio/x-raw,rate=${rate} ! `;
  return [
    `audiomixer name=mix latency=20000000 ! ${pcm} ! volume name=playout ! tee name=far`,
    // Keeps the mixer going, and the reference of the echo canceller whole, while nobody speaks.
    `audiotestsrc is-live=true wave=silence samplesperbuffer=480 ! ${pcm} ! queue ! mix.`,
    `appsrc name=testsound is-live=true do-timestamp=true format=time caps=${pcm} ! queue ! mix.`,
    `far. ! ${queue} ! audioconvert ! audioresample ! ${sink}`,
    `far. ! ${queue} ! ${reference}ptsshift name=align shift-ms=0 ! tee name=reference`,
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
    `${microphone.source} ! audioconvert ! ${anyPcm} ! audiometer name=rawmeter ! audioconvert ! audioresample ! ${pcm} ! ` +
      'audiobuffersplit output-buffer-duration=1/100 ! tee name=near',
    `near. ! ${queue} ! echo.near`,
    'reference. ! echo.far',
    `${echoCanceller} ! ${voice}`,
    `near. ! ${queue} ! ${tap('near')}`,
  ].join('\n');
}

/** From `echo.near` and `echo.far` on, for one microphone. */
export const echoCanceller = `echofilter name=echo ! ${suppressor} noise-suppression=true`;
