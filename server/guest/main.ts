import './page.css';
import { parseMeetingLink } from '../../src/crypto/link.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger, errorFields, type Logger } from '../../src/lib/log.ts';
import { BrowserEngine } from './engine/browser-engine.ts';
import { watchCpuPressure } from './engine/cpu-pressure.ts';
import { startFrameWorker } from './engine/frame-worker-client.ts';
import { LocalMedia } from './engine/local-media.ts';
import { createWorkerKeysFactory, type KeysWorker } from './keys/keys-client.ts';
import { createLinks } from './meeting-links.ts';
import { loadPreferences } from './preferences.ts';
import { SessionController } from './session-controller.ts';
import { chooseLanguage, dictionaries } from './strings.ts';
import { missingFeatures } from './support.ts';
import { GuestApp, type AppDeps, type Screen } from './ui/app.ts';
import { registerElements } from './ui/register.ts';

/** What this address shows. A meeting's link is held against its secret here, before any server hears of it. */
function firstScreen(): Screen {
  const missing = missingFeatures(globalThis);
  if (missing.length > 0) return { kind: 'unsupported', missing };
  if (!location.pathname.startsWith('/m/')) return { kind: 'landing' };
  return parseMeetingLink(location.href).kind === 'ok'
    ? { kind: 'prejoin', link: location.href }
    : { kind: 'broken-link' };
}

/** A Worker is what `KeysWorker` describes; its handlers' types ask for whole DOM events. */
function startKeysWorker(): KeysWorker {
  return new Worker(new URL('./keys/keys-worker.ts', import.meta.url), {
    type: 'module',
    name: 'keys',
  }) as unknown as KeysWorker;
}

/** Makes the first one now, while the person types a name: loading it is a good part of joining. Later ones when asked. */
function oneAhead<T>(make: () => T): () => T {
  let ready: T | null = make();
  return () => {
    const taken = ready ?? make();
    ready = null;
    return taken;
  };
}

function createController(local: LocalMedia, log: Logger, joining: boolean): SessionController {
  const startKeys = joining ? oneAhead(startKeysWorker) : startKeysWorker;
  const startFrames = joining ? oneAhead(startFrameWorker) : startFrameWorker;
  return new SessionController({
    local,
    clock: systemClock,
    log,
    canShare: 'getDisplayMedia' in navigator.mediaDevices,
    createEngine: () => {
      const frames = startFrames();
      const createKeys = createWorkerKeysFactory({
        startWorker: startKeys,
        attachFrames: (port) => frames.attachKeys(port),
        onListenerError: (error) => log.error('listener failed', errorFields(error)),
      });
      const engine = new BrowserEngine({
        frames,
        local,
        cpu: watchCpuPressure(globalThis),
        cores: navigator.hardwareConcurrency,
        clock: systemClock,
        log: log.child('engine'),
      });
      return { engine, createKeys };
    },
  });
}

function createDeps(log: Logger, joining: boolean): AppDeps {
  const { camera, microphone } = loadPreferences(localStorage);
  const local = new LocalMedia(navigator.mediaDevices, { camera, microphone }, (error) =>
    log.error('listener failed', errorFields(error)),
  );
  const links = createLinks({
    origin: location.origin,
    fetch: (...args) => fetch(...args),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  return { controller: createController(local, log, joining), devices: local, links, storage: localStorage };
}

function writeLine(line: string): void {
  // eslint-disable-next-line no-console -- the browser's console is this page's journal
  console.info(line);
}

function start(): void {
  const language = chooseLanguage(navigator.languages);
  const strings = dictionaries[language];
  document.documentElement.lang = language;
  document.title = strings.pageTitle;
  registerElements();
  const screen = firstScreen();
  const app = new GuestApp();
  Object.assign(app, { strings, language, screen });
  // A browser without the needed parts gets the page that says so, and nothing that would break on it.
  if (screen.kind !== 'unsupported')
    app.deps = createDeps(createLogger('guest', 'info', writeLine), screen.kind === 'prejoin');
  document.body.append(app);
}

// Another link pasted into the address bar of the same page changes only what follows `#`: nothing would load.
addEventListener('hashchange', () => location.reload());
start();
