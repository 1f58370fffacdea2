import assert from 'node:assert/strict';
import { theBoard } from '../../../../src/devices/array/open-usb.ts';
import { type OpenedUsb, RespeakerEar, tuningOf } from '../../../../src/devices/array/respeaker-ear.ts';
import { TalkerSource } from '../../../../src/devices/array/talker-source.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';

const VOICE_ACTIVITY = 0xe0;
const usb = { vendorId: 0x2886, productId: 0x0018, bus: 1, address: 7 };

/** A board on a bus: may be unplugged, after which whatever was opened fails for ever. */
class FakeBus {
  plugged = true;
  angle = 90;
  speech = true;
  firmware = 0x0205;
  open = 0;
  opened = 0;
  readonly asked: number[] = [];

  readonly openUsb = async (): Promise<OpenedUsb> => {
    if (!this.plugged) throw new Error('no such device');
    let there = true;
    this.opened++;
    this.open++;
    return {
      firmware: this.firmware,
      controlTransferIn: async ({ index, value }) => {
        there &&= this.plugged;
        if (!there) throw new Error('disconnected');
        this.asked.push(value);
        const data = new DataView(new ArrayBuffer(8));
        data.setInt32(0, index === 21 ? this.angle : Number(this.speech), true);
        return { data, status: 'ok' };
      },
      close: async () => void this.open--,
    };
  };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

function setUp() {
  const clock = new ManualClock();
  const bus = new FakeBus();
  const talkers = new TalkerSource((error) => assert.fail(String(error)));
  const problems: boolean[] = [];
  const quirkOf = tuningOf({ usb, channels: [1] });
  assert.ok(quirkOf);
  const ear = new RespeakerEar({
    openUsb: bus.openUsb,
    quirkOf,
    clock,
    log: silentLogger,
    talkers,
    onProblem: (present) => problems.push(present),
  });
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 50) {
      await settle();
      clock.advance(50);
    }
    await settle();
  };
  return { bus, talkers, problems, ear, pass };
}

describe('a board that finds directions itself', () => {
  it('is asked only while the microphone is open, and closed with it', async () => {
    const { bus, talkers, ear, pass } = setUp();
    await pass(1_000);
    assert.equal(bus.opened, 0);
    ear.open();
    ear.open();
    await pass(2_000);
    assert.equal(talkers.current?.azimuthDeg, 90);
    assert.equal(ear.hears, true);
    assert.equal(bus.opened, 1);
    ear.close();
    await pass(1_000);
    assert.deepEqual([bus.open, talkers.current, ear.hears], [0, null, false]);
    ear.open();
    await pass(2_000);
    assert.equal(talkers.current?.azimuthDeg, 90);
  });

  it('is closed when the microphone was closed while it was being opened', async () => {
    const { bus, ear, pass } = setUp();
    ear.open();
    ear.close();
    await pass(500);
    assert.deepEqual([bus.opened, bus.open], [1, 0]);
  });

  it('is reported when it is unplugged, and found again', async () => {
    const { bus, problems, ear, pass } = setUp();
    ear.open();
    await pass(1_000);
    bus.plugged = false;
    await pass(3_000);
    assert.deepEqual(problems, [true]);
    bus.plugged = true;
    await pass(5_000);
    assert.deepEqual(problems, [true, false]);
    assert.deepEqual([bus.opened, bus.open], [2, 1]);
  });

  it('takes its problem back when the microphone is closed', async () => {
    const { bus, problems, ear, pass } = setUp();
    bus.plugged = false;
    ear.open();
    await pass(3_000);
    ear.close();
    assert.deepEqual(problems, [true, false]);
  });

  it('is asked for the flag that its firmware sets for speech', async () => {
    for (const [firmware, asks] of [
      [0x0205, true],
      [0x0210, false],
    ] as const) {
      const { bus, ear, pass } = setUp();
      bus.firmware = firmware;
      ear.open();
      await pass(500);
      assert.equal(bus.asked.includes(VOICE_ACTIVITY), asks);
      ear.close();
    }
  });

  it('follows nobody while the far end speaks, and hears them all the same', async () => {
    const { talkers, ear, pass } = setUp();
    ear.setFollows(false);
    ear.open();
    await pass(2_000);
    const azimuthDeg = (): number | null => talkers.current?.azimuthDeg ?? null;
    assert.equal(azimuthDeg(), null);
    assert.equal(ear.hears, true);
    ear.setFollows(true);
    await pass(1_000);
    assert.equal(azimuthDeg(), 90);
  });

  it('is no other card', () => {
    assert.equal(tuningOf(null), null);
    assert.equal(tuningOf({ usb: { ...usb, productId: 0x001a }, channels: [] }), null);
    assert.equal(tuningOf({ usb: null, channels: [6] }), null);
  });

  it('is found by its ids, and by its place only where there are two', () => {
    const board = (bus: string, address: number, productId = 0x0018) => ({ vendorId: 0x2886, productId, bus, address });
    assert.equal(theBoard([], usb), undefined);
    assert.equal(theBoard([board('002', 9)], usb)?.address, 9);
    assert.equal(theBoard([board('001', 7, 0x001a)], usb), undefined);
    assert.equal(theBoard([board('001', 3), board('001', 7)], usb)?.address, 7);
    assert.equal(theBoard([board('001', 3), board('001', 4)], usb), undefined);
  });
});
