import assert from 'node:assert/strict';
import { discoverDevices, systemRoots } from '../../../src/devices/discover.ts';
import { eventually } from '../../support/eventually.ts';
import { toneStrength } from '../../support/tone.ts';
import { Pipeline } from './pipeline.ts';

const RATE = 16_000;
const HERTZ = 440;
const caps = `"audio/x-raw,format=S16LE,rate=${RATE},channels=1"`;

/** The last `seconds` of a recording, -1 to 1. */
function lastOf(recording: Buffer, seconds: number): Float32Array {
  const bytes = Math.min(recording.length, seconds * RATE * 2);
  // A chunk may end within a sample.
  const end = recording.length - (recording.length % 2);
  const start = end - (bytes - (bytes % 2));
  return Float32Array.from({ length: (end - start) / 2 }, (_, i) => recording.readInt16LE(start + i * 2) / 0x8000);
}

describe('a sound card of the kernel (snd-aloop)', () => {
  it('is found by the name of the card, with speaker and microphone', async () => {
    const { microphones, speakers } = await discoverDevices(systemRoots({}));
    assert.ok(
      microphones.some(({ id }) => id === 'alsa:Room:1'),
      JSON.stringify(microphones),
    );
    assert.ok(
      speakers.some(({ id }) => id === 'alsa:Room:0'),
      JSON.stringify(speakers),
    );
  });

  it(`brings a tone of ${HERTZ} Hz from the speaker to the microphone`, async () => {
    const { microphones, speakers } = await discoverDevices(systemRoots({}));
    const microphone = microphones.find(({ id }) => id === 'alsa:Room:1');
    const speaker = speakers.find(({ id }) => id === 'alsa:Room:0');
    assert.ok(microphone && speaker);
    const recorder = new Pipeline(microphone.source, 'audioconvert', 'audioresample', caps, 'fdsink fd=1');
    let player: Pipeline | null = null;
    try {
      await recorder.atLeast(RATE);
      assert.ok(Math.max(...lastOf(recorder.output, 0.5)) < 0.001, 'the microphone hears something in silence');
      player = new Pipeline(`audiotestsrc is-live=true volume=0.5 freq=${HERTZ}`, 'audioconvert', speaker.sink);
      await eventually('the tone', 60_000, () => {
        const heard = lastOf(recorder.output, 0.5);
        return toneStrength(heard, RATE, HERTZ) > 0.8 && toneStrength(heard, RATE, HERTZ * 1.5) < 0.05;
      });
    } finally {
      await player?.stop();
      await recorder.stop();
    }
  });
});
