/** A call process: waits, warm, for one call; holds it; ends with it. Everything comes over the IPC channel. */
import { randomBytes } from 'node:crypto';
import { loadDeviceIdentity } from './crypto/certificates.ts';
import { ProblemList } from './devices/control-problem.ts';
import { problemText } from './devices/problem-texts.ts';
import { fromBase64Url } from './lib/bytes.ts';
import { systemClock } from './lib/clock.ts';
import { codeOf, isRoomError, UsageError } from './lib/errors.ts';
import { createLogger, errorFields } from './lib/log.ts';
import type { Logger } from './lib/log.ts';
import { parseMeetingLink } from './crypto/link.ts';
import { createLocalKeys } from './call/keys/local-keys.ts';
import { createNativeEngine } from './call-engine.ts';
import type { CheckReport } from './call/media/device-check.ts';
import type { NativeEngine } from './call/media/native-engine.ts';
import type { CallState } from './call/call-state.ts';
import { RoomDisplay } from './call/media/room-display.ts';
import { CallSession } from './call/session.ts';
import { nodeSocketOpener } from './call/signalling/node-socket.ts';
import type {
  CallActionName,
  CallActions,
  CallProcessConfig,
  FromCallProcess,
  ToldCheck,
  ToCallProcess,
} from './call/process/ipc.ts';

const ALIVE_MS = 1_000;
/** A blocked pull or bus poll holds a thread: they end within this after their pipelines stop. */
const DRAIN_MS = 60;
const STOP_DEADLINE_MS = 1_500;

const send = (message: FromCallProcess): void => void (process.connected && process.send?.(message));

process.on('message', (message: ToCallProcess) => void handle(message));
// Nobody is left to hold the call for.
process.on('disconnect', () => process.exit(0));
// The supervisor decides: a terminal's interrupt goes to the whole group, this process included.
process.on('SIGINT', () => undefined);

let call: { session: CallSession; engine: NativeEngine; actions: CallActions; log: Logger } | null = null;

async function handle(message: ToCallProcess): Promise<void> {
  if (message.kind === 'prepare') {
    try {
      call = await prepare(message.config);
      send({ kind: 'ready' });
    } catch (error) {
      process.stderr.write(
        `error room/call cannot start code=${codeOf(error)} ${isRoomError(error) ? error.message : String(error)}\n`,
      );
      process.exit(1);
    }
  } else if (message.kind === 'action') {
    await act(message.id, message.name, message.args);
  } else {
    await stop();
  }
}

async function prepare(config: CallProcessConfig): Promise<NonNullable<typeof call>> {
  const log = createLogger('room/call', config.logLevel, (line) => void process.stdout.write(`${line}\n`));
  const device = await loadDeviceIdentity(config.identity.device);
  const certificates = config.identity.trustAnchors.map((each) => fromBase64Url(each) ?? new Uint8Array(0));
  const problems = new ProblemList(systemClock, () => tell());
  const engine = await createNativeEngine({
    config,
    clock: systemClock,
    log: log.child('media'),
    onProblem: (code, present) => problems.set(code, present),
  });
  const session = new CallSession({
    engine,
    openSocket: nodeSocketOpener(config.trustedCertificates),
    createKeys: (request) =>
      createLocalKeys(request, {
        identity: { kind: 'room', device },
        certificates,
        clock: systemClock,
        log: log.child('keys'),
      }),
    clock: systemClock,
    log: log.child('session'),
    randomBytes,
    random: Math.random,
    profile: { name: config.roomName, kind: 'room' },
  });
  const tell = (): void => {
    send({ kind: 'state', state: stateOf(session, engine, problems) });
    display.setProblems(problems.list.map(({ code }) => code));
  };
  session.events.on('state', tell);
  engine.onLayout(tell);
  session.events.on('resume', (token) => send({ kind: 'resume', token }));
  engine.talkers.onTalker((direction) => send({ kind: 'talker', direction }));
  const display = new RoomDisplay({
    session,
    engine,
    clock: systemClock,
    roomName: config.roomName,
    log: log.child('display'),
  });
  display.start();
  setInterval(() => send({ kind: 'alive' }), ALIVE_MS);
  return { session, engine, actions: actionsOf({ session, engine, problems, display }), log };
}

