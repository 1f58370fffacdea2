import assert from 'node:assert/strict';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { Pacer } from '../../../../src/call/rtp/pacer.ts';
import type { Picture } from '../../../../src/call/rtp/picture-assembler.ts';
import { PictureAssembler } from '../../../../src/call/rtp/picture-assembler.ts';
import { buildFir, buildNack, buildPli, buildRr, ntpMiddle, parseRtcp } from '../../../../src/call/rtp/rtcp.ts';
import { createRtpHeader, findExtension, parseRtp } from '../../../../src/call/rtp/rtp-packet.ts';
import { createNtpClock } from '../../../../src/call/rtp/sender-reports.ts';
import { VideoReceiver } from '../../../../src/call/rtp/video-receiver.ts';
import { VideoSender } from '../../../../src/call/rtp/video-sender.ts';
import { KsvcSource } from './ksvc.ts';
import type { LinkOptions } from './support.ts';
import { clean, Link, seededRandom, streams } from './support.ts';

/** A room that sends 30 pictures a second to another, everything real but time and the wire. */
class Call {
  readonly clock = new ManualClock();
  readonly link: Link;
  readonly pacer = new Pacer(this.clock);
  readonly source = new KsvcSource();
  readonly sender: VideoSender;
  readonly receiver: VideoReceiver;
  readonly assembler: PictureAssembler;
  readonly pictures: (Picture & { shownAtMs: number })[] = [];
  readonly outcomes: string[] = [];
  frames = 0;
  transportSequence = 0;
  bytes: (spatial: number, key: boolean) => number = (spatial, key) => (key ? 4_000 : 900) * (spatial + 1);

  constructor(options: LinkOptions = clean) {
    this.link = new Link(this.clock, 'video', options);
    const random = seededRandom(7);
    this.pacer.setTarget(2_000_000);
    this.sender = new VideoSender({
      port: this.link.sender,
      clock: this.clock,
      log: silentLogger,
      ntp: createNtpClock(this.clock),
      pacer: this.pacer,
      nextTransportSequence: () => this.transportSequence++,
      random32: () => Math.floor(random() * 2 ** 32),
      temporalLayers: 3,
    });
    this.assembler = new PictureAssembler({
      onPicture: (picture) => this.pictures.push({ ...picture, shownAtMs: this.clock.nowMs() }),
      onKeyPictureNeeded: () => this.receiver.requestKeyPicture(),
    });
    this.receiver = new VideoReceiver({
      port: this.link.receiver,
      clock: this.clock,
      log: silentLogger,
      localSsrc: 9,
      onFrame: (frame) => {
        this.frames++;
        this.assembler.push(frame);
      },
    });
    this.sender.events.on('keyPictureNeeded', () => this.source.forceKey());
    this.sender.start();
    this.receiver.start();
  }

  run(ms: number): void {
    for (const end = this.clock.nowMs() + ms; this.clock.nowMs() < end - 1e-6;) {
      for (const frame of this.source.next(this.clock.nowMs(), this.bytes)) this.outcomes.push(this.sender.send(frame));
      this.clock.advance(this.source.frameMs);
    }
  }

  numbers(): number[] {
    return this.pictures.map((picture) => picture.data.readUInt32BE(0));
  }

  longestFreezeMs(): number {
    return Math.max(
      ...this.pictures.slice(1).map((picture, i) => picture.shownAtMs - (this.pictures[i]?.shownAtMs ?? 0)),
    );
  }

  close(): void {
    this.sender.close();
    this.receiver.close();
    this.pacer.close();
  }
}

const isRtx = (packet: Buffer) => packet.readUInt32BE(8) === streams.video.rtxSsrc;

