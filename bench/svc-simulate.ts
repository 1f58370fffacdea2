/**
 * What meetings of 2 to 1,000 viewers cost with layers on demand, against the same meetings with every layer on all the time. The
 * decisions are the product's own (viewer, server, sender); network and processors are models. `npm run bench -- svc-simulate`
 */
import {
  startViewer,
  stepViewer,
  sameDecisions,
  type VideoWindow,
  type ViewerDecision,
  type ViewerState,
} from '../src/call/demand/viewer-demand.ts';
import {
  costOf,
  mostKbps,
  startSender,
  stepSender,
  type SenderDecision,
  type SenderState,
} from '../src/call/demand/sender-ladder.ts';
import { ALL_LAYERS } from '../src/call/demand/layers.ts';
import type { Layers } from '../src/call/signalling/messages.ts';
import { highestLayers, initialDemand, stepDemand, type DemandState } from '../server/demand.ts';
import { seededRandom } from '../test/support/network-link.ts';

const SECONDS = 120;
const STEP_MS = 500;
const HOLD_MS = 1_000;
/** The first seconds show a meeting that fills, not one that runs. */
const WARM_UP_MS = 10_000;
const KEY_EVERY_MS = 1_000;
const CAMERAS_AT_MOST = 25;
const SCREEN = { width: 1_920, height: 1_080 };
const LAPTOP = { width: 1_440, height: 900 };
const PHONE = { width: 800, height: 360 };
/** Percent of a stream's rate in each layer, by the highest one sent: what a viewer of that layer is sent. */
const share = [[100], [30, 70], [12, 28, 60]] as const;
const temporalShare = [0.5, 0.7, 1] as const;

/** Senders of which a viewer began to watch another size, since their last key picture. */
const keyWanted = new Set<number>();

interface Mix {
  readonly name: string;
  /** Chances of a viewer to use: a grid, a large speaker, a small window, nothing visible. */
  readonly grid: number;
  readonly speaker: number;
  readonly small: number;
}

const mixes: readonly Mix[] = [
  { name: 'all thumbnails', grid: 0, speaker: 0, small: 1 },
  { name: 'grids', grid: 1, speaker: 0, small: 0 },
  { name: 'mixed', grid: 0.35, speaker: 0.4, small: 0.15 },
  { name: 'all speaker view', grid: 0, speaker: 1, small: 0 },
];

type View = 'grid' | 'speaker' | 'small' | 'hidden';

interface Viewer {
  readonly index: number;
  present: boolean;
  view: View;
  readonly device: { width: number; height: number };
  readonly msPerMegapixel: number;
  state: ViewerState;
  decisions: readonly ViewerDecision[];
  wanted: ReadonlyMap<number, Layers | null>;
  /** What the last step saw, and when the next is due without a change. */
  seen: string;
  dueMs: number;
}

interface Sender {
  readonly index: number;
  server: DemandState;
  demand: Layers | null;
  state: SenderState;
  decision: SenderDecision;
  keyAtMs: number;
}

interface Totals {
  uplink: number;
  downlink: number;
  encode: number;
  decode: number;
  keyPictures: number;
  requests: number;
  notices: number;
  seconds: number;
  aboveDemand: number;
}

function meeting(people: number, mix: Mix, seed: number): Totals {
  const random = seededRandom(seed);
  const cameras = Math.min(people, CAMERAS_AT_MOST);
  keyWanted.clear();
  const viewers = Array.from({ length: people }, (_, index) => newViewer(index, mix, random));
  const senders = Array.from({ length: cameras }, (_, index) => newSender(index));
  const totals: Totals = {
    uplink: 0,
    downlink: 0,
    encode: 0,
    decode: 0,
    keyPictures: 0,
    requests: 0,
    notices: 0,
    seconds: 0,
    aboveDemand: 0,
  };
  let speaker = 0;
  for (let nowMs = 0; nowMs < SECONDS * 1_000; nowMs += STEP_MS) {
    if (nowMs % 8_000 === 0) speaker = Math.floor(random() * cameras);
    shuffle(viewers, mix, random);
    for (const viewer of viewers) if (viewer.present) look(viewer, cameras, speaker, nowMs, totals);
    for (const sender of senders) send(sender, viewers, nowMs, random, totals);
    if (nowMs >= WARM_UP_MS) measure(viewers, senders, totals);
  }
  return totals;
}

function newViewer(index: number, mix: Mix, random: () => number): Viewer {
  const kind = random();
  const device = kind < 0.2 ? SCREEN : kind < 0.8 ? LAPTOP : PHONE;
  return {
    index,
    present: true,
    view: pickView(mix, random),
    device,
    msPerMegapixel: device === PHONE ? 25 : 8,
    state: startViewer(),
    decisions: [],
    wanted: new Map(),
    seen: '',
    dueMs: 0,
  };
}

