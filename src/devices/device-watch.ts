import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { TypedEmitter } from '../lib/events.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { DevicePresence } from './device.ts';
import type { DeviceRoots, FoundDevices } from './discover.ts';

/** Folders of the system. */
export interface Folders {
  /** Which folder stands at this path: another text once it was removed and made anew; null when there is none. */
  key(path: string): Promise<string | null>;
  /** Tells of changes in a folder until the returned function is called; null when it cannot be watched. */
  watch(path: string, changed: () => void): (() => void) | null;
}

export const systemFolders: Folders = {
  key: async (path) => {
    const there = await stat(path).catch(() => null);
    return there?.isDirectory() === true ? `${path} ${there.ino} ${there.birthtimeMs}` : null;
  },
  watch: (path, changed) => {
    try {
      const watcher = watch(path, { persistent: false }, changed);
      // The folder went, or the kernel's watches are used up: the poll finds what changes.
      watcher.on('error', changed);
      return () => watcher.close();
    } catch {
      return null;
    }
  },
};

export interface DeviceWatchDeps {
  readonly roots: DeviceRoots;
  readonly discover: (roots: DeviceRoots) => Promise<FoundDevices>;
  readonly folders: Folders;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface DeviceChange {
  readonly found: FoundDevices;
  /** Also what is still there and has changed, as a display with another resolution: it stands in both. */
  readonly added: FoundDevices;
  readonly removed: FoundDevices;
}

interface DeviceWatchEvents {
  change: [DeviceChange];
}

const kinds = ['cameras', 'microphones', 'speakers', 'displays', 'serialPorts'] as const;
/** udev makes the links of a device one by one. */
const SETTLE_MS = 200;
/** sysfs and procfs tell nothing of changes, and a folder may be missing or unwatchable. */
const POLL_MS = 1_000;

/**
 * Finds again and again what is plugged in: when one of udev's folders changes, and every second besides. Works while
 * somebody listens.
 *
 * INVARIANTS
 * - At most one search runs; what changes meanwhile is followed by another.
 * - Folders are watched before they are searched, so that nothing falls between.
 */
export class DeviceWatch {
  readonly #deps: DeviceWatchDeps;
  readonly #events: TypedEmitter<DeviceWatchEvents>;
  readonly #watched = new Map<string, () => void>();
  #listeners = 0;
  #found: FoundDevices | null = null;
  #searching = false;
  /** Counts what was noticed. */
  #noticings = 0;
  #cancelSettle: (() => void) | null = null;
  #cancelPoll: (() => void) | null = null;

  constructor(deps: DeviceWatchDeps) {
    this.#deps = deps;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
  }

  /** What was found last; null before the first search has ended. */
  get found(): FoundDevices | null {
    return this.#found;
  }

  /** The first search is told as a change from nothing. Returns what ends listening; with the last listener the watch rests. */
  onChange(listener: (change: DeviceChange) => void): () => void {
    const off = this.#events.on('change', listener);
    this.#listeners += 1;
    if (this.#listeners === 1) this.#start();
    let isOn = true;
    return () => {
      if (!isOn) return;
      isOn = false;
      off();
      this.#listeners -= 1;
      if (this.#listeners === 0) this.#rest();
    };
  }

  #start(): void {
    this.#cancelPoll = this.#deps.clock.every(POLL_MS, () => void this.#search());
    void this.#search();
  }

  #rest(): void {
    this.#cancelPoll?.();
    this.#cancelSettle?.();
    this.#cancelPoll = this.#cancelSettle = null;
    for (const path of [...this.#watched.keys()]) this.#unwatch(path);
  }

  #noticed(): void {
    if (this.#listeners === 0) return;
    this.#cancelSettle ??= this.#deps.clock.after(SETTLE_MS, () => {
      this.#cancelSettle = null;
      void this.#search();
    });
  }

  async #search(): Promise<void> {
    this.#noticings += 1;
    if (this.#searching) return;
    this.#searching = true;
    let followed: number;
    do {
      followed = this.#noticings;
      await this.#searchOnce().catch((error: unknown) =>
        this.#deps.logger.warn('devices could not be searched', errorFields(error)),
      );
    } while (this.#noticings !== followed && this.#listeners > 0);
    this.#searching = false;
  }

