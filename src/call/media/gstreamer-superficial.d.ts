declare module 'gstreamer-superficial' {
  namespace gstreamer {
    interface Element {
      [property: string]: unknown;
      push?(bytes: Uint8Array, pts?: Uint8Array): void;
      pull?(callback: (bytes: Buffer | null, caps?: Record<string, unknown>) => void): void;
    }
    class Pipeline {
      constructor(launch: string);
      play(): void;
      stop(): void;
      findChild(name: string): Element | undefined;
    }
  }
  export default gstreamer;
}