function newSender(index: number): Sender {
  const decision = { maxSpatial: -1, maxTemporal: 0, bitrateKbps: 0, reason: null };
  return { index, server: initialDemand(), demand: null, state: startSender(), decision, keyAtMs: -Infinity };
}

function pickView(mix: Mix, random: () => number): View {
  const at = random();
  if (at < mix.grid) return 'grid';
  if (at < mix.grid + mix.speaker) return 'speaker';
  return at < mix.grid + mix.speaker + mix.small ? 'small' : 'hidden';
}

/** People change their view every minute or so, and one in a thousand comes or goes at any moment. */
function shuffle(viewers: readonly Viewer[], mix: Mix, random: () => number): void {
  for (const viewer of viewers) {
    if (random() < 0.008) viewer.view = pickView(mix, random);
    if (viewer.index > 1 && random() < 0.001) {
      viewer.present = !viewer.present;
      viewer.wanted = new Map();
      viewer.decisions = [];
      viewer.state = startViewer();
      viewer.seen = '';
    }
  }
}

function windowsOf(viewer: Viewer, cameras: number, speaker: number): VideoWindow[] {
  const others = Array.from({ length: cameras }, (_, index) => index).filter((index) => index !== viewer.index);
  const columns = Math.ceil(Math.sqrt(others.length));
  return others.map((index, place) => {
    const main = viewer.view === 'speaker' && index === speaker;
    const width =
      viewer.view === 'grid'
        ? viewer.device.width / columns
        : viewer.view === 'small'
          ? 240
          : main
            ? viewer.device.width * 0.85
            : 200;
    // A filmstrip or a small window has room for a few.
    const hidden = viewer.view === 'hidden' || (viewer.view !== 'grid' && !main && place >= 6);
    const height = Math.min((width * 9) / 16, viewer.device.height);
    return {
      consumer: String(index),
      source: 'camera',
      width,
      height,
      hidden,
      cover: false,
      speaker: index === speaker,
      pinned: false,
    };
  });
}

function look(viewer: Viewer, cameras: number, speaker: number, nowMs: number, totals: Totals): void {
  const seen = `${viewer.view} ${speaker}`;
  if (seen === viewer.seen && nowMs < viewer.dueMs) return;
  viewer.seen = seen;
  const windows = windowsOf(viewer, cameras, speaker);
  const budget = { msPerMegapixel: viewer.msPerMegapixel, msPerSecond: 700, load: 0.5 };
  const { state, decisions, recheckInMs } = stepViewer(viewer.state, { windows, budget }, nowMs);
  viewer.dueMs = recheckInMs === null ? Infinity : nowMs + recheckInMs;
  viewer.state = state;
  if (sameDecisions(viewer.decisions, decisions)) return;
  totals.requests++;
  const before = viewer.wanted;
  viewer.decisions = decisions;
  viewer.wanted = new Map(decisions.map(({ consumer, layers }) => [Number(consumer), layers]));
  // Another spatial layer begins with a key picture; requests for the same sender at the same time become one.
  for (const [index, layers] of viewer.wanted) {
    if (layers && layers.spatial !== before.get(index)?.spatial) keyWanted.add(index);
  }
}

function send(sender: Sender, viewers: readonly Viewer[], nowMs: number, random: () => number, totals: Totals): void {
  const wants = viewers
    .filter(({ present, index }) => present && index !== sender.index)
    .map(({ wanted }) => wanted.get(sender.index) ?? null);
  const highest = highestLayers(wants);
  const { state, tell } = stepDemand(sender.server, highest, nowMs, HOLD_MS);
  sender.server = state;
  if (tell !== undefined) {
    sender.demand = tell;
    totals.notices++;
  }
  // One sender in five has a narrow line that comes and goes, one in seven a busy machine.
  const narrow = sender.index % 5 === 1 && nowMs % 60_000 > 30_000;
  const busy = sender.index % 7 === 2 && nowMs % 60_000 > 40_000;
  const layers = sender.state.layers;
  const encodeMs = layers ? (busy ? 60 : 10) * costOf({ spatial: layers.spatial, temporal: 2 }) + random() : null;
  const before = sender.decision;
  const step = stepSender(
    sender.state,
    {
      source: 'camera',
      demand: sender.demand,
      targetKbps: narrow ? 400 + random() * 40 : 2_500,
      encodeMs,
      load: busy ? 0.85 : 0.4,
      throttled: false,
    },
    nowMs,
  );
  sender.state = step.state;
  sender.decision = step.decision;
  if (step.decision.maxSpatial > (sender.demand?.spatial ?? -1)) totals.aboveDemand++;
  const raised = step.decision.maxSpatial > before.maxSpatial;
  const wanted = keyWanted.has(sender.index) && step.decision.maxSpatial >= 0;
  // mediasoup asks again after a second at the earliest: what comes in between is one picture.
  if (!raised && (!wanted || nowMs - sender.keyAtMs < KEY_EVERY_MS)) return;
  keyWanted.delete(sender.index);
  sender.keyAtMs = nowMs;
  if (nowMs >= WARM_UP_MS) totals.keyPictures++;
}

