import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import { launchChromium } from '../support/browser.ts';
import { drawPerson } from '../support/drawn-person.ts';
import { eventually } from '../support/eventually.ts';
import { openGuest, type TestGuest } from '../support/guest.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import { organizerOf, type Organizer } from '../support/organizer.ts';
import { startRadicale, type Radicale } from '../support/radicale.ts';
import { startRoom, type TestRoom } from '../support/room.ts';
import { smallerPicture } from '../support/smaller-picture.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { buildGuest } from './guest-pages.ts';

/** With SCREENS=<folder> what people see is also written there as pictures. */
const screens = process.env['SCREENS'];
const MINUTE_MS = 60_000;
const [POLL_SECONDS, EARLY_MINUTES] = [15, 1];
/** Rooms spread their polls by a tenth; reading itself takes a moment. */
const ONE_POLL_MS = POLL_SECONDS * 1_100 + 2_000;
/** From the invitation until its *Join*: longer than the room may take to learn of it. */
const LEAD_MS = ONE_POLL_MS + 2_000;
const [ROOM, GUEST, TITLE] = ['Salle Monet', 'Ana Ruiz', 'Quarterly figures'];

const isWith = (name: string) => (call: CallState) =>
  call.phase === 'in-call' && call.participants.some((each) => !each.self && each.name === name);

