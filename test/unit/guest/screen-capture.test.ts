import assert from 'node:assert/strict';
import { ScreenCapture } from '../../../server/guest/engine/screen-capture.ts';

/** What the browser's own dialog would give. */
function chosen(stream: object | null): { asked: MediaStreamConstraints[] } {
  const asked: MediaStreamConstraints[] = [];
  const getDisplayMedia = async (constraints: MediaStreamConstraints): Promise<object> => {
    asked.push(constraints);
    if (!stream) throw new Error('NotAllowedError');
    return stream;
  };
  Object.defineProperty(navigator, 'mediaDevices', { value: { getDisplayMedia }, configurable: true });
  return { asked };
}

function picture(): EventTarget & { contentHint: string; stopped: boolean; stop: () => void } {
  return Object.assign(new EventTarget(), {
    contentHint: '',
    stopped: false,
    stop(this: { stopped: boolean }) {
      this.stopped = true;
    },
  });
}

describe('a shared screen', () => {
  after(() => Reflect.deleteProperty(navigator, 'mediaDevices'));

  it('is asked for with few frames, whole, and treated as letters rather than motion', async () => {
    const track = picture();
    const { asked } = chosen({ getVideoTracks: () => [track], getAudioTracks: () => [] });
    const capture = new ScreenCapture(() => undefined);
    assert.equal(await capture.start(), track);
    assert.equal(track.contentHint, 'detail');
    const video = asked[0]?.video as MediaTrackConstraints;
    assert.deepEqual(video.frameRate, { max: 15 });
    assert.ok((video.width as { max: number }).max >= 1_920);
    capture.stop('screen');
    assert.ok(track.stopped);
  });

  it('tells when the person ended it, and not when we did', async () => {
    let ended = 0;
    const track = picture();
    chosen({ getVideoTracks: () => [track], getAudioTracks: () => [] });
    const capture = new ScreenCapture(() => ended++);
    await capture.start();
    track.dispatchEvent(new Event('ended'));
    assert.equal(ended, 1);
    capture.stop('screen');
    track.dispatchEvent(new Event('ended'));
    assert.equal(ended, 1);
  });

  it('is nothing when nothing was chosen', async () => {
    chosen(null);
    await assert.rejects(new ScreenCapture(() => undefined).start(), /screen-not-chosen/);
    chosen({ getVideoTracks: () => [], getAudioTracks: () => [] });
    await assert.rejects(new ScreenCapture(() => undefined).start(), /screen-not-chosen/);
  });
});