function measure(viewers: readonly Viewer[], senders: readonly Sender[], totals: Totals): void {
  totals.seconds += STEP_MS / 1_000;
  for (const { decision } of senders) {
    totals.uplink += decision.bitrateKbps;
    if (decision.maxSpatial >= 0)
      totals.encode += costOf({ spatial: decision.maxSpatial, temporal: decision.maxTemporal });
  }
  for (const viewer of viewers) {
    if (!viewer.present) continue;
    totals.decode += viewer.state.used;
    for (const [index, layers] of viewer.wanted) totals.downlink += received(senders[index]?.decision, layers);
  }
}

/** In k-SVC a viewer is sent the chosen spatial layer alone. */
function received(sent: SenderDecision | undefined, wanted: Layers | null): number {
  if (!sent || sent.maxSpatial < 0 || !wanted) return 0;
  const spatial = Math.min(wanted.spatial, sent.maxSpatial);
  const part = (share[sent.maxSpatial]?.[spatial] ?? 0) / 100;
  const frames =
    (temporalShare[Math.min(wanted.temporal, sent.maxTemporal)] ?? 1) / (temporalShare[sent.maxTemporal] ?? 1);
  return sent.bitrateKbps * part * frames;
}

const started = performance.now();
const header = [
  'people',
  'windows',
  'uplink kbps',
  'of static',
  'encode',
  'downlink Mbps',
  'decode MP/s',
  'key/min',
  'requests/s',
  'notices/s',
];
const widths = header.map((name) => Math.max(name.length, 8) + 3);
const print = (cells: readonly (string | number)[]): void =>
  console.log(cells.map((cell, i) => String(cell).padStart(widths[i] ?? 10)).join(''));
console.log(
  'On demand, per sender (uplink, encode as part of all layers on, key pictures a minute) and per viewer (downlink, decode),',
);
console.log(
  `whole meeting: requests of viewers and notices to senders a second. ${SECONDS} s each, at most ${CAMERAS_AT_MOST} cameras.\n`,
);
print(header);
const problems: string[] = [];
const full = mostKbps('camera', ALL_LAYERS);
for (const mix of mixes) {
  let before: Totals | null = null;
  for (const people of [2, 4, 10, 25, 100, 300, 1_000]) {
    const totals = meeting(people, mix, 42);
    const cameras = Math.min(people, CAMERAS_AT_MOST);
    const steps = totals.seconds / (STEP_MS / 1_000);
    const perSender = (value: number): number => value / steps / cameras;
    const keysPerMinute = totals.keyPictures / cameras / (totals.seconds / 60);
    const uplink = perSender(totals.uplink);
    const cells = [
      people,
      mix.name === 'all speaker view' ? 'speaker' : mix.name.replace('all ', ''),
      uplink.toFixed(0),
      (uplink / full).toFixed(2),
      perSender(totals.encode).toFixed(3),
      (totals.downlink / steps / people / 1_000).toFixed(2),
      (totals.decode / steps / people).toFixed(1),
      keysPerMinute.toFixed(1),
      (totals.requests / SECONDS).toFixed(1),
      (totals.notices / SECONDS).toFixed(1),
    ];
    print(cells);
    const what = `${people} people, ${mix.name}`;
    if (totals.aboveDemand > 0) problems.push(`${what}: sent above the demand ${totals.aboveDemand} times`);
    if (uplink > full) problems.push(`${what}: uplink above static`);
    if (mix.name === 'all thumbnails' && uplink > full * 0.1 + 1)
      problems.push(`${what}: thumbnails take ${uplink.toFixed(0)} kbps`);
    // More viewers of the same cameras may make them send more, but only up to all layers: notices must not grow with the viewers.
    if (before && people > CAMERAS_AT_MOST && totals.notices > before.notices * 3 + 100)
      problems.push(`${what}: notices grow with the viewers`);
    before = totals;
  }
}
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
console.log(`\n${problems.length === 0 ? 'all checks passed' : problems.join('\n')} (${seconds} s)`);
if (problems.length > 0) process.exitCode = 1;
