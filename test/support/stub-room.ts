import { idleCallState } from '../../src/call/call-state.ts';
import type { CallState, Participant, RoomLayout } from '../../src/call/call-state.ts';
import { noFigures, type StreamFigures } from '../../src/call/stream-figures.ts';
import type { RoomActions } from '../../src/kiosk/api/actions.ts';
import { schedule } from './panel-states.ts';
import { shownBooking } from './scripted-calendar.ts';
import type { RoomState } from '../../src/kiosk/room-state.ts';
import { UsageError } from '../../src/lib/errors.ts';

export const guest: Participant = {
  peer: 'guest',
  name: 'Ana Ruiz',
  kind: 'guest',
  verification: { kind: 'unverified' },
  self: false,
  speaking: true,
  microphone: 'on',
  camera: 'on',
  sharing: false,
  handRaised: false,
};

export const ownRoom: Participant = {
  ...guest,
  peer: 'self',
  name: 'Salle Monet',
  kind: 'room',
  verification: { kind: 'organisation', organisation: 'Example SA' },
  self: true,
  speaking: false,
};

export const oneDisplay: RoomLayout = { mode: 'grid', page: 1, pages: 1, selfView: true, displays: 1 };

export const callState: CallState = {
  ...idleCallState,
  phase: 'in-call',
  meeting: 'AAAAAAAAAAAAAAAAAAAAAA',
  joinedAt: Date.now() - 751_000,
  code: '04821 77310 56092 11845 90377 62518',
  participants: [ownRoom, guest],
  layout: oneDisplay,
};

const received = { ...noFigures, direction: 'receive', peer: guest.peer } as const;
const whole = { spatial: 2, temporal: 2 };

/** A call in which something goes well, something is saved, and something is amiss. */
export const figures: readonly StreamFigures[] = [
  {
    ...noFigures,
    id: 'camera',
    direction: 'send',
    peer: null,
    source: 'camera',
    limit: 'nobody',
    width: 1280,
    height: 720,
    framesPerSecond: 0,
  },
  { ...noFigures, id: 'microphone', direction: 'send', peer: null, source: 'microphone', kbps: 34, loss: 0 },
  {
    ...received,
    id: 'c',
    source: 'camera',
    wanted: whole,
    layers: { spatial: 1, temporal: 2 },
    limit: 'network',
    width: 640,
    height: 360,
    framesPerSecond: 29.7,
    kbps: 512,
    loss: 0.024,
  },
  {
    ...received,
    id: 's',
    source: 'screen',
    wanted: whole,
    layers: whole,
    width: 1920,
    height: 1080,
    framesPerSecond: 7.6,
    kbps: 804,
    loss: 0.001,
  },
  { ...received, id: 'm', source: 'microphone', kbps: 31, loss: 0.006 },
];

/** A room whose state a test sets, and which notes what it was asked. */
export function stubRoom(): RoomActions & {
  asked: unknown[][];
  /** When the panel was touched, ms. */
  touches: readonly number[];
  set: (call: Partial<CallState>, room?: Partial<RoomState>) => void;
} {
  const asked: unknown[][] = [];
  const touches: number[] = [];
  const listeners = new Set<(state: RoomState) => void>();
  const device = (name: string): { name: string; virtual: boolean } => ({ name, virtual: false });
  let state: RoomState = {
    version: '0',
    room: { name: 'Salle Monet' },
    call: idleCallState,
    devices: {
      mode: 'auto',
      camera: device('Camera'),
      screen: device('Grabber'),
      microphone: device('Array'),
      speaker: device('Bar'),
      display: device('HDMI-1'),
      secondDisplay: null,
    },
    roomDevices: [],
    pairing: null,
    check: null,
    next: {
      id: null,
      title: '',
      organizer: null,
      startsAt: null,
      endsAt: null,
      meeting: 'joinable',
      service: null,
      canJoin: true,
    },
    schedule: null,
    problems: [],
  };
  const link = `https://meet.example/m/${'A'.repeat(22)}#${'b'.repeat(43)}`;
  const set = (call: Partial<CallState>, room: Partial<RoomState> = {}): void => {
    state = { ...state, ...room, call: { ...state.call, ...call } };
    for (const listener of listeners) listener(state);
  };
  return {
    asked,
    touches,
    set,
    state: () => state,
    onState: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    createMeeting: async () => ({ link }),
    ownMeeting: async () => ({ link }),
    join: async (...args) => {
      asked.push(['join', ...args]);
      set({ ...callState, phase: 'securing' });
    },
    leave: async () => {
      asked.push(['leave']);
      set(idleCallState);
    },
    setMuted: async (muted) => {
      asked.push(['mute', muted]);
      set({ microphoneMuted: muted });
      return muted;
    },
    setCameraOff: async (off) => {
      asked.push(['camera', off]);
      set({ cameraOff: off });
      return off;
    },
    setVolume: async (percent) => {
      asked.push(['volume', percent]);
      set({ volume: percent });
      return percent;
    },
    setSharing: async (sharing) => {
      asked.push(['sharing', sharing]);
      set({ sharing });
      return sharing;
    },
    setHandRaised: async (raised) => raised,
    setLayout: async (change) => {
      asked.push(['layout', change]);
      const layout = { ...oneDisplay, ...state.call.layout };
      for (const [key, value] of Object.entries(change))
        if (value !== undefined) Object.assign(layout, { [key]: value });
      set({ layout });
      return layout;
    },
    sendChat: async (text) => void asked.push(['chat', text]),
    calibrateEcho: async () => ({ delayMs: 80 }),
    touched: () => void (touches.push(performance.now()), asked.push(['touched'])),
    calendar: {
      book: async (wanted) => (asked.push(['book', wanted]), shownBooking),
      extend: async (id, minutes) => (asked.push(['extend', id, minutes]), shownBooking),
      end: async (id) => (asked.push(['end', id]), shownBooking),
      checkIn: async (id) => (asked.push(['check-in', id]), shownBooking),
      skip: async (id) => void asked.push(['skip', id]),
      refresh: async () => schedule(Date.now()),
      test: async () => ({ ok: true, code: null, message: 'Read', action: '', bookings: 3, tookMs: 20 }),
    },
    startCheck: async () => void asked.push(['check-start']),
    stopCheck: async () => void asked.push(['check-stop']),
    playTone: async () => void asked.push(['check-tone']),
    checkPicture: () => null,
    devices: () => state.roomDevices,
    actOnDevice: async (id, name, ...args) => {
      if (!state.roomDevices.some((each) => each.id === id))
        throw new UsageError('device/unknown', 'There is no such device');
      asked.push([id, name, ...args]);
      return { kind: 'unverified', reason: 'no-answer', value: null } as never;
    },
    displaySnapshot: async () => new Uint8Array(),
  };
}
