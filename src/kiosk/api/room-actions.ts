import { formatMeetingLink, newLinkSecret, parseMeetingLink } from '../../crypto/link.ts';
import type { CallState, Problem } from '../../call/call-state.ts';
import type { CallSupervisor } from '../../call/supervisor.ts';
import { DeviceUnavailableError, UsageError } from '../../lib/errors.ts';
import type { OfferedMeeting, PairingState, RoomState } from '../room-state.ts';
import type { RoomDevice } from '../../devices/room-device.ts';
import type { ActOnDevice, RoomActions } from './actions.ts';

export interface RoomActionsDeps {
  readonly supervisor: CallSupervisor;
  readonly version: string;
  readonly roomName: string;
  /** What a call would use now. */
  readonly devices: () => RoomState['devices'];
  readonly roomDevices: {
    snapshot: () => readonly RoomDevice[];
    /** Calls back at each change; returns the function that unsubscribes. */
    onChange: (listener: () => void) => () => void;
    act: ActOnDevice;
  };
  readonly problems: () => readonly Problem[];
  /** The pages of the room. */
  readonly panels: {
    pairing: () => PairingState | null;
    problems: () => readonly Problem[];
    /** Calls back at each change; returns the function that unsubscribes. */
    onChange: (listener: () => void) => () => void;
  };
  readonly meetings: {
    /** Where new meetings are made: `https://host:port`. */
    readonly origin: string;
    /** The anchor of the room's organisation, put into links so that guests recognise its rooms; null without one. */
    readonly anchor: string | null;
    /** Tells the server of a meeting's id. */
    readonly register: (origin: string, meeting: string) => Promise<void>;
    /** Reads and keeps the room's own link. */
    readonly own: { read: () => Promise<string | null>; write: (link: string) => Promise<void> };
  };
  /** Keeps what a calibration found. */
  readonly saveEchoDelay: (delayMs: number) => Promise<void>;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** The room's actions over its call supervisor. */
export function createRoomActions(deps: RoomActionsDeps): RoomActions {
  const { supervisor, meetings } = deps;
  const state = (): RoomState => ({
    version: deps.version,
    room: { name: deps.roomName },
    call: supervisor.state,
    devices: deps.devices(),
    roomDevices: deps.roomDevices.snapshot(),
    next: ownOffer(supervisor.state),
    schedule: null,
    pairing: deps.panels.pairing(),
    check: supervisor.check.state,
    problems: [...deps.problems(), ...deps.panels.problems(), ...supervisor.check.problems],
  });
  const createMeeting = async (): Promise<{ link: string }> => {
    const secret = newLinkSecret(deps.randomBytes);
    const link = formatMeetingLink({ origin: new URL(meetings.origin).origin, secret, anchor: meetings.anchor });
    const parsed = requireLink(link);
    await meetings.register(meetings.origin, parsed.meeting);
    return { link };
  };
  /** One at a time: two taps must not make two own meetings. */
  let pendingOwn: Promise<{ link: string }> | null = null;
  const makeOwn = async (): Promise<{ link: string }> => {
    const kept = await meetings.own.read();
    const parsed = kept === null ? null : parseMeetingLink(kept);
    if (kept !== null && parsed?.kind === 'ok' && parsed.link.origin === new URL(meetings.origin).origin) {
      await meetings.register(parsed.link.origin, parsed.link.meeting);
      return { link: kept };
    }
    const made = await createMeeting();
    await meetings.own.write(made.link);
    return made;
  };
  const ownMeeting = (): Promise<{ link: string }> =>
    (pendingOwn ??= makeOwn().finally(() => {
      pendingOwn = null;
    }));
  return {
    state,
    onState: (listener) => {
      const off = [
        supervisor.events.on('state', () => listener(state())),
        supervisor.events.on('check', () => listener(state())),
        deps.roomDevices.onChange(() => listener(state())),
        deps.panels.onChange(() => listener(state())),
      ];
      return () => off.forEach((unsubscribe) => unsubscribe());
    },
    createMeeting,
    ownMeeting,
    join: async (target, options) => {
      const link = 'link' in target ? target.link.trim() : (await ownMeeting()).link;
      requireLink(link);
      await supervisor.join(link, options);
    },
    leave: () => supervisor.leave(),
    setMuted: (muted) => supervisor.act('setMicrophoneMuted', muted),
    setCameraOff: (off) => supervisor.act('setCameraOff', off),
    setVolume: (percent) => supervisor.act('setVolume', percent),
    setSharing: async (sharing) => {
      await supervisor.act(sharing ? 'startScreenShare' : 'stopScreenShare');
      return sharing;
    },
    setHandRaised: async (raised) => {
      await supervisor.act('setHandRaised', raised);
      return raised;
    },
    sendChat: async (text) => void (await supervisor.act('sendChat', text)),
    calibrateEcho: async () => {
      const found = await supervisor.calibrateEcho();
      if (!found)
        throw new DeviceUnavailableError(
          'audio/echo-not-heard',
          'The test sound was not heard clearly: check microphone, speaker and volume, and keep the room quiet',
        );
      await deps.saveEchoDelay(found.delayMs);
      return found;
    },
    startCheck: () => supervisor.startCheck(),
    stopCheck: () => supervisor.stopCheck(),
    playTone: () => supervisor.playTone(),
    checkPicture: () => supervisor.check.jpeg,
    setLayout: (change) => supervisor.act('setLayout', change),
    devices: () => deps.roomDevices.snapshot(),
    actOnDevice: (id, name, ...args) => deps.roomDevices.act(id, name, ...args),
    displaySnapshot: (display) => supervisor.displaySnapshot(display),
  };
}

/** Until calendars exist the room offers its own, always open meeting. */
function ownOffer(call: CallState): OfferedMeeting | null {
  return call.phase === 'idle' ? { title: '', startsAt: null, endsAt: null } : null;
}

const unusable = {
  'not-a-link': () => new UsageError('call/link-not-a-link', 'This is not a meeting link.'),
  incomplete: () =>
    new UsageError('call/link-incomplete', 'This link is incomplete: copy it whole, including the part after #.'),
  mistyped: () => new UsageError('call/link-mistyped', 'This link is mistyped: its parts do not belong together.'),
} as const;

/** @throws {UsageError} call/link-… with what a person can do about it. */
function requireLink(text: string): { meeting: string } {
  const parsed = parseMeetingLink(text);
  if (parsed.kind === 'ok') return parsed.link;
  throw unusable[parsed.reason]();
}
