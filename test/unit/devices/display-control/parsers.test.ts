import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  readAdapter,
  readAudioStatus,
  readDelivery,
  readPowerStatus,
} from '../../../../src/devices/display-control/cec/cec-ctl.ts';
import { encodeMdc, MdcParser } from '../../../../src/devices/display-control/mdc/packet.ts';
import type { MdcAnswer } from '../../../../src/devices/display-control/mdc/packet.ts';
import { LineSplitter } from '../../../../src/devices/link/line-splitter.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Values without AA, so that what follows a damaged packet is not ambiguous. */
const answer = fc
  .record({
    id: fc.integer({ min: 0, max: 0xa9 }),
    command: fc.integer({ min: 0, max: 0xa9 }),
    isAck: fc.boolean(),
    values: fc.uint8Array({ min: 0, max: 0xa9, maxLength: 10 }),
  })
  .map((fields): MdcAnswer => ({ ...fields, isDamaged: false }));

function encode({ id, command, isAck, values }: MdcAnswer): number[] {
  const body = [0xff, id, values.length + 2, isAck ? 0x41 : 0x4e, command, ...values];
  return [0xaa, ...body, body.reduce((sum, byte) => sum + byte, 0) & 0xff];
}

describe('MDC packets', () => {
  it('are those of the manual', () => {
    // MD40B page 41: power on, id 1: 11 + 01 + 01 + 01 = 14.
    assert.deepEqual(encodeMdc(0x11, 1, [1]), bytes('AA 11 01 01 01 14'));
    // "11+FF+01+01=112": the first digit is removed.
    assert.deepEqual(encodeMdc(0x11, 0xff, [1]).at(-1), 0x12);
    const [power] = new MdcParser().push(bytes('AA FF 01 03 41 11 01 56'));
    assert.deepEqual(power, { id: 1, command: 0x11, isAck: true, values: Uint8Array.of(1), isDamaged: false });
  });

  it('split at each byte: finds the same answers', () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 5 }), (answers) => {
        const parser = new MdcParser();
        const found = answers.flatMap(encode).flatMap((byte) => parser.push(Uint8Array.of(byte)));
        assert.deepEqual(found, answers);
        assert.deepEqual(new MdcParser().push(Uint8Array.from(answers.flatMap(encode))), answers);
      }),
    );
  });

  it('noise first: finds the answer behind it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 0xa9, maxLength: 100 }), answer, (noise, wanted) => {
        assert.deepEqual(new MdcParser().push(Uint8Array.of(...noise, ...encode(wanted))), [wanted]);
      }),
    );
  });

  it('bad checksum then good: tells the first as damaged, and the second', () => {
    fc.assert(
      fc.property(answer, answer, fc.integer({ min: 1, max: 255 }), (first, second, by) => {
        const packet = encode(first);
        const wrong = ((packet.at(-1) ?? 0) + by) & 0xff;
        fc.pre(wrong !== 0xaa);
        const found = new MdcParser().push(Uint8Array.of(...packet.slice(0, -1), wrong, ...encode(second)));
        assert.deepEqual(found, [{ ...first, isDamaged: true }, second]);
      }),
    );
  });

  it('a byte lost: the answer after it is found', () => {
    fc.assert(
      fc.property(answer, answer, fc.nat(), (first, second, at) => {
        const packet = encode(first);
        packet.splice(at % packet.length, 1);
        const found = new MdcParser().push(Uint8Array.of(...packet, ...encode(second)));
        // One in 256 times the next header is the checksum that what is left would have.
        const isAmbiguous = found.some(({ isDamaged, values }) => !isDamaged && values.length === first.values.length);
        fc.pre(!isAmbiguous || first.values.length === second.values.length);
        assert.deepEqual(found.at(-1), second);
      }),
    );
  });

  it('oversize and whatever else: does not throw, and finds the answer after silence of a packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), answer, (before, wanted) => {
        const parser = new MdcParser();
        parser.push(before);
        parser.push(new Uint8Array(80));
        assert.deepEqual(parser.push(Uint8Array.from(encode(wanted))), [wanted]);
      }),
    );
    assert.deepEqual(new MdcParser().push(bytes('AA FF 00 FF 41 11 01')), []);
  });
});

describe('LineSplitter', () => {
  const text = (line: string): Uint8Array => Buffer.from(line, 'latin1');
  const line = fc.stringMatching(/^[\u0020-\u007e\u00a0-\u00ff]{1,20}$/);

  it('cuts at CR, LF or both, wherever the chunks are cut', () => {
    const end = fc.constantFrom('\r', '\n', '\r\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end)), (lines) => {
        const splitter = new LineSplitter(20);
        const stream = lines.map(([content, ending]) => content + ending).join('');
        const found = [...text(stream)].flatMap((byte) => splitter.push(Uint8Array.of(byte)));
        assert.deepEqual(
          found,
          lines.map(([content]) => ({ kind: 'line', text: content })),
        );
        assert.deepEqual(new LineSplitter(20).push(text(stream)), found);
      }),
    );
  });

  it('oversize: tells it once, drops it, and reads on', () => {
    const splitter = new LineSplitter(5);
    const found = splitter.push(text(`12345\n123456\n${'x'.repeat(10_000)}\r\nabc\n`));
    assert.deepEqual(found, [
      { kind: 'line', text: '12345' },
      { kind: 'too-long' },
      { kind: 'too-long' },
      { kind: 'line', text: 'abc' },
    ]);
  });
});

describe('what cec-ctl writes', () => {
  it('is read for addresses', () => {
    const info = '\tPhysical Address           : 1.0.0.0\n\tLogical Address Mask       : 0x0010\n';
    assert.deepEqual(readAdapter(info), { physicalAddress: '1.0.0.0', isConfigured: true });
    const lost = '\tPhysical Address           : f.f.f.f\n\tLogical Address Mask       : 0x0000\n';
    assert.deepEqual(readAdapter(lost), { physicalAddress: null, isConfigured: false });
    assert.equal(readAdapter('Failed to open /dev/cec0'), null);
  });

  it('is read for power, sound and delivery', () => {
    const power = (state: string): string => `CEC_MSG_REPORT_POWER_STATUS (0x90):\n\tpwr-state: ${state}\n`;
    assert.equal(readPowerStatus(power('on (0x00)')), 'on');
    assert.equal(readPowerStatus(power('standby (0x01)')), 'standby');
    assert.equal(readPowerStatus(power('to-on (0x02)')), 'warming');
    assert.equal(readPowerStatus(power('in transition on to standby (0x03)')), 'cooling');
    assert.equal(readPowerStatus(power('unknown (0x04)')), null);
    assert.deepEqual(readAudioStatus('\taud-mute-status: off (0x00)\n\taud-vol-status: 40 (0x28)\n'), {
      isMuted: false,
      volume: 40,
    });
    assert.deepEqual(readAudioStatus('\taud-mute-status: on (0x01)\n\taud-vol-status: 127 (0x7f)\n'), {
      isMuted: true,
      volume: null,
    });
    assert.equal(readDelivery('\tTx, Not Acknowledged (4), Max Retries\n'), 'no-answer');
    assert.equal(readDelivery('\tFEATURE_ABORT (0x00):\n'), 'refused');
    assert.equal(readDelivery('Transmit from Playback Device 1 to TV (4 to 0):\nSTANDBY (0x36)\n'), 'taken');
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (output) => {
        readAdapter(output);
        readPowerStatus(output);
        readAudioStatus(output);
        readDelivery(output);
      }),
    );
  });
});
