import assert from 'node:assert/strict';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { GstRoomWindows } from '../../../src/call/media/room-windows.ts';
import type { LayoutChange, RemoteWindow, ShownPerson } from '../../../src/call/media/video-parts.ts';
import { virtualDisplay } from '../../../src/devices/virtual.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { type EncodedPicture, encodeShades, play, shadeOf } from '../../support/shades.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const TAP = { width: 320, height: 180 };
const STATUS_ROWS = 12;
/** Luminance of everybody but the one who is watched. */
const OTHERS = 45;

/** One composed picture: the counted video's shade, null when it is not there, and how much of the picture each video takes. */
interface Composed {
  readonly atMs: number;
  readonly shade: number | null;
  readonly counted: number;
  readonly others: number;
}

describe('changes of the room display', function () {
  this.timeout(60_000);
  let open: (launch: string) => MediaGst;
  let counted: EncodedPicture[];
  let plain: EncodedPicture[];
  const stops: (() => void)[] = [];

  before(async () => {
    await nativePlugin();
    ({ openMediaGst: open } = await import('../../../src/call/media/media-gst.ts'));
    counted = await encodeShades(240, shadeOf);
    plain = await encodeShades(30, () => OTHERS);
  });
  afterEach(() => {
    for (const stop of stops.splice(0).toReversed()) stop();
  });

  /** Displays whose pictures are looked at one by one. */
  function display(count: 1 | 2, decoders: number) {
    const seen: Composed[][] = [];
    const launches: string[] = [];
    const device = {
      ...virtualDisplay(false),
      virtual: false,
      sink: `video/x-raw,format=GRAY8,width=${TAP.width},height=${TAP.height} ! appsink name=tap sync=true max-buffers=4 drop=true`,
    };
    const windows = new GstRoomWindows({
      clock: systemClock,
      log: silentLogger,
      displays: Array.from({ length: count }, () => device),
      decoders,
      selfView: false,
      open: (launch) => {
        launches.push(launch);
        const gst = open(launch);
        if (!launch.includes('layoutbin')) return gst;
        const pictures: Composed[] = [];
        seen.push(pictures);
        return {
          ...gst,
          play: () => {
            gst.play();
            gst.pull('tap', (bytes) => bytes && pictures.push(look(bytes)));
          },
        };
      },
    });
    windows.start();
    stops.push(() => windows.stop());
    return { windows, seen, launches };
  }

  /** A person who sends while their window is visible, from a key picture on, as the server has it of demand. */
  function person(
    windows: GstRoomWindows,
    peer: string,
    pictures: EncodedPicture[],
    source: 'camera' | 'screen' = 'camera',
  ) {
    const consumer = `${source}-${peer}`;
    const firsts: number[] = [];
    const window: RemoteWindow = windows.open(
      { consumer, peer, source },
      {
        onFirstPicture: () => firsts.push(performance.now()),
        onShownAgain: () => firsts.push(performance.now()),
        onDecoderStuck: () => sending.restart(),
      },
    );
    const visible = (): boolean => windows.tiles().some((tile) => tile.consumer === consumer);
    let was = false;
    const sending = play(pictures, ({ data, key }) => {
      const is = visible();
      if (is && !was) sending.restart();
      was = is;
      window.show(data, key);
    });
    stops.push(() => sending.stop());
    return { consumer, window, firsts, visible };
  }

  const shown = (peers: readonly string[]): ShownPerson[] =>
    peers.map((peer) => ({
      peer,
      name: '',
      verified: true,
      speaking: false,
      muted: false,
      cameraOn: true,
      self: false,
    }));

  it('one window goes on, complete in every picture, while the others come, go, grow and move', async () => {
    const { windows, seen } = display(1, 8);
    windows.setPeople(shown(['ana', 'ben']));
    const ana = person(windows, 'ana', counted);
    const ben = person(windows, 'ben', plain);
    await eventually('both', 5_000, () => ana.firsts.length > 0 && ben.firsts.length > 0);
    await sleep(500);
    const pictures = seen[0] ?? [];
    const from = pictures.length;
    const change = async (layout: LayoutChange): Promise<void> => {
      windows.setLayout(layout);
      await sleep(400);
    };
    await change({ mode: 'speaker' });
    // Ben speaks and takes the large window.
    const speaking = setInterval(() => windows.hear('ben', -20), 100);
    await eventually('Ben large', 4_000, () =>
      windows.tiles().some(({ consumer, pinned }) => pinned && consumer === ben.consumer),
    );
    clearInterval(speaking);
    await sleep(400);
    await change({ mode: 'grid' });
    const share = person(windows, 'ben', plain, 'screen');
    await eventually('the share', 2_000, () => share.firsts.length > 0);
    await sleep(400);
    share.window.close();
    await sleep(400);
    windows.setPeople(shown(['ana', 'ben', 'eve']));
    const eve = person(windows, 'eve', plain);
    await eventually('Eve', 2_000, () => eve.firsts.length > 0);
    await change({ mode: 'speaker' });
    eve.window.close();
    windows.setPeople(shown(['ana', 'ben']));
    await change({ mode: 'grid' });
    report('the window that goes on', pictures.slice(from));
    assertContinuous(pictures.slice(from));
    // Every picture is one layout or the next, never half of each: nothing overlaps, so nothing is cut.
    const areas = new Set(pictures.slice(from).map(({ counted: area }) => Math.round(area * 50)));
    assert.ok(areas.size <= 10, `${areas.size} sizes of the window`);
  });

  it('shows one video on both displays, and moves it on one without a gap on the other', async () => {
    const { windows, seen, launches } = display(2, 4);
    windows.setPeople(shown(['ana', 'ben']));
    const ana = person(windows, 'ana', counted);
    const ben = person(windows, 'ben', plain);
    await eventually('both', 5_000, () => ana.firsts.length > 0 && ben.firsts.length > 0);
    await sleep(500);
    const from = seen.map(({ length }) => length);
    for (let n = 0; n < 3; n++) {
      windows.setLayout({ mode: 'speaker' });
      await sleep(400);
      windows.setLayout({ mode: 'grid' });
      await sleep(400);
    }
    for (const [i, pictures] of seen.entries()) {
      report(`display ${i + 1}`, pictures.slice(from[i]));
      assertContinuous(pictures.slice(from[i]));
    }
    assert.equal(launches.filter((launch) => launch.includes('vp9dec')).length, 2);
    const [tile] = windows.tiles().filter(({ consumer }) => consumer === ana.consumer);
    assert.ok(tile?.pinned && tile.width > 1_000);
  });

  it('turns pages of sixty people with 26 decoders: pictures within a second, nothing for who is not visible', async () => {
    const { windows, launches } = display(1, 26);
    const peers = Array.from({ length: 60 }, (_, i) => `p${i}`);
    windows.setPeople(shown(peers));
    const all = peers.map((peer) => person(windows, peer, plain));
    const visible = () => all.filter((each) => each.visible());
    assert.deepEqual(visible(), all.slice(0, 25));
    await eventually('the first page', 5_000, () => visible().every(({ firsts }) => firsts.length === 1));
    const times: number[] = [];
    for (const [page, people] of [
      [2, all.slice(25, 50)],
      [3, all.slice(50)],
      [1, all.slice(0, 25)],
    ] as const) {
      const before = people.map(({ firsts }) => firsts.length);
      const atMs = performance.now();
      assert.deepEqual(windows.setLayout({ page }), { mode: 'grid', page, pages: 3, selfView: false, displays: 1 });
      const busyMs = performance.now() - atMs;
      assert.deepEqual(visible(), people);
      await eventually(`page ${page}`, 3_000, () => people.every(({ firsts }, i) => firsts.length > (before[i] ?? 0)));
      times.push(...people.map(({ firsts }) => (firsts.at(-1) ?? 0) - atMs));
      assert.ok(busyMs < 60, `turning the page held everything else up for ${busyMs} ms`);
    }
    times.sort((a, b) => a - b);
    console.log(
      `      first pictures of a page: median ${times[Math.floor(times.length / 2)]?.toFixed(0)} ms, last ${times.at(-1)?.toFixed(0)} ms`,
    );
    assert.ok((times.at(-1) ?? 0) <= 1_000);
    assert.ok(launches.filter((launch) => launch.includes('vp9dec')).length <= 26);
    const [hidden] = all.slice(50);
    const decoded = hidden?.window.figures.decoded;
    await sleep(300);
    assert.ok((decoded ?? 0) > 0);
    assert.equal(hidden?.window.figures.decoded, decoded);
  });
});

