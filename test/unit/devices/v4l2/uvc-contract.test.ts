import type { V4l2Faults } from '../../../../src/devices/virtual/virtual-v4l2-camera.ts';
import type { CameraBench } from '../../../contract/camera-control.ts';
import { cameraControlContract } from '../../../contract/camera-control.ts';
import * as samples from '../../../fixtures/v4l2/samples.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';
import { uvcBench } from '../../../support/uvc-bench.ts';

type Cut = 'gone' | 'failing' | 'silent';

async function bench(controls: string, cut: Cut, cardName: string, faults: Partial<V4l2Faults>): Promise<CameraBench> {
  const { clock, device, camera } = uvcBench(controls, cardName);
  Object.assign(device.faults, faults);
  const cutOff = (isThere: boolean): void => {
    if (cut === 'silent') device.faults.isSilent = !isThere;
    else if (cut === 'failing') device.faults.isFailing = !isThere;
    else if (isThere) device.plug();
    else device.unplug();
  };
  return {
    camera,
    until: (promise) => passUntil(clock, promise, 120_000),
    pass: (ms) => pass(clock, ms, 20),
    cut: cutOff,
    close: () => passUntil(clock, camera.close()),
  };
}

const { roomCameraControls, speedOnlyControls, obsbotControls, oldWebcamControls, emptyControls } = samples;

const rows: [string, string, Cut, string, Partial<V4l2Faults>][] = [
  ['UVC with places and speeds, node gone', roomCameraControls, 'gone', 'USB Camera', {}],
  ['UVC with places and speeds, every ioctl failing', roomCameraControls, 'failing', 'USB Camera', {}],
  ['UVC with places and speeds, every ioctl hanging', roomCameraControls, 'silent', 'USB Camera', {}],
  ['UVC with speeds only', speedOnlyControls, 'gone', 'USB Camera', {}],
  ['UVC of a camera that wedges when flooded', roomCameraControls, 'gone', 'PTZ Pro Camera', { wedgeMs: 250 }],
  ['UVC of a webcam with a digital zoom', oldWebcamControls, 'failing', 'USB Camera', {}],
];

for (const [name, controls, cut, cardName, faults] of rows) {
  cameraControlContract(name, true, () => bench(controls, cut, cardName, faults));
}

cameraControlContract('UVC with speeds told wrongly', false, () => bench(obsbotControls, 'gone', 'USB Camera', {}));
cameraControlContract('UVC of a camera that can nothing', false, () => bench(emptyControls, 'gone', 'USB Camera', {}));
