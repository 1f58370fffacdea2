import type { Display } from '../../devices/device.ts';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { LayoutMode, RoomLayout } from '../call-state.ts';
import { noSpeaker, stepSpeaker } from '../active-speaker.ts';
import { ambientPicture } from './ambient-picture.ts';
import { DecoderPool } from './decoder-pool.ts';
import { labels } from './display-labels.ts';
import { IdleScreen } from './idle-screen.ts';
import { type Arrangement, arrange, type Layout } from './display-layout.ts';
import type { MediaGst } from './media-gst.ts';
import { type Placed, RoomScreen } from './room-screen.ts';
import { VideoWindow } from './video-window.ts';
import type {
  Ambient,
  LayoutChange,
  RemoteWindow,
  RemoteWindowListeners,
  RoomWindows,
  ShownPerson,
  ShownStatus,
  ShownTile,
} from './video-parts.ts';

export interface RoomWindowsDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  /** One or two. */
  readonly displays: readonly Display[];
  /** Remote videos decoded at once. */
  readonly decoders: number;
  /** Whether there is a camera of ours to be shown. */
  readonly selfView: boolean;
}

/** Whose window it is, and the video in it; null: they send none. */
interface Member {
  readonly peer: string;
  readonly source: 'camera' | 'screen';
  readonly video: VideoWindow | null;
}

const nobody: Member = { peer: '', source: 'camera', video: null };

const REDRAW_MS = 1_000;
const SPEAKER_STEP_MS = 200;

/** Of a person's window, whether they have a camera or not; a shared screen's is its consumer. */
const personWindow = (peer: string): string => `person ${peer}`;

/**
 * The room's displays: windows of the others, ourselves, names, and the line with the verification code. A change of layout moves
 * pictures and starts nothing anew. INVARIANTS: only people of the group have windows, whatever the server announces; a video has
 * a decoder only while its window is visible; a window has a tile only while its video has a decoder.
 */
export class GstRoomWindows implements RoomWindows {
  readonly #deps: RoomWindowsDeps;
  readonly #screens: readonly RoomScreen[];
  readonly #idle: readonly { readonly screen: IdleScreen; readonly inSession: boolean }[];
  readonly #pool: DecoderPool;
  /** By consumer, the oldest first. */
  readonly #videos = new Map<string, VideoWindow>();
  /** Peers in the order in which they came. */
  readonly #known = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #levels = new Map<string, number>();
  #wanted: { mode: LayoutMode; page: number; selfView: boolean } = { mode: 'grid', page: 1, selfView: true };
  #speaker = noSpeaker;
  #running = false;
  #people: readonly ShownPerson[] = [];
  /** By window: people in the order in which they came, then screens, the oldest first. */
  #members: ReadonlyMap<string, Member> = new Map();
  #status: ShownStatus = { room: '', code: null, warning: null, notice: null };
  #black = false;
  #ambient: Ambient | null = null;
  #arranged: Arrangement = { page: 1, pages: 1, displays: [] };
  #stops: (() => void)[] = [];

