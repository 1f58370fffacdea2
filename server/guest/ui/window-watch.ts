import { isCovered } from './covered.ts';
import type { WindowSize } from '../view/demand.ts';

const DEBOUNCE_MS = 100;

/** What a window is for: whose video it shows, and how. */
export interface WindowUse {
  readonly consumer: string;
  readonly cover: boolean;
  readonly main: boolean;
}

/**
 * Watches the windows of remote videos and tells, debounced, how many device pixels each really has: nothing when scrolled
 * away, wholly covered by a panel or a dialog, inside something hidden, or in a tab that is not looked at.
 */
export class WindowWatch {
  readonly #onChange: (windows: ReadonlyMap<string, WindowSize>) => void;
  readonly #uses = new Map<Element, WindowUse>();
  readonly #visible = new Set<Element>();
  readonly #resize = new ResizeObserver(() => this.#later());
  readonly #intersection = new IntersectionObserver((entries) => this.#seen(entries), { threshold: [0, 0.05] });
  readonly #handleVisibility = (): void => this.#later();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(onChange: (windows: ReadonlyMap<string, WindowSize>) => void) {
    this.#onChange = onChange;
    document.addEventListener('visibilitychange', this.#handleVisibility);
  }

  /** Replaces what is watched. To be called after every rendering: nothing else tells that something covers a window now. */
  watch(uses: ReadonlyMap<Element, WindowUse>): void {
    for (const element of [...this.#uses.keys()]) if (!uses.has(element)) this.#forget(element);
    for (const [element, use] of uses) {
      const before = this.#uses.get(element);
      if (!before) {
        this.#resize.observe(element);
        this.#intersection.observe(element);
      }
      this.#uses.set(element, use);
    }
    this.#later();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#handleVisibility);
    this.#resize.disconnect();
    this.#intersection.disconnect();
    if (this.#timer) clearTimeout(this.#timer);
    this.#uses.clear();
  }

  #forget(element: Element): void {
    this.#uses.delete(element);
    this.#visible.delete(element);
    this.#resize.unobserve(element);
    this.#intersection.unobserve(element);
    this.#later();
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, intersectionRatio } of entries) {
      if (intersectionRatio > 0.05) this.#visible.add(target);
      else this.#visible.delete(target);
    }
    this.#later();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#onChange(this.#measure());
    }, DEBOUNCE_MS);
  }

  #measure(): Map<string, WindowSize> {
    const windows = new Map<string, WindowSize>();
    if (document.visibilityState !== 'visible') return windows;
    for (const [element, { consumer, cover, main }] of this.#uses) {
      if (!this.#visible.has(element) || isCovered(element)) continue;
      const { width, height } = element.getBoundingClientRect();
      const size = { width: width * devicePixelRatio, height: height * devicePixelRatio, cover, main };
      const before = windows.get(consumer);
      if (!before || before.width * before.height < size.width * size.height) windows.set(consumer, size);
    }
    return windows;
  }
}
