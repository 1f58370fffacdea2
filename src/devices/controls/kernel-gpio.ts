import type { Clock } from '../../lib/clock.ts';
import { codeOf, isRoomError } from '../../lib/errors.ts';
import { busyLine, failedLine, unknownLine } from './gpio-errors.ts';
import type { GpioInput, GpioLineName, GpioLines, GpioOutput } from './gpio-lines.ts';
import { GpioSession } from './gpio-session.ts';
import type { HeldLineListener } from './gpio-session.ts';
import type { StartHelper } from './start-helper.ts';

interface Place {
  readonly device: string;
  readonly offset: number;
  readonly isUsed: boolean;
}

interface Held {
  readonly session: GpioSession;
  readonly number: number;
  readonly active: boolean;
}

/**
 * Lines of the kernel's character device, which libgpiod uses too, by one helper process for all of them (`incamera-gpio`). It keeps
 * each line for as long as it is held: an output changes without being let go, where a tool started for every change would leave
 * the line to nobody for milliseconds (a Raspberry Pi makes it an input meanwhile). A helper that has ended is started anew with the
 * next line that is taken.
 *
 * INVARIANTS
 * - At most one helper runs. After `close` none does.
 */
export class KernelGpio implements GpioLines {
  readonly #start: StartHelper;
  readonly #clock: Clock;
  #session: GpioSession | null = null;
  #closed = false;

  constructor(start: StartHelper, clock: Clock) {
    this.#start = start;
    this.#clock = clock;
  }

  async input(...[name, options, onEdge, onLost]: Parameters<GpioLines['input']>): Promise<GpioInput> {
    // The last edge says the level, also when it comes before the answer.
    let active: boolean | null = null;
    const listener = {
      onEdge: (next: boolean, atUs: number) => {
        active = next;
        onEdge({ active: next, atUs });
      },
      onLost,
    };
    const held = await this.#hold(name, listener, 'input', polarity(options.activeLow), options.bias);
    active ??= held.active;
    return {
      get active() {
        return active ?? held.active;
      },
      close: () => held.session.release(held.number),
    };
  }

  async output(...[name, options, onLost]: Parameters<GpioLines['output']>): Promise<GpioOutput> {
    let isOpen = true;
    const listener = {
      onEdge: () => undefined,
      onLost: (error: unknown) => {
        isOpen = false;
        onLost(error);
      },
    };
    const held = await this.#hold(name, listener, 'output', polarity(options.activeLow), Number(options.initial));
    const { session, number } = held;
    let value = held.active;
    return {
      get value() {
        return value;
      },
      set: async (next) => {
        if (!isOpen || session !== this.#session) throw failedLine(name, new Error('closed'));
        try {
          const { fields } = await session.ask('set', number, Number(next));
          value = fields[0] === '1';
          return value;
        } catch (error) {
          session.lose(number, error);
          throw failedLine(name, error);
        }
      },
      close: async () => {
        isOpen = false;
        await session.release(number);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  async #hold(
    name: GpioLineName,
    listener: HeldLineListener,
    kind: 'input' | 'output',
    ...rest: readonly (string | number)[]
  ): Promise<Held> {
    if (this.#closed) throw failedLine(name, new Error('closed'));
    if (this.#session === null || this.#session.isEnded) this.#session = new GpioSession(this.#start(), this.#clock);
    const session = this.#session;
    try {
      const { device, offset, isUsed } = await findLine(session, name);
      if (isUsed) throw busyLine(name);
      return { session, ...(await session.hold(listener, kind, device, offset, ...rest)) };
    } catch (error) {
      if (isRoomError(error)) throw error;
      throw codeOf(error) === 'EBUSY' ? busyLine(name) : failedLine(name, error);
    }
  }
}

const polarity = (activeLow: boolean): string => (activeLow ? 'low' : 'high');

/** @throws {UsageError} device/gpio-unknown-line: also for two of a name or of a label, which are not guessed. */
async function findLine(session: GpioSession, name: GpioLineName): Promise<Place> {
  const { rows } = await session.ask('chips');
  const chips = rows.filter(
    ([kind, , label]) => kind === 'chip' && (name.chip === null || textOf(label) === name.chip),
  );
  const found: Place[] = [];
  for (const [, device = ''] of chips)
    for (const [, offset, used, text] of (await session.ask('lines', device)).rows) {
      const place = { device, offset: Number(offset), isUsed: used === '1' };
      if (textOf(text) === name.line || (place.offset === name.line && name.chip !== null)) found.push(place);
    }
  const [place, other] = found;
  if (place !== undefined && other === undefined) return place;
  const denied = rows.find(([kind]) => kind === 'denied')?.[1];
  // It may be on a chip that may not be looked at.
  if (place === undefined && denied !== undefined)
    throw failedLine(name, new Error(`/dev/${denied} may not be opened`));
  throw unknownLine(name);
}

/** Null for a line without a name. */
const textOf = (hex: string | undefined): string | null =>
  hex === undefined || hex === '-' ? null : Buffer.from(hex, 'hex').toString('utf8');
