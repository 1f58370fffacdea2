import { deviceAddress } from './device-address.ts';
import { weekRange } from './power-range.ts';
import { secret, setting } from './setting.ts';
import { flag, integer, listOf, oneOf, text, timeZone } from './value-types.ts';

const PRINTABLE = '[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]';
const line = text({
  maxLength: 64,
  pattern: `^${PRINTABLE}+$`,
  accepts: '"none", the name of a line, as in "GPIO17", or its offset within the chip, as in "17"',
});
const baudRate = oneOf(['2400', '4800', '9600', '19200', '38400', '57600', '115200']);
const lineSetting = (meaning: string): ReturnType<typeof setting<string>> => setting(line, 'none', 'restart', meaning);

/** Settings of what moves, switches and signals: displays, cameras, GPIO, control surfaces, speakerphones. None of it by default. */
export const controlSettings = {
  'displayControl.kind': setting(
    oneOf(['none', 'mdc', 'pjlink', 'cec', 'lg', 'sharp']),
    'none',
    'restart',
    'How the display is switched: Samsung MDC, PJLink, HDMI-CEC, or the serial protocol of LG or Sharp.',
  ),
  'displayControl.address': setting(
    deviceAddress(['serial', 'tcp', 'cec']),
    'none',
    'restart',
    "The display's serial port, network address, or CEC adapter (`cec-ctl --list-devices` names driver and adapter).",
  ),
  'displayControl.baudRate': setting(
    baudRate,
    '9600',
    'restart',
    "Speed of the display's serial port, bits per second.",
  ),
  'displayControl.id': setting(
    text({
      maxLength: 4,
      pattern: '^(auto|\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-4])$',
      accepts: '"auto" or a number from 0 to 254, as in "1"',
    }),
    'auto',
    'restart',
    'The number set in the menu of the display; `auto` tries those that displays come with.',
  ),
  'displayControl.password': secret(
    text({ maxLength: 32, pattern: '^[\\x20-\\x7e]*$', accepts: 'at most 32 ASCII characters' }),
    'restart',
    'PJLink password of the projector.',
  ),
  'displayControl.pin': secret(
    text({ maxLength: 8, pattern: '^(\\d{4,8})?$', accepts: '4 to 8 digits' }),
    'restart',
    'PIN of a Samsung display that is set to "secured protocol" and controlled over the network.',
  ),
  'displayControl.plan': setting(
    listOf(weekRange, 32),
    [],
    'restart',
    'When the display is on; at other times it is in standby unless there is a call or one about to begin, or somebody in the room. Empty: always on.',
  ),
  'displayControl.timeZone': setting(timeZone, 'auto', 'restart', 'The time zone of the plan.'),
  'displayControl.wakeOnPresence': setting(
    flag,
    true,
    'restart',
    'Whether somebody in the room wakes the display outside the plan; needs a presence sensor or buttons.',
  ),
  'displayControl.emptyStandbyMinutes': setting(
    integer(0, 1_440, 'minutes'),
    0,
    'restart',
    'Within the plan, a display nobody is in front of goes to standby after this time; 0: it stays on.',
  ),
  'cameraControl.kind': setting(oneOf(['none', 'visca']), 'none', 'restart', 'How the camera is moved.'),
  'cameraControl.address': setting(
    deviceAddress(['serial', 'tcp', 'udp']),
    'none',
    'restart',
    "The camera's serial port or network address.",
  ),
  'cameraControl.baudRate': setting(baudRate, '9600', 'restart', "Speed of the camera's serial port, bits per second."),
  'cameraControl.model': setting(
    oneOf(['generic', 'telycam', 'sony-srg', 'sony-fcb-eh4300', 'newtek', 'cisco']),
    'generic',
    'restart',
    'The kind of VISCA camera, by the rows of docs/hardware.md; `generic` looks for the row by itself.',
  ),
  'cameraControl.header': setting(
    flag,
    true,
    'restart',
    'Whether VISCA over UDP carries the eight bytes of "VISCA over IP"; cameras on port 1259 mostly want none.',
  ),
  'cameraControl.number': setting(
    integer(1, 7, ''),
    1,
    'restart',
    "The camera's number in a serial chain; 1 over a network.",
  ),
  'gpio.driver': setting(
    oneOf(['none', 'libgpiod']),
    'none',
    'restart',
    'How buttons, lights and sensors on GPIO lines are reached: by the character device of the kernel (from Linux 5.10), as libgpiod does, or through sysfs where there is only that.',
  ),
  'gpio.chip': setting(
    text({
      maxLength: 64,
      pattern: `^${PRINTABLE}+$`,
      accepts: '"any", or the label of a chip, as in "pinctrl-bcm2711"',
    }),
    'any',
    'restart',
    'The chip of the lines by its label, as `gpiodetect` shows it; `any` does for lines given by name.',
  ),
  'gpio.button.mute': lineSetting('Button that mutes and unmutes.'),
  'gpio.button.join': lineSetting('Button that joins the next meeting.'),
  'gpio.button.leave': lineSetting('Button that leaves the call.'),
  'gpio.button.volumeUp': lineSetting('Button for louder.'),
  'gpio.button.volumeDown': lineSetting('Button for quieter.'),
  'gpio.buttonsActiveLow': setting(flag, true, 'restart', 'Whether a pressed button pulls its line low.'),
  'gpio.buttonsBias': setting(
    oneOf(['as-is', 'pull-up', 'pull-down', 'disabled']),
    'pull-up',
    'restart',
    'What holds the lines of buttons while nobody presses.',
  ),
  'gpio.light.free': lineSetting('Light: the room is free.'),
  'gpio.light.busy': lineSetting('Light: the room is booked or in a call, or somebody is in it.'),
  'gpio.light.mute': lineSetting('Light: muted.'),
  'gpio.light.inCall': lineSetting('Light: in a call; blinks while a call begins.'),
  'gpio.light.problem': lineSetting('Light: something is wrong.'),
  'gpio.lightsActiveLow': setting(flag, false, 'restart', 'Whether a light is lit while its line is low.'),
  'gpio.presence': lineSetting('Presence or motion sensor.'),
  'gpio.presenceActiveLow': setting(
    flag,
    false,
    'restart',
    'Whether the sensor pulls its line low when it sees somebody.',
  ),
  'surface.address': setting(
    deviceAddress(['serial', 'tcp']),
    'none',
    'restart',
    'Serial port or network address of a control system that drives the room by docs/serial-control.md.',
  ),
  'surface.baudRate': setting(baudRate, '9600', 'restart', 'Speed of its serial port, bits per second.'),
  'speakerphone.muteSync': setting(
    flag,
    false,
    'restart',
    "Whether the mute button and light of a USB speakerphone are kept in step with the room's mute.",
  ),
  'virtual.displayControl': setting(
    oneOf(['none', 'mdc', 'pjlink', 'lg']),
    'none',
    'restart',
    'A display made of software that is switched by this protocol; it follows `displayControl.plan`.',
  ),
  'virtual.cameraControl': setting(
    oneOf(['none', 'visca']),
    'none',
    'restart',
    'A camera made of software that can be moved; its picture stays as it is.',
  ),
  'virtual.gpio': setting(
    oneOf(['none', 'board']),
    'none',
    'restart',
    'A board made of software with a line for each button, each light and a presence sensor.',
  ),
  'virtual.speakerphone': setting(
    oneOf(['none', 'toggling', 'stating', 'lightless']),
    'none',
    'restart',
    'The buttons and lights of a speakerphone made of software: its mute reports presses, or its state, or cannot be told.',
  ),
  'virtual.surface': setting(
    oneOf(['none', 'silent']),
    'none',
    'restart',
    'A control system made of software that listens and says nothing.',
  ),
} as const;
