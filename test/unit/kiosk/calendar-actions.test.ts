import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idleCallState } from '../../../src/call/call-state.ts';
import type { FromCallProcess, ToCallProcess } from '../../../src/call/process/ipc.ts';
import type { CallProcess } from '../../../src/call/supervisor.ts';
import { CallSupervisor } from '../../../src/call/supervisor.ts';
import type { RoomSchedule } from '../../../src/calendar/schedule.ts';
import { formatMeetingLink, newLinkSecret } from '../../../src/crypto/link.ts';
import type { RoomActions } from '../../../src/kiosk/api/actions.ts';
import openapi from '../../../src/kiosk/api/openapi.json' with { type: 'json' };
import { createRoomActions } from '../../../src/kiosk/api/room-actions.ts';
import type { RoomState } from '../../../src/kiosk/room-state.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { bookingMeans, startRoomCalendar } from '../../../src/room-calendar.ts';
import { eventually } from '../../support/eventually.ts';
import { settle } from '../../support/manual-time.ts';
import {
  calendarEvent,
  emptySchedule,
  HOUR,
  JumpingClock,
  MINUTE,
  ScriptedCalendar,
  TEN,
  testWishes,
} from '../../support/scripted-calendar.ts';

const none = { camera: null, screen: null, microphone: null, speaker: null, display: null, secondDisplay: null };
const muted = { muted: true, cameraOff: false };

/** A call process that is in whatever call it is told to join. */
class WillingProcess implements CallProcess {
  readonly joined: unknown[] = [];
  #tell = (_message: FromCallProcess): void => undefined;
  #exit = (_reason: string): void => undefined;

  send(message: ToCallProcess): void {
    if (message.kind === 'stop') queueMicrotask(() => this.#exit('0'));
    if (message.kind !== 'action') return;
    if (message.name === 'join') {
      this.joined.push(message.args[0]);
      this.#say({ kind: 'state', state: { ...idleCallState, phase: 'in-call' } });
    }
    this.#say({ kind: 'result', id: message.id, ok: true, value: null });
  }
  onMessage(listener: (message: FromCallProcess) => void): void {
    this.#tell = listener;
    this.#say({ kind: 'ready' });
  }
  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }
  kill(): void {
    this.#exit('SIGKILL');
  }
  #say(message: FromCallProcess): void {
    queueMicrotask(() => this.#tell(message));
  }
}

