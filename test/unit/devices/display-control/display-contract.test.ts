import type { DisplayControl } from '../../../../src/devices/display-control/display-control.ts';
import type { ManualClock } from '../../../../src/lib/clock.ts';
import { displayControlContract } from '../../../contract/display-control.ts';
import type { DisplayBench } from '../../../contract/display-control.ts';
import { cecBench, lgBench, mdcBench, pjlinkBench } from '../../../support/display-benches.ts';
import { displayAt, realTime } from '../../../support/hardware.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';

function benchOf(clock: ManualClock, display: DisplayControl, cut: (isThere: boolean) => void): DisplayBench {
  return {
    display,
    until: (promise) => passUntil(clock, promise, 120_000, 50),
    pass: (ms) => pass(clock, ms, 100),
    cut,
    close: () => passUntil(clock, display.close()),
  };
}

async function mdc(deviceId: number, isNetworked: boolean): Promise<DisplayBench> {
  const { clock, display, cable } = mdcBench(deviceId, null, isNetworked);
  return benchOf(clock, display, (isThere) => (isThere ? cable.plug() : cable.unplug()));
}

async function pjlink(password: string | null, isClass2: boolean, isLowerCase: boolean): Promise<DisplayBench> {
  const { clock, display, cable, device } = pjlinkBench(password, password, isClass2);
  device.faults.answersInLowerCase = isLowerCase;
  return benchOf(clock, display, (isThere) => (isThere ? cable.plug() : cable.unplug()));
}

async function lg(): Promise<DisplayBench> {
  const { clock, display, cable } = lgBench(1);
  return benchOf(clock, display, (isThere) => (isThere ? cable.plug() : cable.unplug()));
}

async function cec(): Promise<DisplayBench> {
  const { clock, display, device } = cecBench();
  return benchOf(clock, display, (isThere) => (device.faults.isUnplugged = !isThere));
}

displayControlContract('Samsung MDC over RS-232, id 0', true, () => mdc(0, false));
displayControlContract('Samsung MDC over TCP, id 1', true, () => mdc(1, true));
displayControlContract('PJLink class 1', true, () => pjlink(null, false, false));
displayControlContract('PJLink class 2 with a password', true, () => pjlink('JBMIAProjectorLink', true, false));
displayControlContract('PJLink answering in lower case', true, () => pjlink(null, false, true));
displayControlContract('LG over RS-232', true, lg);
displayControlContract('HDMI-CEC', true, cec);

const address = process.env.TEST_DISPLAY;
if (address !== undefined) {
  displayControlContract(`the display at ${address}`, false, async () => {
    const display = await displayAt(address);
    return { display, ...realTime, cut: () => undefined, close: () => display.close() };
  });
}
