import assert from 'node:assert/strict';
import type { CallState } from '../../../src/call/call-state.ts';
import type { RoomState } from '../../../src/kiosk/room-state.ts';
import { eventually } from '../../support/eventually.ts';
import type { PersonFigures } from '../host/meeting-wire.ts';
import { blinkingOf, median } from './blinking.ts';
import type { Blinking } from './blinking.ts';
import type { BoundDevice } from './drivers.ts';
import { loopCard, plugIn, unplug, usbAdapterOf, vividCamera } from './drivers.ts';
import { MeetingLine } from './meeting-line.ts';
import { Pipeline } from './pipeline.ts';
import { nowUs, RoomEvents } from './room-events.ts';
import { RoomService } from './room-service.ts';
import { SimulatedChip } from './simulated-chip.ts';

const ROOM = 'Room in the machine';
const [MUTE, LEAVE] = [0, 2];
const [FREE, MUTE_LIGHT, IN_CALL, BUSY, PROBLEM] = [4, 5, 6, 7, 8];
/** Emulation: everything but waiting takes 20 to 40 times longer than on the host, and longer beside other work. */
const START_MS = 600_000;
const WAIT_MS = 150_000;
/** A room is asked for 3 s; here its processor is emulated, and other work may run beside it. */
const RECOVERY_MS = 20_000;
/** A room is asked for 50 ms from edge to mute; the edge itself is told within that here too (gpio-lines.test.ts). */
const LATE_MUTE_MS = 3_000;
const LATE_PERIOD_MS = 5_000;
const PRESSES = 6;

const settings = (serverUrl: string, displayPort: string): Record<string, unknown> => ({
  'room.name': ROOM,
  'devices.camera': 'v4l2:platform-vivid.0',
  'devices.microphone': 'alsa:Room:1',
  // What the room plays is not what it hears: the echo canceller would take the test's tone out.
  'devices.speaker': 'alsa:Dummy:0',
  'devices.display': 'none',
  'displayControl.kind': 'mdc',
  'displayControl.address': `serial:${displayPort}`,
  'gpio.driver': 'libgpiod',
  'gpio.chip': 'room-gpio',
  'gpio.buttonsActiveLow': false,
  'gpio.buttonsBias': 'as-is',
  'gpio.button.mute': 'MUTE',
  'gpio.button.leave': 'LEAVE',
  'gpio.light.free': 'FREE_LIGHT',
  'gpio.light.mute': 'MUTE_LIGHT',
  'gpio.light.inCall': 'CALL_LIGHT',
  'gpio.light.busy': String(BUSY),
  'gpio.light.problem': String(PROBLEM),
  'meetingServer.url': serverUrl,
});

const ms = (value: number): string => `${Math.round(value)} ms`;
const say = (text: string): void => console.log(`      ${text}`);
const selfOf = ({ participants }: CallState): string | undefined => participants.find(({ self }) => self)?.peer;
const codesOf = ({ call, problems }: RoomState): string[] => [...call.problems, ...problems].map(({ code }) => code);

