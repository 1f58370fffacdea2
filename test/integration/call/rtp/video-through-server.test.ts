import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { systemClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { AudioReceiver } from '../../../../src/call/rtp/audio-receiver.ts';
import { AudioSender } from '../../../../src/call/rtp/audio-sender.ts';
import { Pacer } from '../../../../src/call/rtp/pacer.ts';
import type { Picture } from '../../../../src/call/rtp/picture-assembler.ts';
import { PictureAssembler } from '../../../../src/call/rtp/picture-assembler.ts';
import { createNtpClock } from '../../../../src/call/rtp/sender-reports.ts';
import { VideoReceiver } from '../../../../src/call/rtp/video-receiver.ts';
import { VideoSender } from '../../../../src/call/rtp/video-sender.ts';
import { KsvcSource } from '../../../unit/call/rtp/ksvc.ts';
import type { Leg, Rig } from '../transport/rig.ts';
import { consume, openLeg, openRig, produce, until } from '../transport/rig.ts';

/** 30 pictures a second through a real mediasoup worker, as one participant sends and another receives. */
describe('video and audio through mediasoup', function () {
  this.timeout(20_000);
  let rig: Rig;
  let up: Leg;
  let down: Leg;
  const ends: (() => void)[] = [];

  before(async () => {
    rig = await openRig();
    up = await openLeg(rig.router, 'send');
    down = await openLeg(rig.router, 'recv', { initialBitrate: 4_000_000 });
  });
  after(() => {
    for (const end of ends) end();
    up.close();
    down.close();
    rig.close();
  });

  const common = { clock: systemClock, log: silentLogger };
  const outgoing = {
    ...common,
    ntp: createNtpClock(systemClock),
    nextTransportSequence: () => 0,
    random32: () => randomInt(2 ** 32),
  };

  it('carries pictures whole, changes layers at key pictures, and tells the time of both alike', async () => {
    const video = await produce(up, 'video');
    const audio = await produce(up, 'audio');
    const pacer = new Pacer(systemClock);
    pacer.setTarget(2_000_000);
    const sender = new VideoSender({ ...outgoing, port: video.port, pacer, temporalLayers: 3 });
    const voice = new AudioSender({ ...outgoing, port: audio.port, pacer });
    const source = new KsvcSource();
    let keyRequests = 0;
    const bandwidths: number[] = [];
    sender.events.on('keyPictureNeeded', () => {
      keyRequests++;
      source.forceKey();
    });
    sender.events.on('bandwidth', (bps) => bandwidths.push(bps));
    voice.events.on('bandwidth', (bps) => bandwidths.push(bps));
    sender.start();
    voice.start();

    const pictures: Picture[] = [];
    const heard: number[] = [];
    const seen = await consume(down, video.server.id);
    const listened = await consume(down, audio.server.id);
    const assembler: PictureAssembler = new PictureAssembler({
      onPicture: (picture) => pictures.push(picture),
      onKeyPictureNeeded: () => receiver.requestKeyPicture(),
    });
    const receiver = new VideoReceiver({
      ...common,
      port: seen.port,
      localSsrc: 5,
      onFrame: (frame) => assembler.push(frame),
    });
    const ear = new AudioReceiver({
      ...common,
      port: listened.port,
      localSsrc: 6,
      onPacket: (packet) => heard.push(packet.timestamp),
    });
    receiver.start();
    ear.start();

    const bytes = (spatial: number, key: boolean) => (key ? 3_000 : 700) * (spatial + 1);
    ends.push(
      systemClock.every(33, () => {
        for (const frame of source.next(systemClock.nowMs(), bytes)) sender.send(frame);
      }),
      systemClock.every(20, () => void voice.send([Buffer.alloc(80, 1)], systemClock.nowMs())),
      () => [sender, voice, receiver, ear, pacer].forEach((part) => part.close()),
    );

    await until(() => pictures.length > 30 && pictures.at(-1)?.spatial === 2, 'full resolution', 5_000);
    assert.ok(
      pictures.every(
        (picture) =>
          picture.data.length ===
          (picture.key
            ? [0, 1, 2].filter((s) => s <= picture.spatial).reduce((sum, s) => sum + bytes(s, true), 0)
            : bytes(picture.spatial, false)),
      ),
    );
    assert.equal(receiver.stats.invalid + receiver.stats.malformed, 0);
    assert.ok(keyRequests > 0, 'the server asked for the first key picture');

    await seen.server.setPreferredLayers({ spatialLayer: 0, temporalLayer: 1 });
    await until(() => pictures.at(-1)?.spatial === 0 && pictures.at(-1)?.key === false, 'the thumbnail', 5_000);
    const from = pictures.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const thumbnails = pictures.slice(from);
    assert.ok(
      thumbnails.length >= 6 && thumbnails.every((picture) => picture.temporal <= 1 && picture.spatial === 0),
      `${thumbnails.length} pictures`,
    );
    await seen.server.setPreferredLayers({ spatialLayer: 2, temporalLayer: 2 });
    await until(() => pictures.at(-1)?.spatial === 2, 'full resolution again', 5_000);

    await until(
      () => receiver.captureTimeOf(0) !== null && ear.captureTimeOf(0) !== null && bandwidths.length > 0,
      'reports',
      8_000,
    );
    const seenAt = receiver.captureTimeOf(pictures.at(-1)?.rtpTimestamp ?? 0) ?? 0;
    const heardAt = ear.captureTimeOf(heard.at(-1) ?? 0) ?? 0;
    assert.ok(Math.abs(seenAt - heardAt) < 60, `${seenAt - heardAt} ms between what was captured last`);
    assert.ok(
      bandwidths.some((bps) => bps > 100_000),
      bandwidths.join(),
    );
    assert.deepEqual(rig.complaints, []);
    const stats = await video.server.getStats();
    assert.equal(stats[0]?.packetsLost, 0);
  });
});