/** From an invitation in somebody's calendar to a meeting by one touch, and back: every part is the real one. */
describe('one touch', function () {
  this.timeout(60_000);
  let server: TestServer;
  let radicale: Radicale;
  let organizer: Organizer;
  let room: TestRoom;
  let browser: Browser;
  let guest: TestGuest;
  let panel: Page;
  let link: string;
  let joinableMs: number;
  const closers: (() => Promise<void>)[] = [];

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'incamera-one-touch-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    const film = join(folder, 'person.mjpeg');
    if (screens) await drawPerson(film);
    [server, radicale, browser] = await Promise.all([
      startServer(),
      startRadicale(),
      launchChromium(screens ? [`--use-file-for-fake-video-capture=${film}`] : []),
    ]);
    closers.push(
      () => server.close(),
      () => radicale.stop(),
      () => browser.close(),
    );
    const calendar = await radicale.makeCalendar('monet');
    organizer = organizerOf(radicale, calendar);
    await configure(folder, calendar);
    const { url: serverUrl, certificatePath } = server;
    room = await startRoom({ name: ROOM, serverUrl, certificatePath, stateDirectory: folder });
    closers.push(() => room.close());
    const meeting = await server.meeting();
    link = meeting.link;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    context.setDefaultTimeout(15_000);
    panel = await context.newPage();
    [guest] = await Promise.all([openGuest(browser, meeting.guestLink, GUEST), panel.goto(room.url)]);
  });

  after(async () => {
    for (const close of closers.toReversed()) await close();
  });

  /** The address of a calendar is a secret, which no flag has. */
  async function configure(folder: string, calendar: string): Promise<void> {
    const passwordFile = join(folder, 'calendar-password');
    await writeFile(passwordFile, `${radicale.password}\n`, { mode: 0o600 });
    const settings = {
      'calendar.source': 'caldav',
      'calendar.url': calendar,
      'calendar.user': radicale.user,
      'calendar.passwordFile': passwordFile,
      'calendar.pollSeconds': POLL_SECONDS,
      'calendar.earlyJoinMinutes': EARLY_MINUTES,
    };
    await writeFile(join(folder, 'incamera.json'), JSON.stringify(settings), { mode: 0o600 });
  }

  async function shoot(name: string, picture: () => Promise<Buffer>): Promise<void> {
    if (!screens) return;
    await mkdir(screens, { recursive: true });
    await writeFile(join(screens, `${name}.png`), await picture());
  }
  /** As it looks when nothing was opened last. */
  async function unfocused(page: Page): Promise<Buffer> {
    await page.evaluate(() => {
      let focused = document.activeElement;
      while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      if (focused instanceof HTMLElement) focused.blur();
    });
    return page.screenshot();
  }
  const panelShows = (text: string, timeoutMs?: number): Promise<void> =>
    panel
      .getByText(text, { exact: true })
      .first()
      .waitFor({ timeout: timeoutMs ?? 15_000 });
  const button = (name: string) => panel.getByRole('button', { name, exact: true });

  it('a guest waits, and the room is free', async () => {
    await guest.until('alone in the meeting', ({ phase, alone }) => phase === 'in-call' && alone, 30_000);
    await panelShows('Free');
    await room.until('its calendar is read', ({ schedule }) => schedule?.state === 'fresh');
  });

  it('shows an invitation within one poll, not yet to be joined', async () => {
    joinableMs = Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000;
    const startMs = joinableMs + EARLY_MINUTES * MINUTE_MS;
    const description = `We look at the figures of the quarter.\n\nJoin: ${link}\n`;
    await organizer.put('figures', { title: TITLE, startMs, endMs: startMs + 30 * MINUTE_MS, description });
    const putMs = performance.now();
    await panelShows(TITLE, ONE_POLL_MS);
    console.log(`      on the panel after ${((performance.now() - putMs) / 1_000).toFixed(1)} s`);
    assert.equal(await button(`Join ${TITLE}`).count(), 0);
    const [booking] = (await room.state()).schedule?.bookings ?? [];
    assert.deepEqual([booking?.meeting, booking?.canJoin], ['joinable', false]);
    await assert.rejects(room.post('/call/join', { booking: booking?.id }), /calendar\/not-open-yet/);
  });

  it('lights Join when the meeting can be joined', async () => {
    const join = button(`Join ${TITLE}`);
    await join.waitFor({ timeout: LEAD_MS + 5_000 });
    const lateMs = Date.now() - joinableMs;
    console.log(`      ${lateMs} ms after its time`);
    assert.ok(lateMs >= 0 && lateMs < 3_000, `${lateMs} ms after its time`);
    assert.equal(await join.isEnabled(), true);
    await panelShows('in 1 minute');
    await shoot('panel-offered', () => panel.screenshot());
  });

  it('joins with one touch: both see each other and the same code', async () => {
    await button(`Join ${TITLE}`).click();
    await guest.until('the room is there', isWith(ROOM), 30_000);
    const { call } = await room.until('the guest is there', (state) => isWith(GUEST)(state.call), 30_000);
    await panel.getByText(GUEST).waitFor();
    const shown = await panel.getByRole('list', { name: 'Verification code' }).innerText();
    const digits = shown.replaceAll(/\D/g, '');
    assert.match(digits, /^\d{30}$/);
    assert.equal(digits, (call.code ?? '').replaceAll(/\D/g, ''));
    assert.equal(await guest.code(), digits);
    await guest.sees(ROOM);
  });

  it('follows the organizer, who moves the meeting to now', async () => {
    const startMs = Math.floor(Date.now() / 1_000) * 1_000 - 5 * MINUTE_MS;
    const description = `Join: ${link}`;
    await organizer.put('figures', { title: TITLE, startMs, endMs: startMs + 30 * MINUTE_MS, description });
    const isIts = (state: Awaited<ReturnType<TestRoom['state']>>): boolean =>
      state.schedule?.inCall !== null && state.schedule?.inCall === state.schedule?.current;
    await room.until('the call is that of the current booking', isIts, ONE_POLL_MS);
    await panel.getByRole('heading', { name: TITLE }).waitFor();
    await shoot('panel-in-call', () => panel.screenshot());
    await shoot('room-display', async () => smallerPicture(browser, await room.picture(), 960, 540));
    await shoot('guest-in-call', async () => smallerPicture(browser, await unfocused(guest.page), 960, 600));
  });

  it('ended early, gives the room back in Radicale', async () => {
    await button('Leave').click();
    await guest.until('alone again', ({ alone }) => alone);
    await button('End now').click();
    const endedMs = Date.now();
    await panel.locator('ic-dialog[open]').getByRole('button', { name: 'End now' }).click();
    await panelShows('Free');
    const [event, ...others] = await organizer.events();
    assert.deepEqual([event?.title, others], [TITLE, []]);
    const agoMs = endedMs - (event?.endMs ?? 0);
    assert.ok(agoMs >= 0 && agoMs < MINUTE_MS, `it ends ${agoMs} ms before it was ended`);
    await eventually('nothing is offered', 5_000, async () => (await button(`Join ${TITLE}`).count()) === 0);
    await shoot('panel-free-after', () => panel.screenshot());
  });

  it('booked from the panel, is booked in Radicale', async () => {
    await button('Book for 15 minutes').click();
    await panelShows('Busy');
    const [, booked, ...others] = await organizer.events();
    assert.deepEqual([booked?.title, others], ['Booked in the room', []]);
    assert.equal((booked?.endMs ?? 0) - (booked?.startMs ?? 0), 15 * MINUTE_MS);
  });
});