describe('video over a link', () => {
  it('shows every picture on a clean link, with nothing asked for', () => {
    const call = new Call();
    call.run(3_000);
    call.clock.advance(100);
    assert.deepEqual(
      call.numbers(),
      Array.from({ length: 90 }, (_, i) => i),
    );
    assert.equal(call.receiver.stats.nackPackets + call.receiver.stats.keyRequests, 0);
    assert.equal(call.sender.stats.retransmitted, 0);
  });

  it('stamps every packet in the order it leaves', () => {
    const call = new Call();
    call.run(500);
    const header = createRtpHeader();
    call.link.sender.sent.forEach((packet, i) => {
      assert.ok(parseRtp(packet, header));
      assert.equal(packet.readUInt16BE(findExtension(packet, header, 5)), i);
      assert.ok(findExtension(packet, header, 4) > 0 && findExtension(packet, header, 1) > 0);
    });
  });

  for (const loss of [0.05, 0.15])
    it(`recovers ${loss * 100} % random loss on a round trip of 100 ms without a key picture or a long freeze`, () => {
      const random = seededRandom(loss * 100);
      const call = new Call({ delayMs: 50, fate: (n) => (n > 40 && random() < loss ? [] : [random() * 3]) });
      call.run(10_000);
      call.clock.advance(1_000);
      const { stats } = call.receiver;
      assert.ok(stats.recovered > 20);
      assert.ok(call.pictures.length >= (loss === 0.05 ? 298 : 270), `${call.pictures.length} pictures of 300`);
      assert.ok(call.longestFreezeMs() < 500, `${call.longestFreezeMs()} ms`);
      assert.ok(Math.abs(stats.rttMs - 100) < 30, `${stats.rttMs} ms`);
    });

  it('recovers whole bursts, and reordering and duplication cost nothing', () => {
    const random = seededRandom(3);
    const call = new Call({
      delayMs: 20,
      fate: (n) => (n % 400 > 385 ? [] : random() < 0.1 ? [0, random() * 4] : [random() * 4]),
    });
    call.run(6_000);
    call.clock.advance(1_000);
    assert.deepEqual(
      call.numbers(),
      Array.from({ length: 180 }, (_, i) => i),
    );
    assert.ok(call.receiver.stats.duplicates + call.receiver.stats.late > 0);
  });

  it('gets along without RTX when nothing can be repeated: key picture after a lost base picture', () => {
    const random = seededRandom(11);
    const call = new Call({ delayMs: 20, fate: (_, packet) => (isRtx(packet) || random() < 0.004 ? [] : [0]) });
    call.run(10_000);
    call.clock.advance(1_000);
    assert.ok(call.receiver.stats.lost > 0 && call.receiver.stats.keyRequests > 0);
    const numbers = call.numbers();
    assert.ok(numbers.length > 150 && (numbers.at(-1) ?? 0) > 280, `${numbers.length} shown`);
    assert.equal(new Set(numbers).size, numbers.length);
  });

  it('starts in the middle of a stream: asks once, shows from the key picture on', () => {
    let deaf = true;
    const call = new Call({ delayMs: 10, fate: () => (deaf ? [] : [0]) });
    call.run(1_000);
    deaf = false;
    call.run(1_000);
    assert.equal(call.receiver.stats.keyRequests, 1);
    const [first] = call.pictures;
    assert.ok(first?.key);
    const since = first.shownAtMs - 1_000;
    assert.ok(since < 150, `${since} ms`);
  });

  it('asks again every second while no key picture comes', () => {
    const call = new Call({ delayMs: 10, fate: (_, packet) => (packet.readUInt8(1) >= 0 ? [] : []) });
    call.receiver.requestKeyPicture();
    for (let i = 0; i < 50; i++) call.receiver.requestKeyPicture();
    call.clock.advance(5_000);
    const plis = call.link.receiver.sentRtcp
      .flatMap((packet) => parseRtcp(packet).packets)
      .filter((packet) => packet.kind === 'pli');
    assert.ok(plis.length >= 4 && plis.length <= 7, `${plis.length}`);
  });

  it('takes from an outage of two seconds only the outage', () => {
    let nowMs = (): number => 0;
    const call = new Call({ delayMs: 20, fate: () => (nowMs() > 2_000 && nowMs() < 4_000 ? [] : [0]) });
    nowMs = () => call.clock.nowMs();
    call.run(6_000);
    const back = call.pictures.find((picture) => picture.shownAtMs > 4_000)?.shownAtMs ?? Infinity;
    assert.ok(back < 4_500, `${back} ms`);
    assert.ok((call.numbers().at(-1) ?? 0) > 175);
  });

  it('maps pictures to the sender’s clock', () => {
    const call = new Call({ delayMs: 35, fate: () => [0] });
    assert.equal(call.receiver.captureTimeOf(1), null);
    call.run(3_000);
    const last = call.pictures.at(-1);
    assert.ok(last);
    const capturedAt = call.clock.wallMs() - call.clock.nowMs() + last.data.readUInt32BE(0) * call.source.frameMs;
    assert.ok(Math.abs((call.receiver.captureTimeOf(last.rtpTimestamp) ?? 0) - capturedAt) < 1);
  });

  it('reports loss and round trip to the sender', () => {
    let n = 0;
    const call = new Call({ delayMs: 40, fate: () => (n++ % 10 === 0 ? [] : [0]) });
    const reports: { fractionLost: number; rttMs: number | null }[] = [];
    call.sender.events.on('report', (report) => reports.push(report));
    call.run(5_000);
    const last = reports.at(-1);
    assert.ok(last && Math.abs(last.fractionLost - 0.1) < 0.04, `${last?.fractionLost}`);
    assert.ok(last.rttMs !== null && Math.abs(last.rttMs - 80) < 2, `${last.rttMs} ms`);
  });

  it('ends with its port, leaving no timer', () => {
    const call = new Call();
    call.run(500);
    call.link.close();
    call.pacer.close();
    call.clock.advance(100);
    assert.equal(call.clock.pending, 0);
    assert.equal(call.sender.send(new KsvcSource().next(0, () => 10)[0] ?? assert.fail()), 'closed');
  });
});