  constructor(deps: RoomWindowsDeps) {
    this.#deps = deps;
    const { open, clock, log, displays, decoders } = deps;
    this.#pool = new DecoderPool({ open, clock, size: decoders });
    this.#screens = displays.map((display) => new RoomScreen({ open, clock, log, display, slots: decoders }));
    this.#idle = displays.map((display) => ({
      screen: new IdleScreen({ open, clock, log, display }),
      inSession: display.inSession,
    }));
  }

  get layout(): RoomLayout {
    const { mode, selfView } = this.#wanted;
    const { page, pages } = this.#arranged;
    return { mode, page, pages, selfView: selfView && this.#deps.selfView, displays: this.#screens.length };
  }

  setLayout({ mode, page, selfView }: LayoutChange): RoomLayout {
    const before = this.#wanted;
    // Another mode has other pages: it begins with its first.
    const first = mode !== undefined && mode !== before.mode ? 1 : before.page;
    this.#wanted = { mode: mode ?? before.mode, page: page ?? first, selfView: selfView ?? before.selfView };
    this.#arrange();
    return this.layout;
  }

  setBlack(black: boolean): void {
    this.#black = black;
    this.#showIdle();
  }

  setAmbient(ambient: Ambient | null): void {
    this.#ambient = ambient;
    this.#showIdle();
  }

  start(): void {
    if (this.#running) return;
    this.#endIdle();
    this.#running = true;
    this.#arrange();
    for (const screen of this.#screens) screen.start();
    const { clock } = this.#deps;
    this.#stops.push(
      clock.every(REDRAW_MS, () => this.#draw()),
      clock.every(SPEAKER_STEP_MS, () => this.#followSpeaker()),
    );
  }

  open(
    { consumer, peer, source }: { consumer: string; peer: string; source: 'camera' | 'screen' },
    listeners: RemoteWindowListeners,
  ): RemoteWindow {
    const video = new VideoWindow({
      consumer,
      peer,
      source,
      listeners,
      onChange: () => this.#arrange(),
      onClose: () => this.#close(video),
    });
    this.#videos.set(consumer, video);
    this.#arrange();
    return video;
  }

  setPeople(people: readonly ShownPerson[]): void {
    this.#people = people;
    // Their last picture must not be what comes first when the camera is on again.
    for (const video of this.#videos.values()) if (this.#isOff(video) && video.slot !== null) video.clear();
    this.#arrange();
  }

  setStatus(status: ShownStatus): void {
    this.#status = status;
    this.#draw();
  }

  hear(peer: string, levelDbov: number): void {
    this.#levels.set(peer, Math.max(levelDbov, this.#levels.get(peer) ?? -127));
  }

  tiles(): readonly ShownTile[] {
    const tiles = new Map<string, ShownTile>();
    for (const { boxes, large } of this.#arranged.displays)
      for (const [id, { width, height }] of boxes) {
        const { peer, source, video } = this.#members.get(id) ?? nobody;
        if (!video?.hasDecoder) continue;
        const { consumer } = video;
        const other = tiles.get(consumer);
        const size = other && other.width * other.height > width * height ? other : { width, height };
        tiles.set(consumer, {
          consumer,
          width: size.width,
          height: size.height,
          pinned: id === large || (other?.pinned ?? false),
          speaker: source === 'camera' && peer === this.#speaker.current,
        });
      }
    return [...tiles.values()];
  }

  onLayout(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async snapshot(display: number): Promise<Uint8Array> {
    const screen = this.#screens[display - 1];
    const idle = this.#idle[display - 1];
    if (!screen || !idle) throw new UsageError('media/no-snapshot', 'The room has no such display');
    return this.#running ? screen.snapshot() : idle.screen.snapshot();
  }

  stop(): void {
    this.#running = false;
    this.#endIdle();
    for (const stop of this.#stops.splice(0)) stop();
    for (const video of this.#videos.values()) this.#release(video);
    this.#videos.clear();
    for (const screen of this.#screens) screen.stop();
  }

  #showIdle(): void {
    if (this.#running) return;
    for (const { screen, inSession } of this.#idle) {
      // A black window over a session could cover the panel.
      if (this.#black && !inSession) screen.show('');
      else if (!this.#black && this.#ambient && (this.#ambient.overSession || !inSession))
        screen.show(ambientPicture(this.#ambient.view, screen.size));
      else screen.stop();
    }
  }

  #endIdle(): void {
    this.#black = false;
    this.#ambient = null;
    for (const { screen } of this.#idle) screen.stop();
  }

  #close(video: VideoWindow): void {
    if (this.#videos.get(video.consumer) !== video) return;
    this.#videos.delete(video.consumer);
    this.#arrange();
    this.#release(video);
  }

  #followSpeaker(): void {
    const peers = this.#people.filter(({ self }) => !self).map(({ peer }) => peer);
    const before = this.#speaker.current;
    this.#speaker = stepSpeaker(this.#speaker, this.#levels, peers, this.#deps.clock.nowMs());
    this.#levels.clear();
    if (this.#speaker.current !== before) this.#arrange();
  }

  #arrange(): void {
    this.#members = this.#membersNow();
    const { current } = this.#speaker;
    const windows = [...this.#members];
    this.#arranged = arrange(
      {
        ...this.#wanted,
        selfView: this.#wanted.selfView && this.#deps.selfView,
        people: windows.flatMap(([id, { source }]) => (source === 'camera' ? [id] : [])),
        screens: windows.flatMap(([id, { source }]) => (source === 'screen' ? [id] : [])).toReversed(),
        speaker: current === null ? null : personWindow(current),
      },
      this.#screens.map(({ size }) => size),
    );
    this.#place();
    this.#moveDecoders();
    this.#draw();
    for (const listener of this.#listeners) listener();
  }

  #membersNow(): Map<string, Member> {
    const present = new Set(this.#people.filter(({ self }) => !self).map(({ peer }) => peer));
    const videos = [...this.#videos.values()].filter(({ peer }) => present.has(peer));
    for (const peer of this.#known) if (!present.has(peer)) this.#known.delete(peer);
    for (const peer of present) this.#known.add(peer);
    const members = new Map<string, Member>();
    for (const peer of this.#known) members.set(personWindow(peer), { peer, source: 'camera', video: null });
    for (const video of videos) {
      const { peer, source, consumer } = video;
      members.set(source === 'camera' ? personWindow(peer) : consumer, { peer, source, video });
    }
    return members;
  }

  /** What was visible is hidden first and then loses its decoder, so that nothing of it is seen to go black. */
  #place(): void {
    const ownCameraOn = !this.#people.some(({ self, cameraOn }) => self && !cameraOn);
    for (const [i, { boxes, selfView }] of this.#arranged.displays.entries()) {
      const placed = [...boxes].flatMap(([id, box]): Placed[] => {
        const slot = this.#pictureIn(this.#members.get(id));
        return slot === null ? [] : [{ slot, box }];
      });
      if (selfView && ownCameraOn) placed.push({ slot: null, box: selfView });
      this.#screens[i]?.place(placed);
    }
  }

  #moveDecoders(): void {
    const visible = new Set(
      this.#arranged.displays.flatMap(({ boxes }) =>
        [...boxes.keys()].flatMap((id) => this.#members.get(id)?.video ?? []),
      ),
    );
    for (const video of this.#videos.values()) if (!visible.has(video)) this.#release(video);
    for (const video of visible) {
      if (video.hasDecoder) continue;
      const decoder = this.#pool.take();
      if (decoder) video.attach(decoder);
      else this.#deps.log.warn('more visible videos than decoders', { decoders: this.#deps.decoders });
    }
  }

  #release(video: VideoWindow): void {
    const decoder = video.detach();
    if (decoder) this.#pool.give(decoder);
  }

  /** Slot of the picture to be seen; null: none. */
  #pictureIn(member: Member | undefined): number | null {
    return member?.video && !this.#isOff(member.video) ? member.video.slot : null;
  }

  #isOff({ peer, source }: VideoWindow): boolean {
    return source === 'camera' && this.#people.some((person) => person.peer === peer && !person.cameraOn);
  }

  #draw(): void {
    const time = new Date(this.#deps.clock.wallMs()).toTimeString().slice(0, 5);
    for (const [i, layout] of this.#arranged.displays.entries()) {
      const screen = this.#screens[i];
      if (screen) screen.draw(this.#labelsOf(layout, screen.size, time));
    }
  }

  #labelsOf(layout: Layout, size: { width: number; height: number }, time: string): string {
    const windows = new Map(
      [...this.#members].map(([id, member]) => [id, { ...member, pictured: this.#pictureIn(member) !== null }]),
    );
    const { page, pages } = this.#arranged;
    return labels({
      ...size,
      layout,
      windows,
      people: this.#people,
      status: this.#status,
      time,
      page: pages > 1 ? `${page}/${pages}` : '',
    });
  }
}
