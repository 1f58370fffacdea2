/** A line by what stays the same: the chip's label and the line's name or offset; never the chip's number. */
export interface GpioLineName {
  /** As the kernel's driver gives it, `pinctrl-bcm2711`; null for any chip that has a line of the name. */
  readonly chip: string | null;
  /** Name from the device tree (`GPIO17`), or the offset within the chip. */
  readonly line: string | number;
}

export interface GpioEdge {
  /** Level after the edge, polarity taken off: true is active. */
  readonly active: boolean;
  /** Microseconds, monotonic; of the kernel where it tells. Only differences mean something. */
  readonly atUs: number;
}

export interface GpioInputOptions {
  readonly activeLow: boolean;
  readonly bias: 'as-is' | 'pull-up' | 'pull-down' | 'disabled';
}

export interface GpioOutputOptions {
  readonly activeLow: boolean;
  /** The line becomes an output with this value in one step: it never shows the other. */
  readonly initial: boolean;
}

export interface GpioInput {
  /** Level now, as far as the driver knows. */
  readonly active: boolean;
  close(): Promise<void>;
}

export interface GpioOutput {
  /** The value that the line has now. */
  readonly value: boolean;
  /** Resolves with the value reached. Calls overlap at will: the last one wins. @throws {DeviceUnavailableError} device/gpio-failed. */
  set(value: boolean): Promise<boolean>;
  /** Idempotent; gives the line back. */
  close(): Promise<void>;
}

/**
 * Lines of the board. A line is held by one at a time. Taking a line never glitches an output, and an output that changes is never
 * let go. When a chip goes away (a USB expander), `onLost` is called once and the line is closed.
 */
export interface GpioLines {
  /**
   * `onEdge` may be called before this resolves.
   * @throws {UsageError} device/gpio-unknown-line, device/gpio-busy. @throws {DeviceUnavailableError} device/gpio-failed.
   */
  input(
    name: GpioLineName,
    options: GpioInputOptions,
    onEdge: (edge: GpioEdge) => void,
    onLost: (error: unknown) => void,
  ): Promise<GpioInput>;
  /** @throws as `input`. */
  output(name: GpioLineName, options: GpioOutputOptions, onLost: (error: unknown) => void): Promise<GpioOutput>;
  /** Closes every line; idempotent. */
  close(): Promise<void>;
}
