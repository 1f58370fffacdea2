import type { CallState, ChatMessage, Participant } from '../../src/call/call-state.ts';
import { noFigures, type StreamFigures } from '../../src/call/stream-figures.ts';
import type { ScheduleView } from '../../src/calendar/schedule-state.ts';
import type { RoomState } from '../../src/kiosk/room-state.ts';
import { type PageMemory, openMeasuredPage, type MeasuredPage } from './measured-page.ts';
import { type ClockedWindow, standPageClock } from './page-clock.ts';
import { hastyStream, type HastyStream, type PanelServer, servePanel } from './panel-server.ts';
import { booking, freeDay, movedCamera, offeredOf, schedule } from './panel-states.ts';
import { callState, guest, oneDisplay, ownRoom, stubRoom } from './stub-room.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Midnight of a Thursday. */
const MIDNIGHT_MS = Date.UTC(2026, 10, 26);
/** Of each hour with a meeting, the minutes in which it begins and ends. */
const JOIN_MINUTE = 10;
const LEAVE_MINUTE = 50;
/** A minute of each meeting has ten states a second, the others one. */
const LIVELY_MINUTE = 30;
const PIN = '2580';

/** What is touched in each hour, by minute: names of buttons, one after the other. */
const touchedAtHome: Readonly<Record<number, readonly string[]>> = {
  3: ['Join by link', ...'https', 'Capitals', 'M', '\\?123', '#', 'ABC|abc', 'Erase', 'Back'],
  51: ['More', 'Close'],
  52: ['More', 'Report a problem', 'Sound', ...'hum', 'Report it', 'Back'],
  53: [
    'More',
    'Settings',
    ...PIN,
    'Enter',
    'Network',
    'Calendar',
    'Test the calendar',
    'Log',
    'System',
    'Lock',
    'Back',
  ],
  54: ['More', 'Check devices', 'Play a sound', 'Back'],
  55: ['Book for 15 minutes'],
  // Left there: three minutes later the panel is home by itself.
  56: ['Join by link', ...'left'],
};
const touchedInCall: Readonly<Record<number, readonly string[]>> = {
  12: ['Chat( \\d+)?', ...'ok', 'Send', 'Close'],
  15: ['End-to-end encrypted', 'Close'],
  // The table of streams stays open for three minutes.
  18: ['More', 'Diagnostics'],
  21: ['Close'],
  24: ['Layout', 'Speaker', 'Grid', 'Close'],
  27: ['Mute', 'Unmute', 'Camera off', 'Camera on', 'Louder', 'Quieter'],
  36: ['More', 'Raise hand', 'Close'],
  39: ['Share', 'Stop sharing'],
  42: ['Chat( \\d+)?', ...'bye', 'Send', 'Close'],
  45: ['Extend \\+15 min'],
};
const CAMERA_MINUTE = 33;
const DROPPED_MINUTES: ReadonlySet<number> = new Set([25, 58]);

export interface PanelDay {
  /** Of the day: 0 to 24. Meetings are held from 7 to 19 o'clock. */
  readonly fromHour: number;
  readonly hours: number;
  /** After each hour, with the same free room shown every time. */
  readonly onHour: (memory: PageMemory) => void;
}

export interface PanelDayCount {
  readonly states: number;
  readonly touches: number;
  readonly meetings: number;
}

/**
 * A panel's day as fast as its page takes it: bookings come, change and go by the minute; each working hour one is joined, with
 * people who come, speak, write and leave; dialogs, the keyboard, the camera and the settings are touched; the daemon is away twice
 * an hour.
 */
export async function livePanelDay({ fromHour, hours, onHour }: PanelDay): Promise<PanelDayCount> {
  const room = stubRoom();
  const stream = hastyStream(room);
  const server = await servePanel(room, stream.handle);
  const page = await openMeasuredPage();
  const day = new Day(room, stream, page, MIDNIGHT_MS + fromHour * HOUR_MS);
  try {
    await day.begin(server);
    for (let hour = fromHour; hour < fromHour + hours; hour++) {
      await day.hour(hour % 24 >= 7 && hour % 24 < 19);
      onHour(await page.memory());
    }
    const [complaint] = await page.complaints();
    if (complaint !== undefined) throw new Error(`in the page: ${complaint}`);
    return day.count;
  } finally {
    await page.close();
    await server.close();
  }
}

