import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { residentBytes } from './processes.ts';

const MB = 1_048_576;
/** Of a small panel. */
const SIZE = { width: 1024, height: 600 };
/** Real milliseconds. */
const FOUND_WITHIN_MS = 10_000;

/** What a page holds after everything that nobody refers to was collected. */
export interface PageMemory {
  /** Of JavaScript's heap, MB. */
  readonly heapMb: number;
  /** DOM nodes, also those that are in no document and still referred to. */
  readonly nodes: number;
  readonly listeners: number;
  readonly documents: number;
  /** Of the process that renders the page, MB. */
  readonly residentMb: number;
}

/**
 * A page in a Chromium of its own, spoken to by nothing but the protocol of its developer tools (Performance, HeapProfiler, Input,
 * Runtime): Playwright has every request and its answer kept by the page's process, which would be measured with it.
 */
export class MeasuredPage {
  readonly #browser: ChildProcess;
  readonly #profile: string;
  readonly #page: Devtools;
  readonly #whole: Devtools;
  #pid = 0;

  constructor(browser: ChildProcess, profile: string, whole: Devtools, page: Devtools) {
    this.#browser = browser;
    this.#profile = profile;
    this.#whole = whole;
    this.#page = page;
  }

  /** `begin`: run in the page, with `argument`, before anything of its own. Returns when the page's load event has come. */
  async open<T>(url: string, begin: (argument: T) => void, argument: T): Promise<void> {
    await this.#page.send('Page.enable');
    await this.#page.send('Performance.enable');
    await this.#page.send('HeapProfiler.enable');
    await this.#page.send('Emulation.setTouchEmulationEnabled', { enabled: true });
    await this.#page.send('Emulation.setDeviceMetricsOverride', { ...SIZE, deviceScaleFactor: 1, mobile: false });
    for (const source of [called(noteComplaints, null), called(begin, argument)])
      await this.#page.send('Page.addScriptToEvaluateOnNewDocument', { source });
    const loaded = this.#page.once('Page.loadEventFired');
    await this.#page.send('Page.navigate', { url });
    await loaded;
    this.#pid = await this.#renderer();
  }

  /** Runs a function in the page. @throws what it throws. */
  async run<T, R>(what: (argument: T) => R, argument: T): Promise<Awaited<R>> {
    const { result, exceptionDetails } = (await this.#page.send('Runtime.evaluate', {
      expression: called(what, argument),
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: Awaited<R> }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'failed in the page');
    return result.value;
  }

  /** Errors that nothing in the page caught, the first hundred. */
  complaints(): Promise<readonly string[]> {
    return this.run(() => (window as unknown as { complaints: readonly string[] }).complaints, null);
  }

  /** Touches the button whose name matches, as soon as it can be touched; `whileDown` lasts as long as the finger is down. */
  async touch(name: string, whileDown: () => Promise<void> = async () => undefined): Promise<void> {
    const place = await this.run(placeOf, { name, withinMs: FOUND_WITHIN_MS });
    if (!place) throw new Error(`nothing to touch is called ${name}`);
    await this.#page.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [place] });
    await whileDown();
    await this.#page.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }

  async memory(): Promise<PageMemory> {
    // Twice: what finalizers of the first let go of, the second collects.
    for (let time = 0; time < 2; time++) await this.#page.send('HeapProfiler.collectGarbage');
    const { metrics } = (await this.#page.send('Performance.getMetrics')) as {
      metrics: readonly { name: string; value: number }[];
    };
    const of = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
    return {
      heapMb: of('JSHeapUsedSize') / MB,
      nodes: of('Nodes'),
      listeners: of('JSEventListeners'),
      documents: of('Documents'),
      residentMb: (await residentBytes(this.#pid)) / MB,
    };
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#browser.once('exit', resolve));
    await this.#whole.send('Browser.close');
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Chromium keeps another one ready: ours is the one that has worked most. */
  async #renderer(): Promise<number> {
    const { processInfo } = (await this.#whole.send('SystemInfo.getProcessInfo')) as {
      processInfo: readonly { type: string; id: number; cpuTime: number }[];
    };
    const [most] = processInfo.filter(({ type }) => type === 'renderer').toSorted((a, b) => b.cpuTime - a.cpuTime);
    if (!most) throw new Error('the page has no process');
    return most.id;
  }
}

/** A headless Chromium with one empty page of the panel's size. */
export async function openMeasuredPage(): Promise<MeasuredPage> {
  const profile = await mkdtemp(join(tmpdir(), 'incamera-page-'));
  const browser = spawn(
    process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--disable-extensions', '--lang=en-GB'],
      ...['--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const address = await devtoolsAddress(browser);
  const whole = await Devtools.connect(address);
  const listed = await fetch(`http://${new URL(address).host}/json/list`);
  const pages = (await listed.json()) as readonly { type: string; webSocketDebuggerUrl: string }[];
  const page = pages.find(({ type }) => type === 'page');
  if (!page) throw new Error('Chromium has no page');
  return new MeasuredPage(browser, profile, whole, await Devtools.connect(page.webSocketDebuggerUrl));
}

/** Chromium says on its standard error where it listens. */
async function devtoolsAddress(browser: ChildProcess): Promise<string> {
  if (!browser.stderr) throw new Error('Chromium has no standard error');
  const lines = createInterface({ input: browser.stderr });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const found = /^DevTools listening on (ws:\S+)$/.exec(line)?.[1];
      if (found) resolve(found);
    });
    lines.on('close', () => reject(new Error('Chromium ended')));
    browser.once('error', reject);
  });
}

