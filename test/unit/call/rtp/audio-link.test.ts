import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import type { IncomingAudioPacket } from '../../../../src/call/rtp/audio-receiver.ts';
import { AudioReceiver } from '../../../../src/call/rtp/audio-receiver.ts';
import { AudioSender } from '../../../../src/call/rtp/audio-sender.ts';
import { AudioTimeline } from '../../../../src/call/rtp/audio-timeline.ts';
import { createNtpClock } from '../../../../src/call/rtp/sender-reports.ts';
import { distance32 } from '../../../../src/call/rtp/sequence.ts';
import type { LinkOptions } from './support.ts';
import { clean, Link, seededRandom } from './support.ts';

class AudioCall {
  readonly clock = new ManualClock();
  readonly link: Link;
  readonly sender: AudioSender;
  readonly receiver: AudioReceiver;
  readonly heard: IncomingAudioPacket[] = [];
  sent = 0;

  constructor(options: LinkOptions = clean) {
    this.link = new Link(this.clock, 'audio', options);
    this.sender = new AudioSender({
      port: this.link.sender,
      clock: this.clock,
      log: silentLogger,
      ntp: createNtpClock(this.clock),
      pacer: null,
      nextTransportSequence: () => this.sent,
      random32: () => 0xffff_fff0,
    });
    this.receiver = new AudioReceiver({
      port: this.link.receiver,
      clock: this.clock,
      log: silentLogger,
      localSsrc: 4,
      onPacket: (packet) => this.heard.push(packet),
    });
    this.sender.start();
    this.receiver.start();
  }

  speak(packets: number): void {
    for (let i = 0; i < packets; i++) {
      const body = Buffer.alloc(80, this.sent);
      body.writeUInt32BE(this.sent++, 0);
      this.sender.send([body.subarray(0, 5), body.subarray(5)], this.clock.nowMs() - 20);
      this.clock.advance(20);
    }
  }
}

describe('audio over a link', () => {
  it('hands on every packet at once, in even steps over the wraps', () => {
    const call = new AudioCall();
    call.speak(100);
    assert.deepEqual(
      call.heard.map((packet) => packet.payload.readUInt32BE(0)),
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.ok(
      call.heard.every(
        (packet, i) =>
          packet.timestamp === (0xffff_fff0 + i * 960) >>> 0 && packet.sequence === ((0xfff0 + i) & 0xffff),
      ),
    );
    assert.deepEqual(call.heard.map((packet) => packet.marker).indexOf(true, 1), -1);
    assert.equal(call.heard[0]?.arrivalMs, 10);
  });

  it('drops duplicates and keeps what is merely out of order', () => {
    const random = seededRandom(1);
    const call = new AudioCall({ delayMs: 10, fate: () => (random() < 0.3 ? [0, 90 * random()] : [60 * random()]) });
    call.speak(200);
    call.clock.advance(500);
    const numbers = call.heard.map((packet) => packet.payload.readUInt32BE(0));
    assert.equal(numbers.length, 200);
    assert.equal(new Set(numbers).size, 200);
    assert.ok(call.receiver.stats.duplicates > 20);
    assert.ok(call.receiver.stats.jitterMs > 5);
  });

  it('marks the first packet after silence and keeps its place in time', () => {
    const call = new AudioCall();
    call.speak(5);
    call.clock.advance(1_000);
    call.speak(5);
    assert.deepEqual(
      call.heard.map((packet) => packet.marker),
      [true, false, false, false, false, true, false, false, false, false],
    );
    assert.equal(distance32(call.heard[4]?.timestamp ?? 0, call.heard[5]?.timestamp ?? 0), 48 * 1_020);
  });

  it('reports loss and maps what is heard to the sender’s clock', () => {
    let n = 0;
    const call = new AudioCall({ delayMs: 30, fate: () => (n++ % 5 === 0 ? [] : [0]) });
    const reports: number[] = [];
    call.sender.events.on('report', (report) => reports.push(report.fractionLost));
    call.speak(200);
    assert.ok(Math.abs((reports.at(-1) ?? 0) - 0.2) < 0.05);
    assert.ok(Math.abs(call.receiver.stats.lost - 40) <= 11);
    assert.ok(Math.abs(call.sender.stats.lost - 40) <= 11);
    const last = call.heard.at(-1);
    assert.ok(last);
    const capturedAt = call.clock.wallMs() - call.clock.nowMs() + last.payload.readUInt32BE(0) * 20 - 20;
    assert.ok(Math.abs((call.receiver.captureTimeOf(last.timestamp) ?? 0) - capturedAt) < 1);
  });

  it('refuses packets that are empty or do not fit', () => {
    const call = new AudioCall();
    assert.throws(() => call.sender.send([], 0), { code: 'call/rtp-frame-invalid' });
    assert.throws(() => call.sender.send([Buffer.alloc(1_000), Buffer.alloc(1_000)], 0), {
      code: 'call/rtp-frame-invalid',
    });
  });

  it('survives noise and forged numbers, begins anew only when two packets agree, and ends with its port', () => {
    const call = new AudioCall();
    call.speak(10);
    const sample = call.link.sender.sent.at(-1) ?? assert.fail();
    const jump = (sequence: number) => {
      const packet = Buffer.from(sample);
      packet.writeUInt16BE(sequence, 2);
      call.link.rtp(packet);
    };
    jump(20_000);
    jump(40_000);
    assert.equal(call.heard.length, 10);
    jump(30_000);
    jump(30_001);
    assert.equal(call.receiver.stats.resets, 1);
    assert.equal(call.heard.length, 11);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => call.link.rtp(Buffer.from(noise))));
    assert.ok(call.receiver.stats.invalid > 50);
    call.link.close();
    call.clock.advance(100);
    assert.equal(call.clock.pending, 0);
  });
});

describe('audio timeline', () => {
  it('steps evenly through the scatter of capture times', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = seededRandom(seed);
        const timeline = new AudioTimeline(5);
        for (let i = 0; i < 300; i++)
          assert.deepEqual(timeline.next(1_000 + i * 20 + (random() - 0.5) * 24).timestamp, 5 + i * 960);
      }),
      { numRuns: 50 },
    );
  });

  it('follows a sound card that runs fast or slow, without jumps', () => {
    for (const drift of [0.9995, 1.0005]) {
      const timeline = new AudioTimeline(0);
      let jumps = -1;
      for (let i = 0; i < 20_000; i++) if (timeline.next(i * 20 * drift).jumped) jumps++;
      assert.equal(jumps, 0);
      const now = 20_000 * 20 * drift;
      assert.ok(Math.abs((timeline.at(now) ?? 0) - 20_000 * 960) < 48 * 3, 'the reports tell the truth to 3 ms');
    }
  });

  it('never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 2_000 }), { maxLength: 60 }), (steps) => {
        const timeline = new AudioTimeline(0);
        let at = 10_000;
        let last = -960;
        for (const step of steps) {
          at += step;
          const { timestamp } = timeline.next(at);
          assert.ok(timestamp >= last + 960);
          last = timestamp;
        }
      }),
    );
  });
});
