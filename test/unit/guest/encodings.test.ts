import assert from 'node:assert/strict';
import { encodingFor, encodingParameters } from '../../../server/guest/engine/encodings.ts';
import { SenderControl } from '../../../server/guest/engine/sender-control.ts';
import { levelDbov, streamStats } from '../../../server/guest/engine/stats.ts';

const layers = (spatial: number, temporal: number): { spatial: number; temporal: number } => ({ spatial, temporal });

describe('what a guest encodes', () => {
  it('follows the demand, so that layers keep their sizes and numbers', () => {
    assert.deepEqual(encodingParameters(encodingFor('camera', layers(2, 2), false)), {
      active: true,
      maxBitrate: 1_500_000,
      scalabilityMode: 'L3T3_KEY',
      scaleResolutionDownBy: 1,
      maxFramerate: 30,
    });
    assert.equal(encodingFor('camera', layers(1, 2), false).scalabilityMode, 'L2T3_KEY');
    assert.equal(encodingFor('camera', layers(1, 2), false).scaleResolutionDownBy, 2);
    assert.equal(encodingFor('camera', layers(0, 1), false).scalabilityMode, 'L1T2');
    assert.equal(encodingFor('camera', layers(0, 0), false).scaleResolutionDownBy, 4);
    assert.equal(encodingFor('camera', layers(0, 0), false).maxFramerate, 7.5);
    const rates = [2, 1, 0].map((temporal) => encodingFor('camera', layers(0, temporal), false).maxBitrate);
    assert.deepEqual(rates, [150_000, 105_000, 75_000]);
  });

  it('is nothing when nobody watches, or muted', () => {
    assert.equal(encodingFor('camera', null, false).active, false);
    assert.equal(encodingFor('camera', layers(2, 2), true).active, false);
    assert.equal(encodingFor('microphone', null, true).active, false);
  });

  it('keeps a shared screen whole', () => {
    assert.equal(encodingFor('screen', layers(0, 2), false).scaleResolutionDownBy, 1);
    assert.equal(encodingFor('screen', layers(2, 2), false).scalabilityMode, 'L1T3');
    assert.equal(encodingFor('screen', layers(2, 0), false).degradation, 'maintain-resolution');
  });

  it('gives up frames of a shared screen: few at most, and fewer where fewer are wanted', () => {
    const frames = [2, 1, 0].map((temporal) => encodingFor('screen', layers(1, temporal), false).maxFramerate);
    assert.deepEqual(frames, [15, 7.5, 3.75]);
    assert.equal(encodingFor('screen', null, false).active, false);
  });
});

describe('a sender under control', () => {
  const full = encodingFor('camera', layers(2, 2), false);

  it('reaches the last wish, one transaction at a time, and tries a lost race again', async () => {
    let open = 0;
    let failures = 1;
    const set: unknown[] = [];
    const sender = {
      getParameters: () => ({ transactionId: String(set.length), encodings: [{}] }),
      setParameters: async (parameters: { encodings: { scalabilityMode?: string }[] }) => {
        open += 1;
        assert.equal(open, 1);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        if (failures-- > 0) throw new Error('transaction');
        set.push(parameters.encodings[0]?.scalabilityMode);
      },
    } as unknown as RTCRtpSender;
    const control = new SenderControl(sender, full);
    await Promise.all([0, 1, 2, 0, 1].map((spatial) => control.want(encodingFor('camera', layers(spatial, 2), false))));
    assert.equal(set.at(-1), 'L2T3_KEY');
    assert.ok(set.length < 5);
  });

  it('is told that letters stay sharp, and nothing of the kind for faces', async () => {
    for (const [source, preference] of [
      ['screen', 'maintain-resolution'],
      ['camera', undefined],
    ] as const) {
      let set: RTCRtpSendParameters | null = null;
      const sender = {
        getParameters: () => ({ encodings: [{}] }),
        setParameters: async (parameters: RTCRtpSendParameters) => void (set = parameters),
      } as unknown as RTCRtpSender;
      await new SenderControl(sender, full).want(encodingFor(source, layers(2, 2), false));
      assert.equal((set as RTCRtpSendParameters | null)?.degradationPreference, preference);
    }
  });

  it('gives a stopped sender up', async () => {
    const sender = { getParameters: () => ({ encodings: [] }) } as unknown as RTCRtpSender;
    await new SenderControl(sender, full).want(full);
  });
});

describe('figures of a stream', () => {
  const stream = { id: 'x', direction: 'receive', peer: 'p', source: 'camera' } as const;

  it('leave out the server’s bandwidth probes and what is not there', () => {
    const report = [
      {
        type: 'inbound-rtp',
        mid: '1',
        packetsReceived: 10,
        bytesReceived: 1_000,
        packetsLost: 1,
        framesDecoded: 5,
        frameWidth: 640,
        frameHeight: 360,
      },
      { type: 'inbound-rtp', mid: 'probator', packetsReceived: 99 },
      { type: 'codec' },
      null,
    ];
    const stats = streamStats(stream, report, { rejected: 2, withoutKey: 3 });
    assert.deepEqual(
      [stats.packets, stats.packetsLost, stats.width, stats.framesEncoded, stats.keyFrames],
      [10, 1, 640, null, null],
    );
    assert.deepEqual([stats.framesRejected, stats.framesWithoutKey], [2, 3]);
  });

  it('tell loudness in dBov, and silence as the lowest', () => {
    assert.equal(levelDbov([{ type: 'inbound-rtp', audioLevel: 1 }], 'inbound-rtp'), 0);
    assert.equal(levelDbov([{ type: 'inbound-rtp', audioLevel: 0 }], 'inbound-rtp'), -127);
    assert.equal(Math.round(levelDbov([{ type: 'media-source', audioLevel: 0.1 }], 'media-source') ?? 0), -20);
    assert.equal(levelDbov([{ type: 'inbound-rtp' }], 'inbound-rtp'), null);
  });
});
