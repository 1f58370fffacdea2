import { DigitalCamera } from '../../src/devices/framing/digital-camera.ts';
import type { Frame } from '../../src/devices/framing/crop.ts';
import type { PresetStore } from '../../src/devices/v4l2/preset-store.ts';
import { ManualClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { memoryPresets } from './uvc-bench.ts';

export interface DigitalBench {
  readonly clock: ManualClock;
  readonly camera: DigitalCamera;
  /** Every frame that was shown, with its time. */
  readonly shown: { readonly atMs: number; readonly frame: Frame }[];
  readonly faults: { isDeaf: boolean; answerMs: number };
}

/** A camera without motors before a call that shows what it is told, in a time that tests move. */
export function digitalBench(presets: PresetStore = memoryPresets(), viewDeg = 80): DigitalBench {
  const clock = new ManualClock();
  const shown: DigitalBench['shown'] = [];
  const faults = { isDeaf: false, answerMs: 0 };
  const camera = new DigitalCamera({
    id: 'v4l2:usb-camera:frame',
    virtual: true,
    viewDeg,
    presets,
    clock,
    logger: silentLogger,
    show: async (frame) => {
      shown.push({ atMs: clock.nowMs(), frame });
      if (faults.answerMs > 0) await new Promise<void>((resolve) => clock.after(faults.answerMs, resolve));
      if (faults.isDeaf) throw new Error('the call process does not answer');
      return frame;
    },
  });
  return { clock, camera, shown, faults };
}