function look(bytes: Buffer): Composed {
  const counts = new Uint32Array(256);
  for (const value of bytes.subarray(STATUS_ROWS * TAP.width, TAP.width * TAP.height))
    counts[value] = (counts[value] ?? 0) + 1;
  const total = TAP.width * (TAP.height - STATUS_ROWS);
  const share = (from: number, to: number): number =>
    counts.slice(from, to).reduce((sum, each) => sum + each, 0) / total;
  const loudest = counts.reduce((best, each, value) => (value >= 70 && each > (counts[best] ?? 0) ? value : best), 70);
  const here = share(loudest - 6, loudest + 7);
  return {
    atMs: performance.now(),
    shade: here > 0.02 ? loudest : null,
    counted: here,
    others: share(OTHERS - 8, OTHERS + 9),
  };
}

/** Longest time, ms, for which a picture was not followed by the next one. */
function longestGap(pictures: readonly Composed[]): number {
  let [gap, changedMs, last] = [0, pictures[0]?.atMs ?? 0, pictures[0]?.shade ?? null];
  for (const { atMs, shade } of pictures) {
    if (shade === null || last === null || Math.abs(shade - last) < 6) continue;
    gap = Math.max(gap, atMs - changedMs);
    [changedMs, last] = [atMs, shade];
  }
  return gap;
}

function report(name: string, pictures: readonly Composed[]): void {
  const waits = pictures.slice(1).map(({ atMs }, i) => atMs - (pictures[i]?.atMs ?? 0));
  console.log(
    `      ${name}: ${pictures.length} pictures, at most ${Math.max(...waits).toFixed(0)} ms apart, a new one of the video within ${longestGap(pictures).toFixed(0)} ms`,
  );
}

function assertContinuous(pictures: readonly Composed[]): void {
  assert.ok(pictures.length > 60);
  assert.equal(pictures.filter(({ shade }) => shade === null).length, 0, 'it was black, or not there');
  assert.ok(longestGap(pictures) <= 100, `stood still for ${longestGap(pictures).toFixed(0)} ms`);
}
