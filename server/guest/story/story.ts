import '../page.css';
import type { CallState, Participant } from '../../../src/call/call-state.ts';
import { savePreferences } from '../preferences.ts';
import { dictionaries, type Language } from '../strings.ts';
import { GuestApp, type Screen } from '../ui/app.ts';
import type { GuestCall } from '../ui/call-page.ts';
import { registerElements } from '../ui/register.ts';
import { FakeController, FakeDevices, fakeLink, fakeLinks } from './fake-controller.ts';
import { figures } from './figures.ts';
import { paintPerson, paintScreen } from './pictures.ts';

const organisation = { kind: 'organisation', organisation: 'Ateliers Rivet' } as const;
const unverified = { kind: 'unverified' } as const;

function person(peer: string, name: string | null, patch: Partial<Participant> = {}): Participant {
  return {
    peer,
    name,
    kind: 'guest',
    verification: unverified,
    self: false,
    speaking: false,
    microphone: 'on',
    camera: 'on',
    sharing: false,
    handRaised: false,
    ...patch,
  };
}

const self = person('self', 'Jun Park', { self: true });
const monet = person('monet', 'Salle Monet', { kind: 'room', verification: organisation, speaking: true });
const ana = person('ana', 'Ana Ruiz');
const several = [
  self,
  monet,
  ana,
  person('degas', 'Salle Degas', { kind: 'room', verification: organisation, camera: 'off' }),
  person('tom', 'Tomasz Wiśniewski-Kowalczyk', { microphone: 'muted', handRaised: true }),
  person('lea', 'Léa Fontaine', { camera: 'off', microphone: 'muted' }),
];
const inCall: Partial<CallState> = {
  phase: 'in-call',
  joinedAt: Date.now() - 751_000,
  code: '48213 90577 11846 25093 66340 82915',
  participants: several,
};
const chat = [
  { id: '1', peer: 'monet', name: 'Salle Monet', text: 'We can hear you well.', at: 1_763_990_000_000 },
  {
    id: '2',
    peer: 'ana',
    name: 'Ana Ruiz',
    text: 'The agenda is in the invitation. First point: the new rooms on the third floor.',
    at: 1_763_990_060_000,
  },
  { id: '3', peer: 'self', name: 'Jun Park', text: 'Thank you!', at: 1_763_990_100_000 },
];
const notice = (id: number, code: string, params: Record<string, string>): CallState['notices'][number] => ({
  id,
  code,
  params,
  message: code,
  at: Date.now(),
});

interface Story {
  readonly screen: Screen;
  readonly state?: Partial<CallState>;
  readonly prepare?: (controller: FakeController, devices: FakeDevices) => void;
  readonly after?: (app: GuestApp) => Promise<void>;
}

const call: Screen = { kind: 'call', link: fakeLink };
const open =
  (patch: Partial<Pick<GuestCall, 'panel' | 'layout' | 'privacyOpen' | 'connectionOpen'>>) =>
  async (app: GuestApp): Promise<void> => {
    await app.updateComplete;
    const page = app.renderRoot.querySelector<GuestCall>('guest-call');
    if (page) Object.assign(page, patch);
  };

const stories: Record<string, Story> = {
  landing: { screen: { kind: 'landing' } },
  link: { screen: { kind: 'link', link: fakeLink } },
  'broken-link': { screen: { kind: 'broken-link' } },
  unsupported: { screen: { kind: 'unsupported', missing: ['encoded-transform', 'vp9'] } },
  prejoin: {
    screen: { kind: 'prejoin', link: fakeLink },
    prepare: (_, devices) => (devices.preview = paintPerson(200)),
  },
  'prejoin-blocked': {
    screen: { kind: 'prejoin', link: fakeLink },
    prepare: (_, devices) => {
      devices.camera = { options: [], chosen: null, trouble: 'blocked' };
      devices.microphone = { options: [], chosen: null, trouble: 'blocked' };
    },
  },
  securing: { screen: call, state: { phase: 'securing' } },
  unreachable: {
    screen: call,
    state: {
      phase: 'connecting',
      problems: [{ code: 'call/server-unreachable', message: '', action: '', since: 0 }],
    },
  },
  alone: { screen: call, state: { ...inCall, participants: [self], alone: true } },
  two: { screen: call, state: { ...inCall, participants: [self, monet] } },
  grid: { screen: call, state: inCall },
  speaker: { screen: call, state: inCall, after: open({ layout: 'speaker' }) },
  sharing: {
    screen: call,
    state: inCall,
    prepare: (controller) => {
      controller.pictures = [
        ...controller.pictures,
        { consumer: 'screen', peer: 'ana', source: 'screen', stream: paintScreen() },
      ];
    },
  },
  chat: { screen: call, state: { ...inCall, chat }, after: open({ panel: 'chat' }) },
  people: { screen: call, state: { ...inCall, chat }, after: open({ panel: 'people' }) },
  privacy: { screen: call, state: inCall, after: open({ privacyOpen: true }) },
  connection: { screen: call, state: { ...inCall, stats: figures }, after: open({ connectionOpen: true }) },
  notices: {
    screen: call,
    state: {
      ...inCall,
      microphoneMuted: true,
      cameraOff: true,
      sharing: true,
      chat,
      problems: [{ code: 'call/camera-unavailable', message: '', action: '', since: 0 }],
      notices: [
        notice(1, 'joined', { name: 'Léa Fontaine' }),
        notice(2, 'frames-rejected', { name: 'Ana Ruiz', source: 'camera' }),
      ],
    },
  },
  reconnecting: { screen: call, state: { ...inCall, phase: 'rejoining', code: null } },
  left: { screen: { kind: 'ended', link: fakeLink, code: null } },
  refused: { screen: { kind: 'ended', link: fakeLink, code: 'call/refused-link-secret' } },
  interrupted: { screen: { kind: 'ended', link: fakeLink, code: 'call/failed' } },
};

/** `?story=<name>&language=fr&theme=light`; the finished page has `data-ready` on its root element. */
async function show(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const story = stories[query.get('story') ?? ''];
  if (!story) {
    document.body.textContent = Object.keys(stories).join(' ');
    return;
  }
  const language: Language = query.get('language') === 'fr' ? 'fr' : 'en';
  document.documentElement.lang = language;
  document.documentElement.dataset['theme'] = query.get('theme') ?? 'dark';
  registerElements();
  savePreferences(localStorage, { name: query.get('story')?.startsWith('prejoin') ? 'Jun Park' : '' });
  const [controller, devices] = [new FakeController(), new FakeDevices()];
  const hues: Record<string, number> = { monet: 210, ana: 20, tom: 140 };
  controller.pictures = Object.entries(hues).map(([peer, hue]) => ({
    consumer: `camera-${peer}`,
    peer,
    source: 'camera' as const,
    stream: paintPerson(hue),
  }));
  controller.selfView = story.state?.cameraOff ? null : paintPerson(280);
  controller.state = { ...controller.state, ...story.state };
  story.prepare?.(controller, devices);
  const app = new GuestApp();
  Object.assign(app, {
    strings: dictionaries[language],
    language,
    deps: { controller, devices, links: fakeLinks, storage: localStorage },
    screen: story.screen,
  });
  document.title = dictionaries[language].pageTitle;
  Object.assign(window, { fake: controller });
  document.body.append(app);
  await story.after?.(app);
  await document.fonts.ready;
  document.documentElement.dataset['ready'] = 'true';
}

void show();
