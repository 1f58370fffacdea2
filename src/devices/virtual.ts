import { UsageError } from '../lib/errors.ts';
import type { Camera, Display, Microphone, Speaker } from './device.ts';
import { quoteLaunchValue } from './launch.ts';
import { SPEECH_RATE } from './speech.ts';

const BEEPER_NAME = 'virtual_beeper';

const rawVideo = (size: { width: number; height: number; framesPerSecond: number }): string =>
  `video/x-raw,format=I420,width=${size.width},height=${size.height},framerate=${size.framesPerSecond}/1`;

/** Moving colour bars with the wall clock burnt in. */
export function virtualCamera(): Camera {
  return {
    id: 'virtual:camera',
    name: 'Test picture',
    virtual: true,
    source: (size) =>
      `videotestsrc is-live=true pattern=smpte100 horizontal-speed=2 ! ${rawVideo(size)} ! ` +
      `clockoverlay time-format="%H:%M:%S" font-desc="Sans Bold 32" halignment=center valignment=center shaded-background=true`,
  };
}

/** Black and white in turn, changing at every whole second of the wall clock: for measuring delays and lip-sync. */
export function flashCamera(): Camera {
  return {
    id: 'virtual:camera:flash',
    name: 'Flash',
    virtual: true,
    source: (size) =>
      `videotestsrc is-live=true pattern=ball animation-mode=wall-time motion=sweep flip=true ! ${rawVideo(size)}`,
  };
}

/** A voice without words, looped from the file that `speechFile` has rendered. */
export function virtualMicrophone(speechPath: string): Microphone {
  return {
    id: 'virtual:microphone',
    name: 'Test voice',
    virtual: true,
    source:
      `multifilesrc location=${quoteLaunchValue(speechPath)} loop=true ! ` +
      `rawaudioparse pcm-format=s16le sample-rate=${SPEECH_RATE} num-channels=1 ! ` +
      `audiobuffersplit output-buffer-duration=1/100 ! clocksync`,
    beeper: null,
    array: null,
    card: null,
  };
}

/** A pure tone. @throws {UsageError} outside 20 to 20,000 Hz. */
export function toneMicrophone(hertz: number): Microphone {
  if (!(hertz >= 20 && hertz <= 20_000)) throw new UsageError('device/tone-out-of-range', 'A tone has 20 to 20000 Hz');
  return {
    id: `virtual:microphone:tone:${hertz}`,
    name: `Tone of ${hertz} Hz`,
    virtual: true,
    source: `audiotestsrc is-live=true wave=sine freq=${hertz} volume=0.3 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1`,
    beeper: null,
    array: null,
    card: null,
  };
}

/** Silent but for its beep, in time with the flash camera. */
export function flashMicrophone(): Microphone {
  return {
    id: 'virtual:microphone:flash',
    name: 'Beep',
    virtual: true,
    source:
      `audiotestsrc is-live=true wave=sine freq=1000 volume=0.5 samplesperbuffer=240 ! audio/x-raw,rate=48000,channels=1 ! ` +
      `volume name=${BEEPER_NAME} volume=0`,
    beeper: BEEPER_NAME,
    array: null,
    card: null,
  };
}

/** Takes the sound at its clock and drops it. */
export function virtualSpeaker(): Speaker {
  return { id: 'virtual:speaker', name: 'No speaker', virtual: true, sink: 'fakesink sync=true' };
}

/** Takes the sound at its clock and appends it to a file, bare: 16 bits little-endian, one channel, 48 kHz. For tests of what is heard. */
export function recordingSpeaker(path: string): Speaker {
  return {
    id: 'virtual:speaker:file',
    name: 'Recording',
    virtual: true,
    sink:
      `audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved ! ` +
      `filesink sync=true async=false append=true buffer-mode=unbuffered location=${quoteLaunchValue(path)}`,
  };
}

/** A window when there is a session to show it in, else nothing is shown, in time. */
export function virtualDisplay(hasSession: boolean): Display {
  const sink = hasSession ? 'autovideosink sync=true' : 'fakesink sync=true';
  return {
    id: 'virtual:display',
    name: hasSession ? 'Window' : 'No display',
    virtual: true,
    width: 1280,
    height: 720,
    inSession: hasSession,
    sink,
  };
}
