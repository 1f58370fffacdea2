import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { findSpeakerphones, openHidraw } from './hidraw.ts';
import type { FindSpeakerphone } from './speakerphone.ts';
import { speakerphoneQuirk } from './telephony.ts';

/** `classFolder`: `/sys/class/hidraw`; `devFolder`: `/dev`. */
export function hidrawFinder(classFolder: string, devFolder: string, clock: Clock): FindSpeakerphone {
  return async () => {
    const [first] = await findSpeakerphones(classFolder);
    if (first === undefined) return null;
    const { vendorId, productId, name, controls, node } = first;
    const hex = (id: number): string => id.toString(16).padStart(4, '0');
    return {
      id: `hid:${hex(vendorId)}:${hex(productId)}`,
      name,
      virtual: false,
      controls,
      quirk: speakerphoneQuirk(vendorId, productId),
      open: (onGone) => openHidraw(join(devFolder, node), clock, onGone),
    };
  };
}