/** The session knows nothing of displays and of what devices hear: their layout and their problems are added, in a call. */
function stateOf({ state }: CallSession, engine: NativeEngine, { list }: ProblemList): CallState {
  if (state.phase === 'idle') return { ...state, layout: null };
  return { ...state, layout: engine.layout, problems: [...state.problems, ...list.map(problemText)] };
}

/** What is noticed of an open microphone besides. */
const withProblems = (report: CheckReport, { list }: ProblemList): ToldCheck => ({
  ...report,
  problems: [...report.problems, ...list].map(problemText),
});

interface Parts {
  readonly session: CallSession;
  readonly engine: NativeEngine;
  readonly problems: ProblemList;
  readonly display: RoomDisplay;
}

function actionsOf({ session, engine, problems, display }: Parts): CallActions {
  const done = async (work: Promise<void>): Promise<null> => {
    await work;
    return null;
  };
  return {
    join: async (text, options) => {
      const parsed = parseMeetingLink(text);
      if (parsed.kind !== 'ok') throw new UsageError('call/link-not-a-link', 'This is not a meeting link');
      // Not before: the idle spare must not hold the speaker and the display of the process that is in a call.
      engine.warmUp();
      return done(session.join(parsed.link, options));
    },
    leave: () => done(session.leave()),
    setMicrophoneMuted: (muted) => session.setMicrophoneMuted(muted),
    setCameraOff: (off) => session.setCameraOff(off),
    setVolume: (percent) => session.setVolume(percent),
    startScreenShare: () => done(session.startScreenShare()),
    stopScreenShare: () => done(session.stopScreenShare()),
    sendChat: (text) => done(session.sendChat(text)),
    setHandRaised: (raised) => done(session.setHandRaised(raised)),
    calibrateEcho: async () => {
      const inCall = session.state.phase !== 'idle';
      if (!inCall) {
        engine.warmUp();
        await engine.open('microphone');
      }
      const found = await engine.calibrateEcho();
      if (!inCall) await engine.release('microphone');
      return found && { delayMs: Math.round(found.delayMs) };
    },
    setBlack: async (black) => {
      engine.setBlack(black);
      return null;
    },
    setAmbient: async (ambient) => {
      engine.setAmbient(ambient);
      return null;
    },
    setNotice: async (text) => {
      display.setNotice(text);
      return null;
    },
    startCheck: async () => {
      if (session.state.phase !== 'idle') throw new UsageError('call/busy', 'Devices cannot be checked during a call');
      engine.startCheck((report) => send({ kind: 'check', report: withProblems(report, problems) }));
      return null;
    },
    stopCheck: async () => {
      engine.stopCheck();
      return null;
    },
    playTone: async (volume) => {
      await engine.setVolume(volume);
      await done(engine.playTone());
      // A call that has begun meanwhile, or begins later, has the volume that it says it has.
      await engine.setVolume(session.state.volume);
      return null;
    },
    setLayout: async (change) => engine.setLayout(change),
    setCameraFrame: async (frame) => engine.setCameraFrame(frame),
    displaySnapshot: (display) => engine.snapshot(display),
  };
}

async function act(id: number, name: CallActionName, args: unknown[]): Promise<void> {
  try {
    if (!call) throw new UsageError('call/not-ready', 'The call process is not ready yet');
    const actions = call.actions as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    send({ kind: 'result', id, ok: true, value: await actions[name]?.(...args) });
  } catch (error) {
    call?.log.warn('an action failed', { ...errorFields(error), action: name });
    const message = isRoomError(error) ? error.message : 'The call could not do this';
    send({ kind: 'result', id, ok: false, code: codeOf(error), message });
  }
}

async function stop(): Promise<void> {
  setTimeout(() => process.exit(0), STOP_DEADLINE_MS).unref();
  await call?.session.close().catch(() => undefined);
  setTimeout(() => process.exit(0), DRAIN_MS);
}
