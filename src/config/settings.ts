import type { ValueOf } from './value-types.ts';
import { calendarSettings } from './calendar-settings.ts';
import { controlSettings } from './control-settings.ts';
import { scheduleSettings } from './schedule-settings.ts';
import { framingSettings } from './framing-settings.ts';
import { setting } from './setting.ts';
import type { Setting } from './setting.ts';
import { filePath, httpsOrigin, integer, listenAddress, listOf, networkAddress, oneOf, text } from './value-types.ts';

export type { Setting } from './setting.ts';

const PRINTABLE = '^[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+$';
/** Virtual devices are chosen as a whole, by `devices`: none of them can stand beside real ones unnoticed. */
const device = text({
  maxLength: 255,
  pattern: '^(?!virtual)[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+$',
  accepts: '"auto" (the first one found), "none", or the stable identity of a device',
});

/**
 * Every setting of the product: its key in incamera.json, what it may be and what it is when absent.
 * Types, validation, flags, JSON Schema and docs/configuration.md all come from here.
 */
export const settings = {
  'room.name': setting(
    text({ maxLength: 64, pattern: PRINTABLE, accepts: 'a text of 1 to 64 printable characters' }),
    'Meeting room',
    'next-call',
    'The name that the other participants see.',
  ),
  devices: setting(
    oneOf(['auto', 'virtual']),
    'auto',
    'restart',
    '`auto` uses the hardware of this machine; `virtual` uses a test picture, speech-like sound and a window instead. Virtual devices are never chosen silently.',
  ),
  'devices.camera': setting(device, 'auto', 'next-call', 'The camera to use, as in `/dev/v4l/by-id`.'),
  'devices.screen': setting(
    device,
    'none',
    'next-call',
    'The HDMI grabber whose picture is shared on request; `auto` finds none, because nothing tells a grabber from a camera.',
  ),
  'devices.microphone': setting(device, 'auto', 'next-call', 'The microphone to use: the identity of an ALSA card.'),
  'devices.speaker': setting(device, 'auto', 'next-call', 'The speaker to use: the identity of an ALSA card.'),
  'devices.display': setting(
    device,
    'auto',
    'next-call',
    'The front-of-room display to use: the name of its connector.',
  ),
  'devices.secondDisplay': setting(
    device,
    'none',
    'next-call',
    'A second display: people on one and what is shared on the other. `auto` is the first one found besides `devices.display`.',
  ),
  'display.ambient': setting(
    oneOf(['auto', 'on', 'off']),
    'auto',
    'restart',
    'What the displays show between calls: the room, the time, its bookings, how to join by phone, and the code of a panel that is being paired. `auto`: on displays that no desktop session draws on; `on`: on these too, which covers what is there; `off`: nothing but the code.',
  ),
  ...controlSettings,
  ...scheduleSettings,
  ...framingSettings,
  'panel.listen': setting(
    listenAddress,
    '127.0.0.1:8080',
    'restart',
    'Where the panel and the HTTP API are served. Whoever reaches this address controls the room.',
  ),
  'panel.network': setting(
    networkAddress,
    'off',
    'restart',
    'Where panels and door displays on the network reach this room, over TLS; each has to be paired. `off`: nowhere.',
  ),
  'panel.unit': setting(
    text({
      maxLength: 100,
      pattern: '^(?:none|[A-Za-z0-9:_.@-]+[.]service)$',
      accepts: '"none" or the name of a service',
    }),
    'none',
    'restart',
    'The systemd service of the browser that shows the panel on the room itself: started again when its page no longer reacts.',
  ),
  'meetingServer.url': setting(httpsOrigin, 'https://localhost:4443', 'next-call', 'The meeting server of this room.'),
  'meetingServer.trustedCertificates': setting(
    listOf(filePath, 16),
    [],
    'next-call',
    'PEM files of certificates that the meeting server may present besides those the system trusts.',
  ),
  'identity.deviceKey': setting(
    filePath,
    'identity/device-key.pem',
    'restart',
    "PEM file of the room's private key; made on first run.",
  ),
  'identity.deviceCertificate': setting(
    filePath,
    'identity/device-certificate.pem',
    'restart',
    "PEM file of the room's certificate; without one the room joins unverified.",
  ),
  'identity.trustAnchors': setting(
    listOf(filePath, 16),
    [],
    'next-call',
    'PEM files of the certificate authorities whose rooms are shown as verified by the organisation.',
  ),
  ...calendarSettings,
  'audio.playoutDelayMs': setting(
    integer(0, 500, 'milliseconds'),
    0,
    'next-call',
    'From playing a sound to its return at the microphone, as measured in this room: aligns the echo canceller. Too little costs a part of it, too much costs most of it.',
  ),
  'microphone.array': setting(
    oneOf(['auto', 'off', 'respeaker-usb-4', 'respeaker-6', 'uma-8', 'linear-4']),
    'auto',
    'next-call',
    'Whether the microphone is an array whose channels are listened to one by one, to turn to who speaks and to say where that is. `auto`: where its USB ids and channels say so; name the array where they cannot, as on the pins of a Raspberry Pi.',
  ),
  'virtual.camera': setting(
    oneOf(['clock', 'flash']),
    'clock',
    'next-call',
    'Picture of the virtual camera: a moving test picture with a burnt-in clock, or a flash every second in time with the virtual microphone, to measure lip-sync.',
  ),
  'virtual.screen': setting(
    oneOf(['clock', 'none']),
    'none',
    'next-call',
    'The virtual HDMI grabber: a moving test picture with a burnt-in clock, or nothing connected.',
  ),
  'virtual.microphone': setting(
    text({
      maxLength: 17,
      pattern:
        '^(speech|flash|tone:(?:[2-9]\\d|[1-9]\\d{2,3}|1\\d{4}|20000)|array:(?:\\d|[1-9]\\d|[12]\\d{2}|3[0-5]\\d)(?::walking)?)$',
      accepts:
        '"speech", "flash", "tone:" and a frequency from 20 to 20000 Hz, as in "tone:440", or "array:" and a direction from 0 to 359 degrees, as in "array:60" or "array:60:walking"',
    }),
    'speech',
    'next-call',
    'Sound of the virtual microphone; `flash` beeps with the virtual camera of that name; `array` is a microphone array with somebody who speaks at this angle, anticlockwise seen from above, or walks round it once in 32 seconds.',
  ),
  'virtual.speaker': setting(
    text({
      maxLength: 4_000,
      pattern: '^(silent|file:/[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+)$',
      accepts: '"silent", or "file:" and an absolute path',
    }),
    'silent',
    'next-call',
    'The virtual speaker: plays in time and drops the sound, or appends it to a file that grows without end (bare 16-bit samples, 48 kHz, one channel), to test what is heard.',
  ),
  'virtual.display': setting(
    oneOf(['window', 'none']),
    'window',
    'next-call',
    'The virtual display: a window where there is an X display, or nothing.',
  ),
  'virtual.secondDisplay': setting(oneOf(['window', 'none']), 'none', 'next-call', 'The virtual second display.'),
  'log.level': setting(
    oneOf(['error', 'warn', 'info', 'debug']),
    'info',
    'restart',
    'How much is written to the journal.',
  ),
} as const;

type Settings = typeof settings;
export type SettingKey = keyof Settings;
/** A whole configuration: every key has a checked value. */
export type Config = { readonly [K in SettingKey]: ValueOf<Settings[K]['type']> };

export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** A row with its value type forgotten, for what treats all rows alike. */
export function rowOf(key: SettingKey): Setting<unknown> {
  return settings[key];
}

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(settings, key);
}
