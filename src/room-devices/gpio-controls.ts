import type { ButtonName, GpioWish, LightName, LineWish } from '../config/control-wishes.ts';
import { buttonNames, lightNames } from '../config/control-wishes.ts';
import { Button, ordinaryButton } from '../devices/controls/button.ts';
import type { ButtonEvent } from '../devices/controls/button.ts';
import type { GpioInput, GpioLineName, GpioLines, GpioOutput } from '../devices/controls/gpio-lines.ts';
import { KeptLine } from '../devices/controls/kept-line.ts';
import type { LedName, LedPattern } from '../devices/controls/led.ts';
import { Led } from '../devices/controls/led.ts';
import type { DeviceEntry, DeviceRegistry } from '../devices/device-registry.ts';
import { problemText } from '../devices/problem-texts.ts';
import { nothingToAsk } from '../devices/room-device.ts';
import type { RoomDevice, RoomDeviceKind } from '../devices/room-device.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';

export interface GpioControlsDeps {
  /** Closed by `close`. */
  readonly lines: GpioLines;
  readonly wish: GpioWish;
  readonly registry: DeviceRegistry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly onButton: (name: ButtonName, event: ButtonEvent) => void;
  /** The sensor's level has changed, or it came or went. */
  readonly onMotion: () => void;
}

interface Part {
  start(): void;
  close(): Promise<void>;
}

interface Light extends Part {
  show(pattern: LedPattern): void;
}

const lightOf: Record<LightName, LedName> = {
  free: 'free',
  busy: 'busy',
  mute: 'mute',
  inCall: 'in-call',
  problem: 'problem',
};

const buttonTitles: Record<ButtonName, string> = {
  mute: 'Mute button',
  join: 'Join button',
  leave: 'Leave button',
  volumeUp: 'Louder button',
  volumeDown: 'Quieter button',
};

const lightTitles: Record<LightName, string> = {
  free: 'Light “free”',
  busy: 'Light “busy”',
  mute: 'Light “muted”',
  inCall: 'Light “in a call”',
  problem: 'Light “problem”',
};

/** Buttons, lights and the presence sensor of a room, each on its own line and each among the devices of the room. */
export class GpioControls {
  readonly #deps: GpioControlsDeps;
  readonly #parts: Part[] = [];
  readonly #lights = new Map<LedName, Light>();
  #sensor: KeptLine<GpioInput> | null = null;

  constructor(deps: GpioControlsDeps) {
    this.#deps = deps;
    const { buttons, lights, presence } = deps.wish;
    for (const name of buttonNames) {
      const line = this.#name(buttons[name]);
      if (line !== null) this.#parts.push(this.#button(name, line));
    }
    for (const name of lightNames) {
      const line = this.#name(lights[name]);
      if (line === null) continue;
      const light = this.#light(name, line);
      this.#lights.set(lightOf[name], light);
      this.#parts.push(light);
    }
    const line = this.#name(presence);
    if (line !== null) this.#parts.push(this.#presence(line));
  }

  /** Level of the presence sensor; null while there is none to ask. */
  get motion(): boolean | null {
    return this.#sensor?.line?.active ?? null;
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  show(patterns: Readonly<Record<LedName, LedPattern>>): void {
    for (const [name, light] of this.#lights) light.show(patterns[name]);
  }

  /** Idempotent; lights go dark, and every line is given back. */
  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()));
    await this.#deps.lines.close();
  }

  #name(line: LineWish): GpioLineName | null {
    return line === null ? null : { chip: this.#deps.wish.chip, line };
  }

  #button(name: ButtonName, lineName: GpioLineName): Part {
    const { lines, wish, clock, onButton } = this.#deps;
    let entry: DeviceEntry | null = null;
    const make = (): Button =>
      new Button(ordinaryButton, clock, (event) => {
        entry?.changed();
        onButton(name, event);
      });
    let button = make();
    const kept = this.#keep<GpioInput>(
      (onLost) =>
        lines.input(
          lineName,
          wish.buttonOptions,
          ({ active, atUs }) => button.handleEdge(active, atUs),
          (error) => {
            // Whoever held it then will never be heard letting go.
            button.close();
            button = make();
            onLost(error);
          },
        ),
      () => entry?.changed(),
    );
    entry = this.#entry('button', `button:${name}`, buttonTitles[name], kept, () => ({ pressed: button.pressed }));
    return this.#part(kept, entry, async () => button.close());
  }

  #light(name: LightName, lineName: GpioLineName): Light {
    const { lines, wish, clock, logger } = this.#deps;
    let entry: DeviceEntry | null = null;
    let lit = false;
    let written: Promise<unknown> = Promise.resolve();
    const led = new Led(clock, (next) => {
      lit = next;
      written = (kept.line?.set(next) ?? Promise.resolve()).catch((error: unknown) =>
        logger.debug('a light was not set', errorFields(error)),
      );
    });
    const kept = this.#keep<GpioOutput>(
      (onLost) => lines.output(lineName, { activeLow: wish.lightsActiveLow, initial: lit }, onLost),
      () => {
        // It may have changed while the line was being taken.
        const { line } = kept;
        if (line !== null && line.value !== lit) void line.set(lit).catch(() => undefined);
        entry?.changed();
      },
    );
    entry = this.#entry('light', `light:${name}`, lightTitles[name], kept, () => ({ pattern: led.pattern }));
    const held = entry;
    const part = this.#part(kept, entry, async () => {
      led.close();
      await written;
    });
    return {
      ...part,
      show: (pattern) => {
        led.show(pattern);
        held.changed();
      },
    };
  }

  #presence(lineName: GpioLineName): Part {
    const { lines, wish, onMotion } = this.#deps;
    let entry: DeviceEntry | null = null;
    const changed = (): void => {
      entry?.changed();
      onMotion();
    };
    const options = { activeLow: wish.presenceActiveLow, bias: 'as-is' } as const;
    const kept = this.#keep<GpioInput>((onLost) => lines.input(lineName, options, changed, onLost), changed);
    this.#sensor = kept;
    entry = this.#entry('presence-sensor', 'presence', 'Presence sensor', kept, () => ({ motion: this.motion }));
    return this.#part(kept, entry, async () => undefined);
  }

  #keep<L extends { close(): Promise<void> }>(
    take: (onLost: (error: unknown) => void) => Promise<L>,
    onChange: () => void,
  ): KeptLine<L> {
    const { clock, random, logger } = this.#deps;
    return new KeptLine({ take, clock, random, logger, onChange });
  }

  #part(kept: KeptLine<GpioInput> | KeptLine<GpioOutput>, entry: DeviceEntry, end: () => Promise<void>): Part {
    return {
      start: () => kept.start(),
      close: async () => {
        await end();
        await kept.close();
        entry.remove();
      },
    };
  }

  #entry(
    kind: RoomDeviceKind,
    id: string,
    name: string,
    kept: KeptLine<GpioInput> | KeptLine<GpioOutput>,
    state: () => RoomDevice['state'],
  ): DeviceEntry {
    return this.#deps.registry.add({
      actions: {},
      describe: () => ({
        id,
        kind,
        name,
        virtual: this.#deps.wish.kind === 'virtual',
        connected: kept.line !== null,
        capabilities: nothingToAsk,
        state: state(),
        problems: kept.problems.map(problemText),
      }),
    });
  }
}
