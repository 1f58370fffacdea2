/** People who send pictures and sound that cost next to nothing, all in one process: the product's session, keys and transport, real encryption. */
import { TalkerSource } from '../../src/devices/array/talker-source.ts';
import { randomBytes, randomInt } from 'node:crypto';
import { createLocalKeys } from '../../src/call/keys/local-keys.ts';
import { NativeEngine } from '../../src/call/media/native-engine.ts';
import { CallSession } from '../../src/call/session.ts';
import { nodeSocketOpener } from '../../src/call/signalling/node-socket.ts';
import { createNativeHandlerFactory } from '../../src/call/transport/native-handler.ts';
import { openNativeLink } from '../../src/call/transport/native-link.ts';
import { parseMeetingLink } from '../../src/crypto/link.ts';
import { toneMicrophone, virtualCamera } from '../../src/devices/virtual.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { recordSound, replaySound } from './replayed-sound.ts';
import { recordVideo, replayVideo } from './replayed-video.ts';
import { idleMachine } from './idle-machine.ts';

/** Told apart in a picture by anybody. */
export const crowdColours = [
  'c02020',
  '208020',
  '2040c0',
  'b0a000',
  '900090',
  '008080',
  'd06000',
  '606060',
  '602000',
] as const;

const PICTURES = 45;

export interface Crowd {
  readonly sessions: readonly CallSession[];
  close(): Promise<void>;
}

/**
 * `count` members join one after the other, as Person 1, Person 2 and so on; each has its own colour. The first watches whoever is
 * not of the crowd, in full size; otherwise nobody looks.
 */
export async function openCrowd(link: string, certificatePem: string, count: number): Promise<Crowd> {
  const sessions: CallSession[] = [];
  for (let n = 0; n < count; n++) {
    const session = await openMember(certificatePem, n);
    sessions.push(session);
    watchOthers(session, n === 0);
    await joinMeeting(session, link);
  }
  return {
    sessions,
    close: async () => void (await Promise.all(sessions.map((session) => session.close()))),
  };
}

async function openMember(certificatePem: string, n: number): Promise<CallSession> {
  const recording = await recordVideo(crowdColours[n % crowdColours.length] ?? '000000', String(n + 1), PICTURES);
  const sound = await recordSound(300 + 50 * n);
  const random32 = (): number => randomInt(2 ** 32);
  const log = silentLogger;
  const clock = systemClock;
  const engine = new NativeEngine({
    devices: {
      camera: virtualCamera(),
      screen: virtualCamera(),
      microphone: toneMicrophone(300 + 50 * n),
      speaker: null,
      display: null,
      secondDisplay: null,
    },
    clock,
    log,
    random32,
    monotonicUs: () => Number(process.hrtime.bigint() / 1_000n),
    handlerFactory: createNativeHandlerFactory({
      clock,
      logger: log,
      randomU32: random32,
      openLink: openNativeLink,
      bindAddress: '127.0.0.1',
    }),
    loadReader: () => idleMachine,
    decodeThreads: { readMs: async () => null },
    cores: 2,
    openAudio: () => replaySound(sound),
    openCamera: (_camera, _source, listeners) => replayVideo(recording, listeners),
    display: null,
    audioSlots: 1,
    echoAlignmentMs: 0,
    watch: null,
    ear: null,
    talkers: new TalkerSource(() => undefined),
  });
  return new CallSession({
    engine,
    openSocket: nodeSocketOpener([certificatePem]),
    createKeys: (request) => createLocalKeys(request, { identity: { kind: 'guest' }, certificates: [], clock, log }),
    clock,
    log,
    randomBytes,
    random: Math.random,
    profile: { name: `Person ${n + 1}`, kind: 'guest' },
  });
}

async function joinMeeting(session: CallSession, text: string): Promise<void> {
  const parsed = parseMeetingLink(text);
  if (parsed.kind !== 'ok') throw new Error(parsed.reason);
  const joined = new Promise<void>((resolve) => {
    const stop = session.events.on('state', ({ phase }) => {
      if (phase !== 'in-call') return;
      stop();
      resolve();
    });
  });
  await session.join(parsed.link, { microphone: 'on', camera: 'on', replaces: null });
  await joined;
}

function watchOthers(session: CallSession, watching: boolean): void {
  let told = '';
  session.events.on('state', ({ participants }) => {
    const others = new Set(
      participants.filter(({ name }) => name !== null && !name.startsWith('Person ')).map(({ peer }) => peer),
    );
    const videos = session.incoming.filter(({ kind }) => kind === 'video');
    const demands = videos.map(({ consumer, peer }) => ({
      consumer,
      layers: watching && others.has(peer) ? { spatial: 2, temporal: 2 } : null,
      priority: 1,
      reason: null,
    }));
    const text = JSON.stringify(demands);
    if (text === told) return;
    told = text;
    session.setDemand(demands).catch(() => (told = ''));
  });
}