/** The daemon under systemd with a camera, sound, a serial port and GPIO lines of the kernel, in a call with a person on the host. */
describe('the whole room in a call', function () {
  this.timeout(START_MS);
  const chip = new SimulatedChip();
  const line = new MeetingLine();
  let displayPort: string;
  let tone: Pipeline;
  let room: RoomService;
  let events: RoomEvents;

  const startTone = (): void => {
    const sink = 'alsasink device=plughw:CARD=Room,DEV=0';
    tone = new Pipeline('audiotestsrc is-live=true volume=0.3 freq=440', 'audioconvert', sink);
  };
  const figures = (): Promise<PersonFigures> => line.figures(ROOM);
  /** Waits for more of what the person gets. Returns how long that took, and the newest figures. */
  const more = async (what: 'pictures' | 'voicePackets', count: number): Promise<number> => {
    const from = (await figures())[what];
    return eventually(`${count} more ${what}`, WAIT_MS, async () => (await figures())[what] >= from + count);
  };
  /** Until nothing comes any more: what was on its way has arrived. */
  const silent = async (what: 'pictures' | 'voicePackets'): Promise<void> => {
    for (let before = -1; ;) {
      const now = (await figures())[what];
      if (now === before) return;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  };

  before(async () => {
    displayPort = process.env['TEST_DISPLAY_PORT'] ?? '';
    for (const button of [MUTE, LEAVE]) chip.drive(button, false);
    chip.watch();
    const { link, serverUrl, certificate } = await line.invitation();
    const from = performance.now();
    room = await RoomService.start({ certificate, settings: settings(serverUrl, displayPort) });
    say(`the room answers after ${ms(performance.now() - from)}`);
    events = await RoomEvents.open(room.url);
    await line.enter('Ana');
    const joined = performance.now();
    // A process that takes too long to load is replaced by one that may take longer: who waits for it is told so.
    await eventually('a call process', START_MS, () =>
      room.post('/call/join', { link }).then(
        () => true,
        (error: unknown) => {
          if (!/call\/(process-crashed|no-answer)/.test(String(error))) throw error;
          return false;
        },
      ),
    );
    await events.next('the call', ({ call }) => call.phase === 'in-call' && call.participants.length === 2, WAIT_MS);
    say(`in the call after ${ms(performance.now() - joined)}`);
    await more('pictures', 3);
    say(`with pictures after ${ms(performance.now() - joined)}`);
    startTone();
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.log(room.journal());
  });

  after(async () => {
    chip.unwatch();
    events?.close();
    line.close();
    room?.stop();
    await tone?.stop();
  });

  it('gives the person pictures and voice, all of them decrypted', async () => {
    await eventually('the spare call process', START_MS, () => room.spareRests());
    const [from, fromMs] = [await figures(), performance.now()];
    await Promise.all([more('pictures', 20), more('voicePackets', 100)]);
    const to = await figures();
    const seconds = (performance.now() - fromMs) / 1_000;
    const rate = (what: 'pictures' | 'voicePackets'): string => ((to[what] - from[what]) / seconds).toFixed(1);
    say(
      `${rate('pictures')} pictures of ${to.pictureWidth} pixels and ${rate('voicePackets')} packets of voice a second`,
    );
    assert.deepEqual(to.people, [ROOM]);
    assert.equal(to.notOpened, 0);
    await eventually('the tone', WAIT_MS, async () => (await figures()).loudness > 0.02);
    const state = await room.state();
    assert.deepEqual(codesOf(state), []);
    const display = state.roomDevices.find(({ kind }) => kind === 'display-control');
    assert.deepEqual([display?.connected, display?.state['power']], [true, 'on']);
  });

  it('shows on its lights that it joins, and that it is in a call', async () => {
    const joining = blinkingOf(chip.outputs(IN_CALL));
    say(`while joining: ${ms(joining.litMs)} lit of ${ms(joining.periodMs)}, ${joining.periods} times`);
    assert.ok(joining.periods >= 2);
    // One program after another sets the line: where the processor is too slow for that, changes are late or left out.
    assert.ok(joining.periodMs >= 900 && joining.periodMs <= LATE_PERIOD_MS);
    const before = chip.outputs(IN_CALL).length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.equal(chip.outputs(IN_CALL).length, before);
    const lit = [FREE, BUSY, MUTE_LIGHT, IN_CALL, PROBLEM].map((light) => chip.level(light));
    assert.deepEqual(lit, [false, true, false, true, false]);
  });

  it('mutes and unmutes by its button, at the edge', async () => {
    const muteMs: number[] = [];
    const lightMs: number[] = [];
    for (let press = 0; press < PRESSES; press++) {
      const muted = press % 2 === 0;
      const before = chip.outputs(MUTE_LIGHT).length;
      const atUs = nowUs();
      chip.drive(MUTE, true);
      const seen = await events.next('the mute', ({ call }) => call.microphoneMuted === muted, WAIT_MS);
      muteMs.push((seen.atUs - atUs) / 1_000);
      const change = (): number | undefined =>
        chip
          .outputs(MUTE_LIGHT)
          .slice(before)
          .find(({ high }) => high === muted)?.atUs;
      await eventually('the light', WAIT_MS, () => change() !== undefined);
      lightMs.push(((change() ?? 0) - atUs) / 1_000);
      chip.drive(MUTE, false);
      // Longer than the button's debouncing, and than the state's rate.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    say(`edge to mute as a panel sees it: ${muteMs.map(ms).join(', ')}; to the light: ${lightMs.map(ms).join(', ')}`);
    assert.ok(median(muteMs) <= LATE_MUTE_MS && median(lightMs) <= LATE_MUTE_MS);
  });

  /** Takes a device away during the call and gives it back. */
  async function replug(device: BoundDevice, problem: string, gone: () => Promise<void>, isBack: () => Promise<void>) {
    const before = (await room.state()).call;
    const phases = new Set<string>();
    const watch = (state: RoomState): boolean => !phases.add(state.call.phase) || codesOf(state).includes(problem);
    unplug(device);
    const told = await events.next(problem, watch, WAIT_MS);
    assert.ok(codesOf(told.state).includes(problem));
    await gone();
    const fromUs = nowUs();
    plugIn(device);
    const boundMs = (nowUs() - fromUs) / 1_000;
    await isBack();
    const backMs = (nowUs() - fromUs) / 1_000 - boundMs;
    const cleared = (state: RoomState): boolean => !phases.add(state.call.phase) || !codesOf(state).includes(problem);
    await events.next('the end of the problem', cleared, WAIT_MS);
    const clearedMs = (nowUs() - fromUs) / 1_000 - boundMs;
    const after = (await room.state()).call;
    assert.deepEqual([...phases], ['in-call']);
    assert.deepEqual([selfOf(after), after.joinedAt], [selfOf(before), before.joinedAt]);
    return { backMs, clearedMs };
  }

  it('is in the call again with its picture after the camera was unplugged and is back', async () => {
    const { backMs, clearedMs } = await replug(
      vividCamera,
      'call/camera-unavailable',
      async () => {
        await silent('pictures');
        assert.ok(codesOf(await room.state()).includes('device/camera-missing'));
        const from = chip.outputs(PROBLEM).length;
        const seen = (): Blinking => blinkingOf(chip.outputs(PROBLEM).slice(from));
        await eventually('the light of a missing device', WAIT_MS, () => seen().periods >= 3);
        const blinking = seen();
        say(
          `light of a missing device: ${ms(blinking.litMs)} lit of ${ms(blinking.periodMs)}, ${blinking.periods} times`,
        );
      },
      async () => void (await more('pictures', 1)),
    );
    say(`picture back ${ms(backMs)} after the camera, the problem over after ${ms(clearedMs)}`);
    assert.ok(backMs <= RECOVERY_MS);
  });

  it('is heard again after the sound card was unplugged and is back', async () => {
    const { backMs, clearedMs } = await replug(
      loopCard,
      'call/microphone-unavailable',
      async () => {
        await tone.stop();
        await silent('voicePackets');
        assert.ok(codesOf(await room.state()).includes('device/microphone-missing'));
      },
      async () => {
        startTone();
        await more('voicePackets', 1);
      },
    );
    say(`voice back ${ms(backMs)} after the sound card, the problem over after ${ms(clearedMs)}`);
    await eventually('the tone', WAIT_MS, async () => (await figures()).loudness > 0.02);
    assert.ok(backMs <= RECOVERY_MS);
  });

  it('switches its display again after the serial adapter was unplugged and is back', async () => {
    const adapter = usbAdapterOf(displayPort);
    const connected = async (): Promise<boolean> =>
      (await room.state()).roomDevices.some(({ kind, connected: is }) => kind === 'display-control' && is);
    const { backMs } = await replug(
      adapter,
      'device/display-control-unreachable',
      async () => assert.equal(await connected(), false),
      async () => void (await eventually('the display', WAIT_MS, connected)),
    );
    say(`display reached ${ms(backMs)} after the adapter`);
  });

  it('leaves by its button, and is free', async () => {
    chip.drive(LEAVE, true);
    await events.next('the end', ({ call }) => call.phase === 'idle', WAIT_MS);
    chip.drive(LEAVE, false);
    await eventually('the light “in a call” dark', WAIT_MS, () => !chip.level(IN_CALL));
    assert.equal(chip.level(PROBLEM), false);
    await eventually('the person alone', WAIT_MS, async () => (await figures()).people.length === 0);
  });
});