describe('video sender', () => {
  it('turns many requests for key pictures into one, and answers a late one after a while', () => {
    const call = new Call();
    let asked = 0;
    call.sender.events.on('keyPictureNeeded', () => asked++);
    call.run(1_000);
    for (let i = 0; i < 20; i++) {
      call.link.rtcpToSender(buildPli(1, streams.video.ssrc));
      call.link.rtcpToSender(buildFir(1, streams.video.ssrc, i));
    }
    assert.equal(asked, 1, 'at once');
    call.run(40);
    for (let i = 0; i < 20; i++) call.link.rtcpToSender(buildPli(1, streams.video.ssrc));
    assert.equal(asked, 1);
    call.run(330);
    assert.equal(asked, 2, 'the key picture may have passed the later ones');
    call.link.rtcpToSender(buildPli(1, 12345));
    call.run(1_000);
    assert.equal(asked, 2, 'somebody else’s');
  });

  it('passes on REMB, and reports only about itself', () => {
    const call = new Call();
    const heard: number[] = [];
    call.sender.events.on('bandwidth', (bps) => heard.push(bps));
    call.sender.events.on('report', () => assert.fail('not ours'));
    call.link.rtcpToSender(Buffer.from('8fce0005000000010000000052454d420106000011111111', 'hex'));
    call.link.rtcpToSender(Buffer.from('8fce0005000000010000000052454d42010603e811111111', 'hex'));
    call.link.rtcpToSender(Buffer.from('8fce0005000000010000000052454d42010603e899999999', 'hex'));
    call.link.rtcpToSender(
      buildRr(1, [
        {
          ssrc: 5,
          fractionLost: 9,
          cumulativeLost: 9,
          highestSequence: 9,
          jitter: 0,
          lastSr: ntpMiddle(0),
          delaySinceLastSr: 0,
        },
      ]),
    );
    assert.deepEqual(heard, [0x20000 * 2, (0x20000 + 1000) * 2]);
  });

  it('repeats a packet a bounded number of times and not faster than the round trip', () => {
    const call = new Call({ delayMs: 10, fate: () => [] });
    call.run(200);
    const first = call.link.sender.sent[0]?.readUInt16BE(2) ?? 0;
    const sequences = Array.from({ length: 17 }, (_, i) => (first + i) & 0xffff);
    for (let i = 0; i < 5; i++) call.link.rtcpToSender(buildNack(1, streams.video.ssrc, sequences));
    call.clock.advance(50);
    assert.equal(call.sender.stats.retransmitted, 17);
    for (let i = 0; i < 200; i++) {
      call.link.rtcpToSender(buildNack(1, streams.video.ssrc, sequences));
      call.clock.advance(20);
    }
    assert.ok(call.sender.stats.retransmitted <= 17 * 8, `${call.sender.stats.retransmitted}`);
    const rtx = call.link.sender.sent.find(isRtx);
    assert.equal(rtx?.readUInt16BE((rtx.readUInt16BE(14) + 4) * 4), first);
  });

  it('spends a bounded share of what it sends on repeats, and forgets after a second', () => {
    const call = new Call({ delayMs: 10, fate: () => [] });
    call.run(3_000);
    const last = call.link.sender.sent.at(-1)?.readUInt16BE(2) ?? 0;
    for (let n = 0; n < 60_000; n += 500)
      call.link.rtcpToSender(
        buildNack(1, streams.video.ssrc, Array.from({ length: 500 }, (_, i) => (last - n - i) & 0xffff).reverse()),
      );
    call.clock.advance(2_000);
    assert.ok(call.sender.stats.retransmittedBytes < 62_000, `${call.sender.stats.retransmittedBytes} bytes`);
    const before = call.sender.stats.retransmitted;
    call.link.rtcpToSender(buildNack(1, streams.video.ssrc, [last]));
    call.clock.advance(100);
    assert.equal(call.sender.stats.retransmitted, before);
  });

  it('spreads a large key picture instead of sending it at once', () => {
    const call = new Call();
    call.run(1_000);
    const before = call.link.sender.sent.length;
    call.bytes = () => 20_000;
    call.source.forceKey();
    for (const frame of call.source.next(call.clock.nowMs(), call.bytes)) call.sender.send(frame);
    assert.ok(call.link.sender.sent.length - before < 10, 'at most a burst at once');
    const step: number[] = [];
    for (let i = 0; i < 40; i++) {
      const had = call.link.sender.sent.length;
      call.clock.advance(5);
      step.push(call.link.sender.sent.length - had);
    }
    assert.ok(Math.max(...step) <= 6, `${Math.max(...step)} packets in 5 ms`);
    assert.equal(call.sender.queuedBytes, 0, '60 kB at 5 Mbps are out within 200 ms');
  });

  it('drops pictures nothing refers to when the queue grows, and begins anew when that is not enough', () => {
    const call = new Call();
    call.pacer.setTarget(200_000);
    call.bytes = () => 30_000;
    call.run(3_000);
    const { picturesDropped, keyRequests } = call.sender.stats;
    assert.ok(picturesDropped > 5 && keyRequests > 0);
    assert.ok(call.sender.queuedBytes < 1_500_000);
    call.bytes = () => 200;
    call.run(3_000);
    assert.equal(call.outcomes.at(-1), 'sent');
    assert.ok((call.numbers().at(-1) ?? 0) > 170, 'recovers');
    assert.equal(call.receiver.stats.malformed, 0);
  });

  it('tells the encoder when it sends pictures before any key picture', () => {
    const call = new Call();
    let asked = 0;
    call.sender.events.on('keyPictureNeeded', () => asked++);
    const lost = call.source.next(0, call.bytes);
    assert.equal(lost[0]?.key, true);
    for (const frame of call.source.next(0, call.bytes)) assert.equal(call.sender.send(frame), 'waiting-for-key');
    assert.equal(asked, 1);
    for (const frame of call.source.next(0, call.bytes)) assert.equal(call.sender.send(frame), 'sent');
  });

  it('survives noise as RTCP', () => {
    const call = new Call();
    const random = seededRandom(5);
    for (let i = 0; i < 3_000; i++) {
      const noise = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
      if (noise.length > 3)
        noise.set([0x80 | ((noise[0] ?? 0) % 32), 200 + ((noise[1] ?? 0) % 8), 0, noise.length / 4 - 1]);
      call.link.rtcpToSender(noise);
      call.link.rtcpToReceiver(noise);
    }
    assert.ok(call.sender.stats.rtcpMalformed > 0);
  });
});

