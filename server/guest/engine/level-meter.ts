const PERIOD_MS = 50;
/** Quietest level that shows, dB below full scale. */
const FLOOR_DB = 60;

/** Measures how loud a track is, for the bar that people check before joining. */
export class LevelMeter {
  readonly #onLevel: (level: number) => void;
  #stop: (() => void) | null = null;

  constructor(onLevel: (level: number) => void) {
    this.#onLevel = onLevel;
  }

  get watching(): boolean {
    return this.#stop !== null;
  }

  /** Measures another track, or none. Calls back with 0 (silence) to 1 (full scale). */
  watch(track: MediaStreamTrack | null): void {
    this.#stop?.();
    this.#stop = null;
    if (!track) return this.#onLevel(0);
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1_024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.#onLevel(levelOf(samples));
    }, PERIOD_MS);
    this.#stop = () => {
      clearInterval(timer);
      void context.close();
    };
  }
}

function levelOf(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  const db = 10 * Math.log10(energy / samples.length + 1e-12);
  return Math.max(0, Math.min(1, 1 + db / FLOOR_DB));
}
