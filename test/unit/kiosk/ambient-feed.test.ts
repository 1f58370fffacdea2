import assert from 'node:assert/strict';
import type { BookingView, ScheduleView } from '../../../src/calendar/schedule-state.ts';
import type { Ambient } from '../../../src/call/media/video-parts.ts';
import { AmbientFeed, ambientView } from '../../../src/kiosk/ambient-feed.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { stubRoom } from '../../support/stub-room.ts';

const at = (hours: number, minutes: number): number => new Date(2026, 2, 3, hours, minutes).getTime();
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
const booking: BookingView = {
  id: 'b',
  title: 'Budget',
  organizer: null,
  startsAt: at(15, 0),
  endsAt: at(16, 0),
  allDay: false,
  isPrivate: false,
  isFree: false,
  isSeries: false,
  phase: 'later',
  meeting: 'none',
  service: null,
  canJoin: false,
  isCheckedIn: false,
  madeHere: false,
};
const schedule: ScheduleView = {
  source: 'ics',
  isWritable: false,
  state: 'fresh',
  readAt: 1,
  bookings: [booking],
  omitted: 0,
  current: null,
  next: 'b',
  busyUntil: null,
  freeUntil: at(15, 0),
  inCall: null,
  canBook: false,
  extendMinutes: [],
  canEnd: false,
  wantsCheckIn: false,
  releasing: null,
};

describe('what a display says between calls', () => {
  it('is free or busy until when, and what comes next, as far as is known', () => {
    const state = stubRoom().state();
    const say = (change: Partial<ScheduleView> | null, now = at(14, 5)): [string | null, string | null] => {
      const { status, next } = ambientView({ ...state, schedule: change && { ...schedule, ...change } }, null, now);
      return [status?.text ?? null, next];
    };
    assert.deepEqual(say({}), ['Free until 15:00', 'Next: 15:00 · Budget']);
    assert.deepEqual(say({}, at(14, 57)), ['Booked from 15:00', 'Next: 15:00 · Budget']);
    assert.deepEqual(say({ busyUntil: at(15, 30), freeUntil: null, next: null }), ['Busy until 15:30', null]);
    assert.deepEqual(
      say({ bookings: [{ ...booking, title: null, isPrivate: true }] })[1],
      'Next: 15:00 · Private meeting',
    );
    assert.deepEqual(say({ bookings: [{ ...booking, startsAt: at(39, 0) }], freeUntil: at(39, 0) }), [
      'Free',
      'Next: Wednesday 15:00 · Budget',
    ]);
    for (const unknown of [null, { state: 'failed' }, { state: 'loading' }] as const)
      assert.deepEqual(say(unknown), [null, null]);
  });
});

describe('the feed of the displays between calls', () => {
  function bench(mode: 'auto' | 'on' | 'off') {
    const clock = new ManualClock(at(14, 5) + 20_000);
    const room = stubRoom();
    const [shown, notices]: [(Ambient | null)[], (string | null)[]] = [[], []];
    let asked = 0;
    let answers = true;
    const feed = new AmbientFeed({
      clock,
      log: silentLogger,
      mode,
      room: {
        ...room,
        ownMeeting: async () => {
          asked++;
          if (!answers) throw new Error('no server');
          return { link: 'https://x/m/1#2' };
        },
      },
      show: (ambient) => shown.push(ambient),
      notice: (text) => notices.push(text),
    });
    return { clock, room, feed, shown, notices, asked: () => asked, answer: (to: boolean) => (answers = to) };
  }
  const pairing = { role: 'door', code: '482913', expiresAt: 1 } as const;

  it('follows the minutes of the clock and the room, and says nothing twice', async () => {
    const { clock, room, feed, shown } = bench('auto');
    feed.start();
    await settle();
    assert.deepEqual(
      shown.map((each) => [each?.view.time, each?.view.join?.link]),
      [
        ['14:05', undefined],
        ['14:05', 'https://x/m/1#2'],
      ],
    );
    room.set({ volume: 3 });
    assert.equal(shown.length, 2);
    clock.advance(39_000);
    assert.equal(shown.length, 2);
    clock.advance(1_000);
    assert.equal(shown.at(-1)?.view.time, '14:06');
    clock.advance(60_000);
    assert.equal(shown.length, 4);
    room.set({}, { pairing });
    assert.deepEqual(shown.at(-1)?.view.pairing, { text: 'Enter this code on the door display', code: '482 913' });
    feed.close();
    room.set({}, { pairing: null });
    clock.advance(600_000);
    assert.deepEqual([shown.length, clock.pending], [5, 0]);
  });

  it('asks for the link each minute until there is one, then each hour', async () => {
    const { clock, feed, shown, asked, answer } = bench('on');
    const minutes = async (count: number): Promise<void> => {
      for (let minute = 0; minute < count; minute++) {
        clock.advance(60_000);
        await settle();
      }
    };
    answer(false);
    feed.start();
    await settle();
    await minutes(2);
    assert.equal(asked(), 3);
    assert.equal(shown.at(-1)?.view.join, null);
    answer(true);
    await minutes(30);
    assert.equal(asked(), 4);
    assert.ok(shown.at(-1)?.view.join && shown.at(-1)?.overSession);
    await minutes(32);
    assert.equal(asked(), 5);
    feed.close();
  });

  it('switched off, shows the code of a panel alone, for as long as it counts', async () => {
    const { room, feed, shown, notices, asked } = bench('off');
    feed.start();
    await settle();
    room.set({}, { pairing });
    room.set({}, { pairing: null });
    assert.deepEqual(
      shown.map((each) => each?.view.pairing?.code ?? null),
      [null, '482 913', null],
    );
    assert.deepEqual(notices, [null, 'Code for the door display: 482 913', null]);
    assert.equal(asked(), 0);
    feed.close();
  });

  it('a room without a display makes no meeting for it', async () => {
    const { room, feed, shown, asked } = bench('auto');
    room.set({}, { devices: { ...room.state().devices, display: null } });
    feed.start();
    await settle();
    assert.deepEqual([shown, asked()], [[null], 0]);
    feed.close();
  });
});