  async #searchOnce(): Promise<void> {
    await this.#watchFolders();
    const found = await this.#deps.discover(this.#deps.roots);
    if (this.#listeners === 0) return;
    const change = differenceOf(this.#found ?? nothing, found);
    const isFirst = this.#found === null;
    this.#found = found;
    if (isFirst || kinds.some((kind) => change.added[kind].length + change.removed[kind].length > 0)) {
      this.#events.emit('change', change);
    }
  }

  /** The folders that devices appear in; of one that is missing, the nearest above it that is there. */
  async #watchFolders(): Promise<void> {
    const { folders, roots } = this.#deps;
    const { dev, sys } = roots;
    const wanted = await Promise.all([
      ...['v4l/by-id', 'v4l/by-path', 'snd', 'serial/by-id'].map((path) => nearest(folders, dev, path)),
      nearest(folders, sys, 'class/drm'),
    ]);
    if (this.#listeners === 0) return;
    const keys = new Map(wanted.filter((folder) => folder !== null).map((folder) => [folder.key, folder.path]));
    for (const key of [...this.#watched.keys()]) if (!keys.has(key)) this.#unwatch(key);
    for (const [key, path] of keys) {
      if (this.#watched.has(key)) continue;
      const stop = folders.watch(path, () => this.#noticed());
      if (stop) this.#watched.set(key, stop);
    }
  }

  #unwatch(key: string): void {
    this.#watched.get(key)?.();
    this.#watched.delete(key);
  }
}

export const nothing: FoundDevices = { cameras: [], microphones: [], speakers: [], displays: [], serialPorts: [] };

/** What `now` has that `before` had not, and the other way round. */
export function differenceOf(before: FoundDevices, now: FoundDevices): DeviceChange {
  return { found: now, added: without(now, before), removed: without(before, now) };
}

function without(all: FoundDevices, others: FoundDevices): FoundDevices {
  const left = <D>(devices: readonly D[], known: readonly D[]): readonly D[] => {
    // Functions are left out by JSON: what can be compared of a device is its data.
    const keys = new Set(known.map((device) => JSON.stringify(device)));
    return devices.filter((device) => !keys.has(JSON.stringify(device)));
  };
  return {
    cameras: left(all.cameras, others.cameras),
    microphones: left(all.microphones, others.microphones),
    speakers: left(all.speakers, others.speakers),
    displays: left(all.displays, others.displays),
    serialPorts: left(all.serialPorts, others.serialPorts),
  };
}

async function nearest(folders: Folders, root: string, path: string): Promise<{ path: string; key: string } | null> {
  for (let folder = join(root, path); ; folder = dirname(folder)) {
    const key = await folders.key(folder);
    if (key !== null) return { path: folder, key };
    if (folder.length <= root.length) return null;
  }
}

/** Whether the camera of this id is plugged in; one that was never looked for counts as there. */
export function cameraPresence(watched: DeviceWatch, id: string): DevicePresence {
  return presenceOf(watched, ({ cameras }) => cameras.some((camera) => camera.id === id));
}

/** Whether microphone and speaker are both plugged in; null stands for one that nobody can unplug. */
export function soundPresence(watched: DeviceWatch, microphone: string | null, speaker: string | null): DevicePresence {
  const has = (devices: readonly { id: string }[], id: string | null): boolean =>
    id === null || devices.some((device) => device.id === id);
  return presenceOf(watched, ({ microphones, speakers }) => has(microphones, microphone) && has(speakers, speaker));
}

function presenceOf(watched: DeviceWatch, holds: (found: FoundDevices) => boolean): DevicePresence {
  const isIn = (found: FoundDevices | null): boolean => found === null || holds(found);
  return {
    isThere: () => isIn(watched.found),
    onChange: (listener) => {
      let last = isIn(watched.found);
      return watched.onChange(({ found }) => {
        const isThere = isIn(found);
        if (isThere === last) return;
        last = isThere;
        listener(isThere);
      });
    },
  };
}
