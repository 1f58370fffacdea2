import type { ArrayGeometry } from '../../devices/array/geometry.ts';
import { anyPcm, pcm, queue, suppressor, tap, voice } from './audio-parts.ts';

/**
 * A microphone array's part of the pipeline:
 *
 *   array ─ its microphones ─ raw meter ─ tee ┬─ echo canceller, one filter a microphone ─ appsink (array)
 *                                             └─ first microphone ─ tap (calibration)
 *   appsrc (beam) ─ noise suppression ─ meter ─ Opus ─ appsink
 *
 * Between the two stands the beam, in JavaScript, where packets go through anyway. Echo is cancelled before it, because the path from
 * loudspeaker to microphone stays while a beam moves: a filter behind the beam would have to be learnt anew at each turn, and until then
 * the far end hears itself (Kellermann, "Strategies for combining acoustic echo cancellation and adaptive beamforming microphone
 * arrays", ICASSP 1997). It costs a filter a microphone, 0.3 % of a core each at 16 kHz, and directions are found in sound without
 * echo. Noise suppression is another matter: it would treat the microphones unlike each other, and comes after.
 */
export function arrayCapture(source: string, geometry: ArrayGeometry): string {
  const { sampleRate, channels, microphones } = geometry;
  const raw = `${anyPcm},rate=${sampleRate},channels=${microphones.length}`;
  const places = microphones.map(({ channel }) => channel);
  return [
    `${source} ! audioconvert ! ${anyPcm} ! ${pick(places, channels)} ! ${raw} ! audiometer name=rawmeter ! ` +
      'audiobuffersplit output-buffer-duration=1/100 ! tee name=near',
    // Two of the canceller's 10 ms at a time: half the calls into JavaScript.
    // The beam comes by way of this sink: neither may wait for the other's first buffer ("async") before the pipeline runs.
    `near. ! ${queue} ! ${suppressor} noise-suppression=false ! audiobuffersplit output-buffer-duration=1/50 ! ` +
      'ptsheader ! appsink name=array sync=false async=false max-buffers=25 drop=true',
    `near. ! ${queue} ! ${pick([0], microphones.length)} ! audio/x-raw,channels=1 ! audioresample ! ${pcm} ! ${tap('near')}`,
    `appsrc name=beam is-live=true format=time max-bytes=65536 leaky-type=downstream caps=${anyPcm},rate=${sampleRate},channels=1 ! ` +
      `${queue} ! webrtcdsp echo-cancel=false noise-suppression=true gain-control=false high-pass-filter=false ! ` +
      `audioresample ! ${pcm} ! ${voice} async=false`,
  ].join('\n');
}

/** Channels of an interleaved stream by their numbers, as they are. */
function pick(places: readonly number[], channels: number): string {
  const rows = places.map(
    (place) =>
      `<${Array.from({ length: channels }, (_, channel) => `(float)${channel === place ? '1.0' : '0.0'}`).join(',')}>`,
  );
  return `audioconvert mix-matrix="<${rows.join(',')}>"`;
}