class Day {
  readonly count = { states: 0, touches: 0, meetings: 0 };
  readonly #room: ReturnType<typeof stubRoom>;
  readonly #stream: HastyStream;
  readonly #page: MeasuredPage;
  #nowMs: number;
  #minute = 0;
  #joinedAt = 0;
  #chat: readonly ChatMessage[] = [];

  constructor(room: ReturnType<typeof stubRoom>, stream: HastyStream, page: MeasuredPage, startMs: number) {
    this.#room = room;
    this.#stream = stream;
    this.#page = page;
    this.#nowMs = startMs;
  }

  async begin({ url, kiosk }: PanelServer): Promise<void> {
    await kiosk.admin.setPin(PIN, null);
    await this.#page.open(url, standPageClock, this.#nowMs);
    this.#push({}, freeDay(this.#nowMs));
    await this.#pass(1);
  }

  async hour(hasMeeting: boolean): Promise<void> {
    for (this.#minute = 0; this.#minute < 60; this.#minute++) {
      if (DROPPED_MINUTES.has(this.#minute)) this.#stream.drop();
      if (hasMeeting && this.#minute === JOIN_MINUTE) await this.#join();
      if (hasMeeting && this.#minute === LEAVE_MINUTE) await this.#touch(['Leave']);
      const isMeeting = hasMeeting && this.#minute >= JOIN_MINUTE && this.#minute < LEAVE_MINUTE;
      await (isMeeting ? this.#minuteOfCall() : this.#minuteAtHome(hasMeeting));
    }
    this.#push({}, schedule(this.#nowMs));
    await this.#pass(1);
  }

  async #minuteAtHome(hasMeeting: boolean): Promise<void> {
    const isOffered = hasMeeting && this.#minute < JOIN_MINUTE;
    this.#push({}, isOffered ? this.#offered() : this.#free());
    await this.#pass(20);
    if (this.#minute === 55) await this.#bookAndEnd();
    else await this.#touch(touchedAtHome[this.#minute] ?? []);
    await this.#pass(40);
  }

  async #join(): Promise<void> {
    this.count.meetings++;
    this.#chat = [];
    this.#joinedAt = this.#nowMs;
    this.#push({}, this.#offered());
    await this.#touch(['Join Review \\d+']);
    this.#push({ ...this.#people(0), phase: 'in-call', layout: oneDisplay, joinedAt: this.#nowMs }, this.#held());
    await this.#pass(1);
  }

  async #minuteOfCall(): Promise<void> {
    const statesPerSecond = this.#minute === LIVELY_MINUTE ? 10 : 1;
    this.#write();
    for (let second = 0; second < 60; second += 10) {
      for (let state = 0; state < 10 * statesPerSecond; state++) this.#push(this.#people(second + state), this.#held());
      await this.#pass(10);
      if (second === 20) await this.#touch(touchedInCall[this.#minute] ?? []);
      if (second === 20 && this.#minute === CAMERA_MINUTE) await this.#moveCamera();
    }
  }

  async #bookAndEnd(): Promise<void> {
    await this.#touch(['Book for 15 minutes']);
    const booked = booking(this.#nowMs, 'Booked here', 0, 15, { meeting: 'none', canJoin: false });
    const busyUntil = booked.endsAt;
    this.#push(
      {},
      schedule(this.#nowMs, { bookings: [booked], current: booked.id, busyUntil, canBook: false, canEnd: true }),
    );
    await this.#pass(5);
    await this.#touch(['End now', 'Cancel', 'End now', 'Close']);
  }

  async #moveCamera(): Promise<void> {
    await this.#touch(['Camera']);
    await this.#page.touch('Left', () => this.#pass(2));
    await this.#touch(['Preset 2', 'Follow the talker', 'Close']);
  }

  async #touch(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#page.touch(name);
    this.count.touches += names.length;
  }

  /** Titles and people that never come again: what is kept by them would show. */
  #free(): ScheduleView {
    const view = freeDay(this.#nowMs);
    const more = Array.from({ length: this.#minute % 5 }, (_, index) =>
      booking(this.#nowMs, `Meeting ${this.count.states}/${index}`, 300 + 40 * index, 330 + 40 * index),
    );
    const isStale = this.#minute % 10 === 1;
    return {
      ...view,
      bookings: [...view.bookings, ...more, booking(this.#nowMs, 'Next day', 1_440, 1_470)],
      ...(isStale ? { state: 'stale', readAt: this.#nowMs - 14 * MINUTE_MS } : {}),
    };
  }

  #offered(): ScheduleView {
    const next = booking(this.#nowMs, `Review ${this.count.meetings}`, JOIN_MINUTE - this.#minute, 60 - this.#minute);
    return schedule(this.#nowMs, { bookings: [next], next: next.id, freeUntil: next.startsAt, canBook: false });
  }

  #held(): ScheduleView {
    const held = booking(this.#nowMs, `Review ${this.count.meetings}`, -20, 55 - this.#minute);
    const busy = { current: held.id, inCall: held.id, busyUntil: held.endsAt, canEnd: true, extendMinutes: [15] };
    return schedule(this.#nowMs, { bookings: [held], canBook: false, ...busy });
  }

  /** Two to twelve people, of whom another one speaks in every state, with a camera and a voice each. */
  #people(turn: number): Partial<CallState> {
    const others = Array.from({ length: 1 + (this.#minute % 11) }, (_, index): Participant => ({
      ...guest,
      peer: `guest ${index}`,
      name: `Person ${this.count.meetings}/${this.#minute}/${index}`,
      speaking: index === turn % (1 + (this.#minute % 11)),
      microphone: (turn + index) % 7 === 0 ? 'muted' : 'on',
      handRaised: (this.#minute + index) % 5 === 0,
    }));
    const stats = others.flatMap(({ peer }, index) => streamsOf(peer, turn * 10 + index));
    const notices = [
      { id: this.#minute, code: 'joined', params: { name: 'Ana' }, message: 'Ana joined', at: this.#nowMs },
    ];
    return {
      ...callState,
      phase: 'in-call',
      joinedAt: this.#joinedAt,
      participants: [ownRoom, ...others],
      stats,
      notices,
    };
  }

  #write(): void {
    const text = `Message ${this.count.states}: what was said a minute ago.`;
    this.#chat = [...this.#chat, { id: String(this.#minute), peer: 'guest 0', name: 'Ana', text, at: this.#nowMs }];
    this.#push({ chat: this.#chat }, this.#held());
  }

  #push(call: Partial<CallState>, view: ScheduleView, more: Partial<RoomState> = {}): void {
    this.count.states++;
    const camera = { roomDevices: [movedCamera] };
    this.#room.set(call, {
      version: String(this.count.states),
      schedule: view,
      next: offeredOf(view),
      ...camera,
      ...more,
    });
  }

  /** Until the page has also taken the newest state. */
  async #pass(seconds: number): Promise<void> {
    await this.#page.run(passAndTake, { seconds, version: String(this.count.states) });
    this.#nowMs += seconds * 1_000;
  }
}

function streamsOf(peer: string, turn: number): readonly StreamFigures[] {
  const received = { ...noFigures, direction: 'receive', peer } as const;
  const framesPerSecond = 24 + (turn % 6);
  return [
    {
      ...received,
      id: `${peer} c`,
      source: 'camera',
      width: 640,
      height: 360,
      framesPerSecond,
      kbps: 400 + turn,
      loss: 0,
    },
    { ...received, id: `${peer} m`, source: 'microphone', kbps: 28 + (turn % 5), loss: 0.001 },
  ];
}

/** Runs in the page. */
async function passAndTake({ seconds, version }: { seconds: number; version: string }): Promise<void> {
  await (window as unknown as ClockedWindow).passSeconds(seconds);
  const panel = document.querySelector('ic-panel') as unknown as { state: { version: string } | null };
  const begin = performance.now();
  while (panel.state?.version !== version) {
    if (performance.now() - begin > 10_000) throw new Error('the page does not take the state');
    await new Promise(requestAnimationFrame);
  }
}
