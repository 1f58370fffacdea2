import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureCard } from './device.ts';

/**
 * What ALSA says in `/proc/asound/cardN` of a card that records: `usbid` (2886:0018), `usbbus` (001/004) and, of USB cards, the formats
 * of each device in `streamD` (sound/usb/proc.c of the kernel). Never throws for what is missing.
 */
export async function captureCard(folder: string, device: number): Promise<CaptureCard> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
  const [ids, place, stream] = await Promise.all([read('usbid'), read('usbbus'), read(`stream${device}`)]);
  const id = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(ids.trim());
  const at = /^(\d{1,3})\/(\d{1,3})$/.exec(place.trim());
  const usb =
    id && at
      ? {
          vendorId: Number.parseInt(id[1] ?? '', 16),
          productId: Number.parseInt(id[2] ?? '', 16),
          bus: Number(at[1]),
          address: Number(at[2]),
        }
      : null;
  return { usb, channels: recordedChannels(stream) };
}

/** Of the part headed "Capture:"; playback comes before it or not at all. */
function recordedChannels(stream: string): number[] {
  const capture = stream.split(/^Capture:\s*$/m)[1]?.split(/^Playback:\s*$/m)[0] ?? '';
  const counts = [...capture.matchAll(/^\s*Channels: (\d{1,3})\s*$/gm)].map((match) => Number(match[1]));
  return [...new Set(counts)].sort((a, b) => a - b);
}
