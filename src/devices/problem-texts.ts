import type { ControlProblem } from './control-problem.ts';
import type { RoomDeviceProblem } from './room-device.ts';

interface ProblemText {
  readonly message: string;
  readonly action: string;
}

/** What a person reads of a device's problem; docs/errors.md says more. */
const texts: Readonly<Record<string, ProblemText>> = {
  'device/camera-failed': {
    message: 'The camera gives no picture.',
    action: 'Check its cable; it is being tried again.',
  },
  'device/camera-gone': {
    message: 'The camera is not plugged in any more.',
    action: 'Plug it in again; the picture comes back by itself.',
  },
  'device/sound-failed': {
    message: 'The microphone or the speaker has stopped working.',
    action: 'Check its cable; it is being tried again.',
  },
  'device/camera-control-unreachable': {
    message: 'The camera cannot be moved: its control line does not answer.',
    action: 'Check its serial cable or network address, and that its protocol is set to VISCA.',
  },
  'device/camera-tool-missing': {
    message: 'The camera cannot be moved or set: the program for it, v4l2-ctl, is not installed.',
    action: 'Install the Debian package v4l-utils; starting with “npm start” does so.',
  },
  'device/camera-not-stopped': {
    message: 'The camera was told to stop and has not confirmed it.',
    action: 'The stop is repeated; if it lasts, check the control cable.',
  },
  'device/framing-no-talkers': {
    message: 'The camera cannot follow who speaks: nothing in the room tells where they are.',
    action: 'Connect a microphone array that tells directions, or choose another way of framing.',
  },
  'device/framing-impossible': {
    message: 'The camera cannot be turned in the way that the settings want.',
    action: 'Set sectors for its presets, or choose another way of framing.',
  },
  'device/display-control-unreachable': {
    message: 'The display does not answer on its control line.',
    action: 'Check its cable or address, and that its control by network or RS-232 is switched on.',
  },
  'device/display-network-standby-off': {
    message: 'The display cannot be woken over the network.',
    action: 'Switch on network standby in its menu.',
  },
  'device/display-password': {
    message: 'The projector wants another password.',
    action: 'Set the password of its PJLink page in the settings.',
  },
  'device/display-pin': {
    message: 'The display wants another PIN.',
    action: 'Set the PIN of its secured protocol in the settings, or switch secured protocol off in its menu.',
  },
  'device/display-failure': {
    message: 'The projector says that it has failed.',
    action: 'Look at its lamp, fan, temperature and filter.',
  },
  'device/cec-no-address': {
    message: 'HDMI-CEC does not reach the display.',
    action: 'Switch on CEC at the display, or control it by RS-232 or network.',
  },
  'device/display-power-unverified': {
    message: 'The display does not say whether it is on.',
    action: 'Check its control line, or choose another way to control it.',
  },
  'device/display-power-differs': {
    message: 'The display is not on or off as the room has set it.',
    action: 'Somebody may have used its button; else check its own timers and power saving.',
  },
  'device/speakerphone-missing': {
    message: 'No speakerphone with a mute button is connected.',
    action: 'Plug it in, or switch off keeping its mute in step in the settings.',
  },
  'device/speakerphone-mute-unsynced': {
    message: 'The mute of the speakerphone cannot be kept in step with the room’s.',
    action: 'Mute in the room’s controls; unplug the speakerphone and plug it in again.',
  },
  'device/gpio-unknown-line': {
    message: 'The settings name a GPIO line that is not there.',
    action: 'Name the chip by its label and the line by its name; gpioinfo lists them.',
  },
  'device/gpio-busy': {
    message: 'A GPIO line is held by another program.',
    action: 'Free it, or choose another line in the settings.',
  },
  'device/gpio-failed': {
    message: 'A GPIO line does not work; it is being tried again.',
    action: 'Check the permissions of /dev/gpiochip* and the wiring.',
  },
  'device/gpio-tools-unusable': {
    message: 'The program for GPIO lines does not run.',
    action: 'Run set-up again (npm run setup) and read what it says of GPIO.',
  },
  'device/talking-while-muted': {
    message: 'You are muted: the others do not hear what is said here.',
    action: 'Unmute to be heard.',
  },
  'device/microphone-clipping': {
    message: 'The microphone is too loud: it sounds harsh to the others.',
    action: 'Move it away from loudspeakers and mouths, or lower its gain.',
  },
  'device/microphone-silent': {
    message: 'The microphone gives no sound at all: the others cannot hear this room.',
    action: 'See whether it is switched off or muted at itself, and check its cable.',
  },
  'device/microphone-deaf': {
    message: 'Somebody seems to speak, and the microphone hears next to nothing.',
    action: 'See whether it is covered, and whether the right one is chosen in the settings.',
  },
  'device/array-silent': {
    message: 'The microphone array does not say where people speak; cameras do not follow them.',
    action: 'Unplug it and plug it in again; the sound goes on.',
  },
  'device/surface-unreachable': {
    message: 'The control system of the room is not connected.',
    action: 'Check its cable or address; the room keeps trying.',
  },
  'device/link-not-opened': {
    message: 'The port that the settings name cannot be opened.',
    action: 'See that no other program holds it and that the user is in its group, dialout for serial ports.',
  },
  'device/node-missing': {
    message: 'The port that the settings name is not there.',
    action: 'Plug its adapter in, or name another one of /dev/serial/by-id in the settings.',
  },
};

const unknown: ProblemText = { message: 'Something is wrong with it.', action: 'Look its code up in docs/errors.md.' };

/** The problem in a person's words. */
export function problemText({ code, sinceMs }: ControlProblem): RoomDeviceProblem {
  return { code, since: sinceMs, ...(texts[code] ?? unknown) };
}

/** Whether there are words for the code. */
export function hasProblemText(code: string): boolean {
  return Object.hasOwn(texts, code);
}
