import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RespeakerPoller } from '../../../../src/devices/array/respeaker-poller.ts';
import { readAnswer, readRequest, respeakerQuirk } from '../../../../src/devices/array/respeaker-tuning.ts';
import type { ControlRead, RespeakerQuirk } from '../../../../src/devices/array/respeaker-tuning.ts';
import { respeakerTransfer } from '../../../../src/devices/array/respeaker-usb.ts';
import { TalkerSource } from '../../../../src/devices/array/talker-source.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { codeOf } from '../../../../src/lib/errors.ts';
import { silentLogger } from '../../../../src/lib/log.ts';

/** An array that finds directions itself: keeps its last angle in silence, may stop answering or never answer. */
class FakeBoard {
  angle = 0;
  speech = false;
  mode: 'answers' | 'fails' | 'hangs' = 'answers';
  asked = 0;

  readonly transfer = ({ wIndex, wValue }: ControlRead): Promise<Uint8Array> => {
    this.asked++;
    if (this.mode === 'hangs') return new Promise(() => undefined);
    if (this.mode === 'fails') return Promise.reject(new Error('LIBUSB_TRANSFER_STALL'));
    const answer = Buffer.alloc(8);
    answer.writeInt32LE(wIndex === 21 && wValue === 0xc0 ? this.angle : Number(this.speech));
    return Promise.resolve(answer);
  };
}

const quirk = respeakerQuirk(0x2886, 0x0018, 0x0205);
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function setUp(changes: Partial<RespeakerQuirk> = {}) {
  assert.ok(quirk);
  const clock = new ManualClock();
  const board = new FakeBoard();
  const told: (number | null)[] = [];
  const problems: boolean[] = [];
  const talkers = new TalkerSource((error) => assert.fail(String(error)));
  talkers.events.on('talker', (direction) => told.push(direction?.azimuthDeg ?? null));
  const poller = new RespeakerPoller({
    controlTransfer: board.transfer,
    quirk: { ...quirk, ...changes },
    mountedDeg: 0,
    clock,
    log: silentLogger,
    talkers,
    onProblem: (present) => problems.push(present),
  });
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 50) {
      clock.advance(50);
      await settle();
    }
  };
  return { clock, board, told, problems, poller, pass };
}

describe('tuning interface of ReSpeaker arrays', () => {
  it('asks for parameters as tuning.py does', () => {
    assert.deepEqual(readRequest('doaAngle'), {
      bmRequestType: 0xc0,
      bRequest: 0,
      wValue: 0xc0,
      wIndex: 21,
      wLength: 8,
    });
    assert.equal(readRequest('voiceActivity').wValue, 0xe0);
    assert.equal(readRequest('speechDetected').wValue, 0xd6);
    assert.equal(readRequest('speechDetected').wIndex, 19);
  });

  it('gives a number in range or refuses, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 16 }),
        fc.constantFrom('doaAngle', 'speechDetected', 'voiceActivity'),
        (bytes, parameter) => {
          try {
            const value = readAnswer(parameter, bytes);
            assert.ok(bytes.length === 8 && value >= 0 && value <= 359);
          } catch (error) {
            assert.equal(codeOf(error), 'device/array-answer-invalid');
          }
        },
      ),
    );
    assert.equal(readAnswer('doaAngle', Uint8Array.of(0x0e, 1, 0, 0, 0, 0, 0, 0)), 270);
  });

  it('knows rows by firmware and refuses the successor, whose protocol is another', () => {
    assert.equal(respeakerQuirk(0x2886, 0x0018, 0x0210)?.speech, 'speechDetected');
    assert.equal(respeakerQuirk(0x2886, 0x0018, 0x0100)?.speech, 'voiceActivity');
    assert.equal(respeakerQuirk(0x2886, 0x001a, 0x0210), null);
  });

  it('reports directions in the azimuths of our own arrays, and silence after the hold', async () => {
    const { board, told, poller, pass } = setUp({ sign: -1, offsetDeg: 90 });
    board.angle = 120;
    board.speech = true;
    poller.start();
    await pass(1_000);
    assert.deepEqual(told, [330]);
    board.speech = false;
    await pass(4_000);
    assert.deepEqual(told, [330, null]);
    poller.close();
  });

  it('takes no angle for speech that the array keeps telling in silence', async () => {
    const { board, told, poller, pass } = setUp();
    board.angle = 77;
    poller.start();
    await pass(3_000);
    assert.deepEqual(told, []);
    poller.close();
  });

  for (const mode of ['fails', 'hangs'] as const)
    it(`says once that an array which ${mode} does not answer, asks on, and takes it back`, async () => {
      const { board, problems, poller, pass, clock } = setUp();
      board.mode = mode;
      poller.start();
      await pass(6_000);
      assert.deepEqual(problems, [true]);
      board.mode = 'answers';
      await pass(6_000);
      assert.deepEqual(problems, [true, false]);
      poller.close();
      assert.equal(clock.pending, 0);
    });

  it('stops asking when closed', async () => {
    const { board, poller, pass, clock } = setUp();
    poller.start();
    await pass(500);
    poller.close();
    const { asked } = board;
    await pass(1_000);
    assert.equal(board.asked, asked);
    assert.equal(clock.pending, 0);
  });

  it('reads by WebUSB without claiming an interface', async () => {
    const seen: unknown[] = [];
    const read = respeakerTransfer({
      controlTransferIn: async (setup, length) => {
        seen.push(setup, length);
        return seen.length > 2 ? { status: 'stall' } : { status: 'ok', data: new DataView(new ArrayBuffer(8)) };
      },
    });
    assert.equal((await read(readRequest('doaAngle'))).length, 8);
    assert.deepEqual(seen, [{ requestType: 'vendor', recipient: 'device', request: 0, value: 0xc0, index: 21 }, 8]);
    await assert.rejects(read(readRequest('doaAngle')), /stall/);
  });
});
