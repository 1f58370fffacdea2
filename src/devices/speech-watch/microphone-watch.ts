import { levelBetween, type MeterCounts } from './level.ts';
import {
  findingsOf,
  type SpeechFindings,
  type SpeechSurroundings,
  type SpeechWatchState,
  speechWatchStart,
  watchSpeech,
} from './speech-watch.ts';

/** Follows the meter of one microphone and tells when what should be said of it has changed. */
export class MicrophoneWatch {
  readonly #seemsToSpeak: () => boolean | null;
  #before: MeterCounts | null = null;
  #state: SpeechWatchState = speechWatchStart;
  #told: SpeechFindings = findingsOf(speechWatchStart);

  /** `seemsToSpeak`: whether something other than this microphone's sound hears somebody; null when nothing can. */
  constructor(seemsToSpeak: () => boolean | null) {
    this.#seemsToSpeak = seemsToSpeak;
  }

  /** One look at the meter. Returns the findings when they are others than those returned last, else null. */
  look(counts: MeterCounts, around: Omit<SpeechSurroundings, 'seemsToSpeak'>, atMs: number): SpeechFindings | null {
    const figures = this.#before && levelBetween(this.#before, counts);
    this.#before = counts;
    if (!figures) return null;
    this.#state = watchSpeech(this.#state, figures, { ...around, seemsToSpeak: this.#seemsToSpeak() }, atMs);
    return this.#tell();
  }

  /** The microphone is closed, nothing is to be said of it. Returns as `look` does. */
  end(): SpeechFindings | null {
    this.#before = null;
    this.#state = speechWatchStart;
    return this.#tell();
  }

  #tell(): SpeechFindings | null {
    const now = findingsOf(this.#state);
    const told = this.#told;
    const same =
      now.talkingWhileMuted === told.talkingWhileMuted &&
      now.clipping === told.clipping &&
      now.digitalSilence === told.digitalSilence &&
      now.deaf === told.deaf;
    if (same) return null;
    this.#told = now;
    return now;
  }
}