describe('a room with a calendar', () => {
  let clock: JumpingClock;
  let source: ScriptedCalendar;
  let directory: string;
  let processes: WillingProcess[];
  let supervisor: CallSupervisor;
  let schedule: RoomSchedule;
  let actions: RoomActions;

  const link = (seed: number): string =>
    formatMeetingLink({
      origin: 'https://localhost:4443',
      secret: newLinkSecret((length) => new Uint8Array(length).fill(seed)),
      anchor: null,
    });
  const means = bookingMeans(['localhost:4443']);
  const joined = (): unknown[] => processes.flatMap((each) => each.joined);
  const idOf = (title: string): string =>
    actions.state().schedule?.bookings.find((each) => each.title === title)?.id ?? '';

  const depsOf = (): Omit<Parameters<typeof createRoomActions>[0], 'calendar'> => ({
    supervisor,
    version: '0',
    roomName: 'Room',
    devices: () => ({ mode: 'virtual', ...none }),
    problems: () => [],
    panels: { pairing: () => null, problems: () => [], onChange: () => () => undefined },
    roomDevices: {
      snapshot: () => [],
      onChange: () => () => undefined,
      act: () => Promise.reject(new Error('there are no devices here')),
      touched: () => undefined,
    },
    meetings: {
      origin: 'https://localhost:4443',
      anchor: null,
      register: async () => undefined,
      own: { read: async () => link(99), write: async () => undefined },
    },
    saveEchoDelay: async () => undefined,
    randomBytes: (length) => new Uint8Array(length),
  });

  const begin = async (...events: ReturnType<typeof calendarEvent>[]): Promise<void> => {
    source = new ScriptedCalendar(events);
    schedule = await startRoomCalendar({
      source,
      identity: 'calendar of the tests',
      wishes: testWishes,
      means,
      stateDirectory: directory,
      call: supervisor,
      clock,
      random: () => 0.5,
      logger: silentLogger,
    });
    actions = createRoomActions({ ...depsOf(), calendar: schedule });
    await settle();
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'incamera-calendar-'));
    clock = new JumpingClock(TEN);
    processes = [];
    const spawn = (): CallProcess => {
      const process = new WillingProcess();
      processes.push(process);
      return process;
    };
    supervisor = new CallSupervisor({ spawn, clock, log: silentLogger });
    await supervisor.start();
  });
  afterEach(async () => {
    await supervisor.close();
    await schedule.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('offers the meeting of a booking and joins it, and still has its own', async () => {
    await begin(calendarEvent({ link: link(1) }));
    const { next } = actions.state();
    assert.deepEqual(next, {
      id: idOf('Budget'),
      title: 'Budget',
      organizer: 'Ana Ruiz',
      startsAt: TEN,
      endsAt: TEN + HOUR,
      meeting: 'joinable',
      service: null,
      canJoin: true,
    });
    await actions.join({ next: true }, muted);
    assert.equal(actions.state().next, null);
    assert.equal(actions.state().schedule?.inCall, idOf('Budget'));
    await actions.leave();
    assert.equal(actions.state().schedule?.inCall, null);
    await actions.join({ booking: idOf('Budget') }, muted);
    await actions.leave();
    await actions.join({ own: true }, muted);
    assert.deepEqual(joined(), [link(1), link(1), link(99)]);
    assert.equal(actions.state().schedule?.inCall, idOf('Budget'), 'whose time it takes');
  });

  it('next is its own meeting while no booking has one to join', async () => {
    await begin(calendarEvent({ title: 'No link' }), calendarEvent({ startMs: TEN + HOUR, link: link(1) }));
    assert.deepEqual([actions.state().next?.id, actions.state().next?.canJoin], [null, true]);
    await actions.join({ next: true }, muted);
    assert.deepEqual(joined(), [link(99)]);
  });

  it('says of a meeting elsewhere that it is, and does not join another one instead', async () => {
    await begin(calendarEvent({ link: 'https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0' }));
    const { next } = actions.state();
    assert.deepEqual([next?.meeting, next?.service, next?.canJoin], ['other', 'Microsoft Teams', false]);
    await assert.rejects(actions.join({ next: true }, muted), { code: 'calendar/not-joinable' });
    await assert.rejects(actions.join({ booking: 'gone' }, muted), { code: 'calendar/unknown-booking' });
    assert.deepEqual(joined(), []);
  });

  it('tells at the minute a meeting opens, and gives no page a secret', async () => {
    await begin(calendarEvent({ startMs: TEN + 30 * MINUTE, link: link(1) }));
    const pushed: RoomState[] = [];
    const off = actions.onState((state) => pushed.push(state));
    clock.advance(20 * MINUTE);
    await settle();
    assert.equal(pushed.at(-1)?.next?.id, idOf('Budget'));
    const secret = link(1).split('#')[1] ?? 'none';
    assert.equal(JSON.stringify(pushed).includes(secret), false);
    off();
    const told = pushed.length;
    clock.advance(HOUR);
    assert.equal(pushed.length, told);
  });

  it('puts problems of the calendar among those of the room, as long as they last', async () => {
    await begin();
    source.fail('calendar/refused');
    await assert.rejects(actions.calendar.refresh(), { code: 'calendar/refused' });
    assert.deepEqual(
      actions.state().problems.map(({ code }) => code),
      ['calendar/refused'],
    );
    source.readFailure = null;
    assert.equal((await actions.calendar.refresh()).state, 'fresh');
    assert.deepEqual(actions.state().problems, []);
  });

  it('keeps the day in a file that nobody else can read', async () => {
    await begin(calendarEvent({ link: link(1) }));
    const path = join(directory, 'schedule.json');
    await eventually('the file', 2_000, () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    );
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.ok((await readFile(path, 'utf8')).includes(link(1)));
  });

  it('without one, refuses what needs it', async () => {
    await begin();
    const without = createRoomActions({ ...depsOf(), calendar: null });
    assert.equal(without.state().schedule, null);
    assert.equal(without.state().next?.canJoin, true);
    await assert.rejects(without.calendar.book({ minutes: 15 }), { code: 'calendar/none' });
    await assert.rejects(without.join({ booking: 'b' }, muted), { code: 'calendar/none' });
  });
});

describe('schedule in the kiosk API', () => {
  it('is described field by field', () => {
    const { Schedule, Booking } = openapi.components.schemas;
    assert.deepEqual(Object.keys(Schedule.properties).sort(), Object.keys(emptySchedule).sort());
    assert.deepEqual([...Schedule.required].sort(), Object.keys(emptySchedule).sort());
    assert.deepEqual([...Booking.required].sort(), Object.keys(Booking.properties).sort());
  });
});