describe('video receiver', () => {
  it('counts what is not its own, and survives noise, forged numbers and floods in bounded memory', () => {
    const call = new Call();
    call.run(1_000);
    const random = seededRandom(9);
    const sample = call.link.sender.sent[20] ?? assert.fail();
    for (let i = 0; i < 20_000; i++) {
      const bent = Buffer.from(sample);
      if (i % 2 === 0) bent.writeUInt16BE(Math.floor(random() * 65_536), 2);
      for (let flips = i % 4; flips > 0; flips--) bent[Math.floor(random() * 60)] = Math.floor(random() * 256);
      call.link.rtp(i % 7 === 0 ? bent.subarray(0, Math.floor(random() * bent.length)) : bent);
      if (i % 50 === 0) call.clock.advance(1);
    }
    call.link.rtp(Buffer.alloc(0));
    call.link.rtp(Buffer.alloc(65_000, 0x80));
    assert.ok(call.receiver.stats.invalid > 100);
    assert.ok(call.receiver.stats.outOfRange > 100);
    call.source.forceKey();
    call.run(2_000);
    assert.ok((call.numbers().at(-1) ?? 0) > 80, 'and shows pictures afterwards');
  });

  it('goes on when a listener of frames throws', () => {
    const clock = new ManualClock();
    const link = new Link(clock, 'video', clean);
    let calls = 0;
    const receiver = new VideoReceiver({
      port: link.receiver,
      clock,
      log: silentLogger,
      localSsrc: 1,
      onFrame: () => {
        calls++;
        throw new Error('planted');
      },
    });
    receiver.start();
    for (let n = 0; n < 3; n++) link.rtp(Buffer.from(`8065000${n}0000000011111111ac923400abff`, 'hex'));
    clock.advance(5);
    assert.equal(calls, 3);
  });
});
