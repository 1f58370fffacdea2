import type { AmbientView } from '../call/media/ambient-picture.ts';
import type { Ambient } from '../call/media/video-parts.ts';
import type { Clock } from '../lib/clock.ts';
import { errorFields, type Logger } from '../lib/log.ts';
import type { RoomActions } from './api/actions.ts';
import { statusOf } from './panel/offer.ts';
import type { PanelRole, RoomState } from './room-state.ts';

export interface AmbientFeedDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** `auto`: on displays that nobody else draws on; `on`: on every one; `off`: only the code of a panel that is being paired. */
  readonly mode: 'auto' | 'on' | 'off';
  readonly room: Pick<RoomActions, 'state' | 'onState' | 'ownMeeting'>;
  /** What the displays show between calls. */
  readonly show: (ambient: Ambient | null) => void;
  /** A line on the display during calls. */
  readonly notice: (text: string | null) => void;
}

const MINUTE_MS = 60_000;
/** The server forgets meetings that nobody asks for. */
const LINK_AGE_MS = 60 * MINUTE_MS;

const roles: Readonly<Record<PanelRole, string>> = { panel: 'panel', door: 'door display' };

/** Tells the front-of-room displays what the room is, when that changes and with every minute; nothing meanwhile. */
export class AmbientFeed {
  readonly #deps: AmbientFeedDeps;
  #ends: (() => void)[] = [];
  #cancelMinute = (): void => undefined;
  #link: string | null = null;
  #linkAtMs = Number.NEGATIVE_INFINITY;
  #isFetching = false;
  #shown = '';
  #closed = false;

  constructor(deps: AmbientFeedDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#ends.push(this.#deps.room.onState(() => this.#update()));
    this.#minute();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    for (const end of this.#ends.splice(0)) end();
    this.#cancelMinute();
  }

  #minute(): void {
    const { clock } = this.#deps;
    this.#cancelMinute = clock.after(MINUTE_MS - (clock.wallMs() % MINUTE_MS), () => this.#minute());
    void this.#fetchLink();
    this.#update();
  }

  #update(): void {
    if (this.#closed) return;
    const { room, mode, clock, show, notice } = this.#deps;
    const state = room.state();
    const { pairing } = state;
    notice(pairing && `Code for the ${roles[pairing.role]}: ${grouped(pairing.code)}`);
    const isShown = state.devices.display !== null && (mode !== 'off' || pairing !== null);
    const ambient = isShown
      ? { view: ambientView(state, this.#link, clock.wallMs()), overSession: mode === 'on' }
      : null;
    const text = JSON.stringify(ambient);
    if (text === this.#shown) return;
    this.#shown = text;
    show(ambient);
  }

  /** Without a server there is no link, and no code for phones: the picture lacks it until the next try. */
  async #fetchLink(): Promise<void> {
    const { clock, room, mode, log } = this.#deps;
    const isWanted = mode !== 'off' && room.state().devices.display !== null;
    if (!isWanted || this.#isFetching || clock.nowMs() - this.#linkAtMs < LINK_AGE_MS) return;
    this.#isFetching = true;
    try {
      this.#link = (await room.ownMeeting()).link;
      this.#linkAtMs = clock.nowMs();
    } catch (error) {
      log.info('the display shows no code for phones', errorFields(error));
    } finally {
      this.#isFetching = false;
    }
    this.#update();
  }
}

const longDate = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });

/** The room at a moment, in words. Pure. */
export function ambientView(state: RoomState, link: string | null, nowMs: number): AmbientView {
  const { room, schedule, pairing } = state;
  const isKnown = schedule !== null && schedule.state !== 'loading' && schedule.state !== 'failed';
  return {
    room: room.name,
    time: clockTime(nowMs),
    date: longDate.format(nowMs),
    status: isKnown ? statusText(statusOf(schedule, false, nowMs)) : null,
    next: isKnown ? nextText(state, nowMs) : null,
    join: link === null ? null : { link, text: 'Join from a phone' },
    pairing: pairing && { text: `Enter this code on the ${roles[pairing.role]}`, code: grouped(pairing.code) },
  };
}

function statusText(status: ReturnType<typeof statusOf>): NonNullable<AmbientView['status']> {
  if (status.kind === 'soon') return { isFree: false, text: `Booked from ${clockTime(status.at)}` };
  const until = status.until === null ? '' : ` until ${clockTime(status.until)}`;
  return status.kind === 'free' ? { isFree: true, text: `Free${until}` } : { isFree: false, text: `Busy${until}` };
}

function nextText({ schedule }: RoomState, nowMs: number): string | null {
  const next = schedule?.bookings.find(({ id }) => id === schedule.next);
  if (!next) return null;
  const isToday = new Date(next.startsAt).toDateString() === new Date(nowMs).toDateString();
  const day = isToday ? '' : `${weekday.format(next.startsAt)} `;
  const when = next.allDay ? `${day}all day` : `${day}${clockTime(next.startsAt)}`;
  return `Next: ${when} · ${next.title ?? (next.isPrivate ? 'Private meeting' : 'Booked')}`;
}

/** Two groups are read across a room without losing one's place. */
const grouped = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`;

const clockTime = (ms: number): string => new Date(ms).toTimeString().slice(0, 5);
