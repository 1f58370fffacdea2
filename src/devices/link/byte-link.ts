/** Why a link ended: `closed` by us, `lost` when the other side, the cable or the driver ended it. */
export type LinkEnd = 'closed' | 'lost';

/**
 * An open way to send bytes to one device and to hear from it: a serial port, a TCP connection, a UDP socket.
 *
 * - A serial port and TCP deliver a stream: chunks are cut anywhere. UDP delivers each datagram as one chunk.
 * - `write` resolves when the system has taken the bytes, which says nothing of the device. It rejects with
 *   `DeviceUnavailableError` when the link has ended, and a write under way when it ends is rejected too.
 * - The end is told once, to every listener of `onClose`, after the last data.
 * - What was heard before the first listener of `onData` subscribed is given to those of that turn, right after it.
 * - A link that has ended never comes back; `ReopeningLink` opens the next one.
 */
export interface ByteLink {
  /** Stable over reboots and replugging, as `serial:/dev/serial/by-id/…` or `tcp:display.example:1515`. */
  readonly id: string;
  /** @throws {DeviceUnavailableError} when the link has ended or the system refuses the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** The chunk belongs to the listener. Returns the function that unsubscribes. */
  onData(listener: (chunk: Uint8Array) => void): () => void;
  onClose(listener: (end: LinkEnd) => void): () => void;
  /** Idempotent; listeners hear `closed` if the link had not ended. */
  close(): Promise<void>;
}

/** Opens links to one device, one after the other. */
export interface LinkOpener {
  /** The id its links have. */
  readonly id: string;
  /** @throws {DeviceUnavailableError} when the device is not there; what `signal` was aborted with. */
  open(signal: AbortSignal): Promise<ByteLink>;
}
