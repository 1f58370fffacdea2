import {
  formatMeetingLink,
  LINK_SECRET_BYTES,
  meetingIdOf,
  newLinkSecret,
  parseMeetingLink,
} from '../../crypto/link.ts';
import type { BookingView } from '../../calendar/schedule-state.ts';
import type { Problem } from '../../call/call-state.ts';
import type { CallSupervisor } from '../../call/supervisor.ts';
import { fromBase64Url } from '../../lib/bytes.ts';
import { DeviceUnavailableError, UsageError } from '../../lib/errors.ts';
import type { OfferedMeeting, PairingState, RoomState } from '../room-state.ts';
import type { RoomDevice } from '../../devices/room-device.ts';
import type { ActOnDevice, JoinTarget, RoomActions } from './actions.ts';
import type { RoomCalendar } from './calendar-actions.ts';
import { calendarActions, requireCalendar } from './calendar-actions.ts';

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
    touched: () => void;
  };
  readonly problems: () => readonly Problem[];
  /** The pages of the room. */
  readonly panels: {
    pairing: () => PairingState | null;
    problems: () => readonly Problem[];
    /** Calls back at each change; returns the function that unsubscribes. */
    onChange: (listener: () => void) => () => void;
  };
  /** Null: the room has none. */
  readonly calendar: RoomCalendar | null;
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
  const { supervisor, meetings, calendar } = deps;
  const state = (): RoomState => ({
    version: deps.version,
    room: { name: deps.roomName },
    call: supervisor.state,
    devices: deps.devices(),
    roomDevices: deps.roomDevices.snapshot(),
    next: supervisor.state.phase === 'idle' ? offerOf(calendar?.offered ?? null) : null,
    schedule: calendar?.view ?? null,
    pairing: deps.panels.pairing(),
    check: supervisor.check.state,
    problems: [
      ...deps.problems(),
      ...deps.panels.problems(),
      ...supervisor.check.problems,
      ...(calendar?.problems ?? []),
    ],
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
    const kept = (await meetings.own.read())?.trim() ?? null;
    const parsed = kept === null ? null : parseMeetingLink(kept);
    if (kept !== null && parsed?.kind === 'ok' && parsed.link.origin === new URL(meetings.origin).origin) {
      await meetings.register(parsed.link.origin, parsed.link.meeting);
      return { link: kept };
    }
    const made = await createMeeting();
    await meetings.own.write(`${made.link}\n`);
    return made;
  };
  const ownMeeting = (): Promise<{ link: string }> =>
    (pendingOwn ??= makeOwn().finally(() => {
      pendingOwn = null;
    }));
  const linkOf = async (target: JoinTarget): Promise<{ link: string; booking: string | null }> => {
    if ('link' in target) return { link: wholeLink(target.link.trim(), meetings.origin), booking: null };
    const booking = 'booking' in target ? target.booking : 'next' in target ? (calendar?.offered?.id ?? null) : null;
    if (booking === null) return { ...(await ownMeeting()), booking };
    return { link: requireCalendar(calendar).linkOf(booking), booking };
  };
  return {
    state,
    onState: (listener) => {
      const off = [
        supervisor.events.on('state', () => listener(state())),
        supervisor.events.on('check', () => listener(state())),
        deps.roomDevices.onChange(() => listener(state())),
        deps.panels.onChange(() => listener(state())),
        calendar?.onChange(() => listener(state())) ?? (() => undefined),
      ];
      return () => off.forEach((unsubscribe) => unsubscribe());
    },
    createMeeting,
    ownMeeting,
    join: async (target, options) => {
      const { link, booking } = await linkOf(target);
      requireLink(link);
      await supervisor.join(link, options);
      calendar?.joined(booking === null ? { link } : { booking });
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
    touched: () => deps.roomDevices.touched(),
    calendar: calendarActions(calendar),
    devices: () => deps.roomDevices.snapshot(),
    actOnDevice: (id, name, ...args) => deps.roomDevices.act(id, name, ...args),
    displaySnapshot: (display) => supervisor.displaySnapshot(display),
  };
}

const ownOffer: OfferedMeeting = {
  id: null,
  title: '',
  organizer: null,
  startsAt: null,
  endsAt: null,
  meeting: 'joinable',
  service: null,
  canJoin: true,
};

/** Where no booking has a meeting, the room's own is offered. */
function offerOf(booking: BookingView | null): OfferedMeeting {
  if (booking === null || booking.meeting === 'none') return ownOffer;
  const { id, title, organizer, startsAt, endsAt, meeting, service, canJoin } = booking;
  return { id, title: title ?? '', organizer, startsAt, endsAt, meeting, service, canJoin };
}

const unusable = {
  'not-a-link': () => new UsageError('call/link-not-a-link', 'This is not a meeting link.'),
  incomplete: () =>
    new UsageError('call/link-incomplete', 'This link is incomplete: copy it whole, including the part after #.'),
  mistyped: () => new UsageError('call/link-mistyped', 'This link is mistyped: its parts do not belong together.'),
} as const;

/**
 * A code is what stands after `#` in a link of this organisation's own server: it has the meeting's secret, from which its id is
 * derived. It can be read out and typed where no link can be pasted; spaces and the sign itself do not matter.
 */
function wholeLink(text: string, origin: string): string {
  if (text.includes('://')) return text;
  const code = text.replaceAll(/[\s#]/g, '');
  const secret = fromBase64Url(code.split('.')[0] ?? '');
  return secret?.length === LINK_SECRET_BYTES ? `${new URL(origin).origin}/m/${meetingIdOf(secret)}#${code}` : text;
}

/** @throws {UsageError} call/link-… with what a person can do about it. */
function requireLink(text: string): { meeting: string } {
  const parsed = parseMeetingLink(text);
  if (parsed.kind === 'ok') return parsed.link;
  throw unusable[parsed.reason]();
}
