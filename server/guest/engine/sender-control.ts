import { encodingParameters, type Encoding } from './encodings.ts';

const ATTEMPTS = 4;
const RETRY_MS = 60;

/**
 * Brings one RTCRtpSender to what is wanted of it. `getParameters` hands out a transaction that the next `setParameters` must
 * belong to, and mediasoup-client sets parameters too: changes run one after the other, and a lost race is tried again.
 */
export class SenderControl {
  readonly sender: RTCRtpSender;
  #wanted: Encoding;
  #running: Promise<void> | null = null;

  /** `now` is what the sender was created with. */
  constructor(sender: RTCRtpSender, now: Encoding) {
    this.sender = sender;
    this.#wanted = now;
  }

  /** Resolves when the sender has it, or is gone. */
  async want(encoding: Encoding): Promise<void> {
    this.#wanted = encoding;
    // A run under way takes up the newest wish before it ends.
    this.#running ??= this.#apply().finally(() => (this.#running = null));
    await this.#running;
  }

  async #apply(): Promise<void> {
    let applied: Encoding | null = null;
    for (let failures = 0; applied !== this.#wanted && failures < ATTEMPTS;) {
      const wanted: Encoding = this.#wanted;
      try {
        await this.#set(wanted);
        applied = wanted;
      } catch {
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #set(encoding: Encoding): Promise<void> {
    const parameters = this.sender.getParameters();
    const [first] = parameters.encodings;
    // Stopped, or not negotiated yet: what it was created with stands.
    if (!first) throw new Error('no encodings');
    Object.assign(first, encodingParameters(encoding));
    if (encoding.degradation !== null) parameters.degradationPreference = encoding.degradation;
    await this.sender.setParameters(parameters);
  }
}
