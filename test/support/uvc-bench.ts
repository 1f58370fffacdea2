import { ManualClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import type { Presets, PresetStore } from '../../src/devices/v4l2/preset-store.ts';
import { UvcCamera } from '../../src/devices/v4l2/uvc-camera.ts';
import { uvcModelOf } from '../../src/devices/v4l2/uvc-models.ts';
import { VirtualV4l2Camera } from '../../src/devices/virtual/virtual-v4l2-camera.ts';

export interface UvcBench {
  readonly clock: ManualClock;
  readonly device: VirtualV4l2Camera;
  readonly camera: UvcCamera;
  readonly presets: PresetStore;
}

export function memoryPresets(): PresetStore {
  const kept = new Map<string, Presets>();
  return {
    load: async (id) => kept.get(id) ?? new Map(),
    save: async (id, presets) => void kept.set(id, presets),
  };
}

/** A driver on a simulated camera with these controls, in a time that tests move. */
export function uvcBench(controls: string, cardName = 'USB Camera'): UvcBench {
  const clock = new ManualClock();
  const device = new VirtualV4l2Camera(clock, { controls, formats: '', timings: null, answerMs: 10, latencyMs: 100 });
  const presets = memoryPresets();
  const camera = new UvcCamera({
    id: 'v4l2:usb-camera',
    path: '/dev/v4l/by-id/usb-camera-video-index0',
    model: uvcModelOf(cardName),
    run: device.run,
    presets,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    deadManMs: 500,
    virtual: true,
  });
  return { clock, device, camera, presets };
}
