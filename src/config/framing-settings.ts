import { presetSector } from './preset-sector.ts';
import { setting } from './setting.ts';
import { flag, integer, listOf, oneOf } from './value-types.ts';

/** Settings of where the camera looks, and of who decides it. */
export const framingSettings = {
  'framing.mode': setting(
    oneOf(['fixed', 'presets', 'follow']),
    'fixed',
    'restart',
    'Where the camera looks when the room starts: where people turn it (`fixed`), at the preset of the talker’s direction (`presets`), or at the talker (`follow`). The last two need a microphone array that tells directions; the panel and the API switch between them.',
  ),
  'framing.viewDeg': setting(
    integer(30, 150, 'degrees'),
    78,
    'restart',
    'What the camera sees from side to side with its whole picture; most webcams say 65 to 90 on their box.',
  ),
  'framing.cameraDeg': setting(
    integer(0, 359, 'degrees'),
    90,
    'restart',
    'Where the camera looks straight ahead, as the microphone array counts directions: anticlockwise seen from above. 90 for a bar of microphones under the camera.',
  ),
  'framing.sectors': setting(
    listOf(presetSector, 16),
    [],
    'restart',
    'For `presets`: which directions are shown with which preset of the camera.',
  ),
  'framing.homePreset': setting(
    integer(0, 254, ''),
    0,
    'restart',
    'For `presets`: what is shown after twenty seconds in which nobody speaks.',
  ),
  'framing.digital': setting(
    flag,
    true,
    'restart',
    'Whether a camera without motors is turned and zoomed by showing a part of its picture. The whole picture costs nothing.',
  ),
  'framing.capture': setting(
    oneOf(['as-sent', 'full-hd']),
    'as-sent',
    'next-call',
    'How large pictures are taken from the camera. `full-hd` keeps a part sharp up to a zoom of 1.5 and costs decoding and scaling of more than twice the pixels all the time; a camera that has no such mode ignores it.',
  ),
  'virtual.talkers': setting(
    oneOf(['none', 'turns']),
    'none',
    'restart',
    'Directions of talkers made of software: one to the left and one to the right of the camera, ten seconds each in turn.',
  ),
} as const;