/** Chrome DevTools Protocol: requests and answers by number, and events. */
class Devtools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { done: (result: unknown) => void; failed: (error: Error) => void }>();
  readonly #events = new Map<string, () => void>();
  #last = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(data.toString()));
    socket.on('close', () => {
      for (const { failed } of this.#waiting.values()) failed(new Error('the page is gone'));
    });
  }

  static async connect(address: string): Promise<Devtools> {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Devtools(socket);
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  once(event: string): Promise<void> {
    return new Promise((resolve) => this.#events.set(event, resolve));
  }

  #take(text: string): void {
    const message = JSON.parse(text) as { id?: number; method?: string; result?: unknown; error?: { message: string } };
    if (message.method !== undefined) this.#events.get(message.method)?.();
    const waiting = this.#waiting.get(message.id ?? 0);
    if (!waiting) return;
    this.#waiting.delete(message.id ?? 0);
    if (message.error) waiting.failed(new Error(message.error.message));
    else waiting.done(message.result);
  }
}

function called<T>(what: (argument: T) => unknown, argument: T): string {
  return `(${what.toString()})(${JSON.stringify(argument)})`;
}

/** Runs in the page, before its own scripts. */
function noteComplaints(): void {
  const complaints: string[] = [];
  const note = (reason: unknown): void => void (complaints.length < 100 && complaints.push(String(reason)));
  window.addEventListener('error', ({ error, message }) => note(error ?? message));
  window.addEventListener('unhandledrejection', ({ reason }) => note(reason));
  Object.assign(window, { complaints });
}

/** Runs in the page: the middle of the named button, once a finger there would reach it. The panel's own timers may stand still. */
async function placeOf({
  name,
  withinMs,
}: {
  name: string;
  withinMs: number;
}): Promise<{ x: number; y: number } | null> {
  const wanted = new RegExp(`^(?:${name})$`);
  const isHitAt = (element: Element, { x, y }: { x: number; y: number }): boolean => {
    let hit = document.elementFromPoint(x, y);
    for (let deeper = hit?.shadowRoot?.elementFromPoint(x, y); deeper && deeper !== hit;) {
      hit = deeper;
      deeper = hit.shadowRoot?.elementFromPoint(x, y);
    }
    const outer = (node: Node): Node | null =>
      node instanceof ShadowRoot ? node.host : ((node as Element).assignedSlot ?? node.parentNode);
    for (let node: Node | null = hit; node; node = outer(node)) if (node === element) return true;
    return hit !== null && hit === (element.getRootNode() as ShadowRoot).host;
  };
  const find = (root: Document | ShadowRoot): { x: number; y: number } | null => {
    for (const element of root.querySelectorAll('*')) {
      const inside = element.shadowRoot && find(element.shadowRoot);
      if (inside) return inside;
      if (!element.matches('button, input[type=radio], input[type=checkbox]')) continue;
      const worded = root instanceof ShadowRoot && element.querySelector('slot') ? root.host : element;
      const label = element.getAttribute('aria-label') ?? (element.closest('label') ?? worded).textContent;
      if (!wanted.test(label.trim()) || element.ariaDisabled === 'true') continue;
      if (!element.checkVisibility({ checkVisibilityCSS: true })) continue;
      element.scrollIntoView({ block: 'nearest' });
      const { x, y, width, height } = element.getBoundingClientRect();
      const middle = { x: x + width / 2, y: y + height / 2 };
      if (isHitAt(element, middle)) return middle;
    }
    return null;
  };
  const begin = performance.now();
  for (;;) {
    const place = find(document);
    if (place || performance.now() - begin > withinMs) return place;
    await new Promise(requestAnimationFrame);
  }
}
