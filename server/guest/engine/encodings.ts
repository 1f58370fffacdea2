import type { Layers, MediaSourceName } from '../../../src/call/signalling/messages.ts';

/** What one sender encodes now. */
export interface Encoding {
  readonly active: boolean;
  readonly maxBitrate: number;
  /** null for sound. */
  readonly scalabilityMode: string | null;
  readonly scaleResolutionDownBy: number;
  readonly maxFramerate: number | null;
  /** What goes last when there is not enough network or processor; null: as the browser has it. */
  readonly degradation: RTCDegradationPreference | null;
}

const SOUND_BPS = { microphone: 40_000, 'screen-audio': 96_000 } as const;
/** Highest bit rate by spatial layers encoded: 180p, 360p, 720p. */
const CAMERA_BPS = [150_000, 500_000, 1_500_000] as const;
/** Of that, by temporal layers encoded: fewer pictures, each as good. */
const TEMPORAL_SHARE = [0.5, 0.7, 1] as const;
const SCREEN_BPS = 2_500_000;
const FULL_FPS = { camera: 30, screen: 15 } as const;

/**
 * What to encode for the highest layers anyone wants; null, or muted: nothing. Spatial layers above the demand are not
 * encoded: the picture is scaled so that the layers below keep their sizes and their numbers. Fewer temporal layers mean a
 * lower frame rate, so that the lowest layer stays what the others get. A shared screen has one spatial layer: text is read
 * at full size or not at all, frames go before letters blur, and Chromium's VP9 takes spatial layers of screens in flexible mode only.
 */
export function encodingFor(source: MediaSourceName, demand: Layers | null, muted: boolean): Encoding {
  const active = demand !== null && !muted;
  const { spatial, temporal } = demand ?? { spatial: 2, temporal: 2 };
  if (source === 'microphone' || source === 'screen-audio')
    return {
      active: !muted,
      maxBitrate: SOUND_BPS[source],
      scalabilityMode: null,
      scaleResolutionDownBy: 1,
      maxFramerate: null,
      degradation: null,
    };
  const maxFramerate = FULL_FPS[source] / 2 ** (2 - temporal);
  if (source === 'screen')
    return {
      active,
      maxBitrate: SCREEN_BPS,
      scalabilityMode: `L1T${temporal + 1}`,
      scaleResolutionDownBy: 1,
      maxFramerate,
      degradation: 'maintain-resolution',
    };
  return {
    active,
    maxBitrate: (CAMERA_BPS[spatial] ?? CAMERA_BPS[2]) * (TEMPORAL_SHARE[temporal] ?? 1),
    scalabilityMode: spatial === 0 ? `L1T${temporal + 1}` : `L${spatial + 1}T${temporal + 1}_KEY`,
    scaleResolutionDownBy: 2 ** (2 - spatial),
    maxFramerate,
    degradation: null,
  };
}

/** As WebRTC takes it, both at the start and later. */
export function encodingParameters(encoding: Encoding): RTCRtpEncodingParameters & { scalabilityMode?: string } {
  const { active, maxBitrate, scalabilityMode, scaleResolutionDownBy, maxFramerate } = encoding;
  const video = scalabilityMode === null ? {} : { scalabilityMode, scaleResolutionDownBy };
  return { active, maxBitrate, ...video, ...(maxFramerate === null ? {} : { maxFramerate }) };
}
