/**
 * A processor that suddenly has other work: how soon the product's decisions are back inside the budget, and what they took first.
 * The decisions are the product's, step by step as the call takes them; the processor is a model that costs what was measured.
 */
import {
  ENCODE_BUDGET,
  startSender,
  stepSender,
  costOf,
  type SenderState,
} from '../../src/call/demand/sender-ladder.ts';
import { startViewer, stepViewer, type VideoWindow, type ViewerState } from '../../src/call/demand/viewer-demand.ts';

export interface Relief {
  /** From the overload to the last moment above the budget. */
  readonly ms: number;
  readonly after: string;
}

const STEP_MS = 1_000;
const TICK_MS = 100;
const RUN_MS = 20_000;
const OVERLOAD_AT_MS = 5_050;
const FULL_ENCODE_MS = 9;

/** The sender's encoder becomes `factor` times as slow, as beside other work on a hot machine. */
export function relieveSender(factor: number): Relief {
  let state: SenderState = startSender();
  let [encodeMs, aboveAtMs, dueMs] = [0, OVERLOAD_AT_MS, 0];
  for (let nowMs = 0; nowMs < RUN_MS; nowMs += TICK_MS) {
    const slow = nowMs >= OVERLOAD_AT_MS ? factor : 1;
    const { layers } = state;
    const now = layers ? FULL_ENCODE_MS * slow * costOf({ spatial: layers.spatial, temporal: 2 }) : 0;
    // The encoder's own average runs over 30 pictures.
    encodeMs += (now - encodeMs) * (1 - Math.exp(-TICK_MS / 1_000));
    const usage = layers ? (now * 30) / 2 ** (2 - layers.temporal) / 1_000 : 0;
    if (nowMs >= OVERLOAD_AT_MS && usage > ENCODE_BUDGET) aboveAtMs = nowMs + TICK_MS;
    if (nowMs < dueMs) continue;
    dueMs = nowMs + STEP_MS;
    state = stepSender(
      state,
      {
        source: 'camera',
        demand: { spatial: 2, temporal: 2 },
        targetKbps: 3_000,
        encodeMs: layers && encodeMs,
        load: 0.5,
        throttled: false,
      },
      nowMs,
    ).state;
  }
  const { layers } = state;
  return { ms: aboveAtMs - OVERLOAD_AT_MS, after: layers ? `S${layers.spatial}T${layers.temporal} sent` : 'nothing' };
}

const OTHERS = 8;
const MS_PER_MEGAPIXEL = 9;
const CORES = 2;

/** A viewer of one speaker and eight others, on a machine where other work takes `others` of all cores from then on. */
export function relieveViewer(others: number): Relief & { readonly speakerSuffered: boolean } {
  let state: ViewerState = startViewer();
  let [load, ticks, aboveAtMs, dueMs, speakerSuffered] = [0, 0, OVERLOAD_AT_MS, 0, false];
  let after = '';
  for (let nowMs = 0; nowMs < RUN_MS; nowMs += TICK_MS) {
    const base = nowMs >= OVERLOAD_AT_MS ? others : 0.1;
    const now = Math.min(1, base + (state.used * MS_PER_MEGAPIXEL) / 1_000 / CORES);
    // Over the time since the step before, as the machine's load is read.
    load = (load * ticks + now) / ++ticks;
    if (nowMs >= OVERLOAD_AT_MS && now > 0.9) aboveAtMs = nowMs + TICK_MS;
    if (nowMs < dueMs) continue;
    dueMs = nowMs + STEP_MS;
    const budget = { msPerMegapixel: MS_PER_MEGAPIXEL, msPerSecond: CORES * 1_000, load };
    const step = stepViewer(state, { windows: windows(), budget }, nowMs);
    state = step.state;
    [load, ticks] = [0, 0];
    const speaker = step.decisions.find(({ consumer }) => consumer === 'speaker')?.layers;
    const rest = step.decisions.filter(({ consumer }) => consumer !== 'speaker');
    const spared = rest.some(({ layers }) => layers && (layers.spatial > 0 || layers.temporal > 0));
    if ((speaker?.spatial !== 2 || speaker.temporal !== 2) && spared) speakerSuffered = true;
    const shown = rest.filter(({ layers }) => layers !== null).length;
    after = `speaker S${speaker?.spatial ?? -1}T${speaker?.temporal ?? -1}, ${shown} of ${OTHERS} others shown`;
  }
  return { ms: aboveAtMs - OVERLOAD_AT_MS, after, speakerSuffered };
}

function windows(): VideoWindow[] {
  const window = (consumer: string, width: number, speaker: boolean): VideoWindow => ({
    consumer,
    source: 'camera',
    width,
    height: (width * 9) / 16,
    hidden: false,
    cover: false,
    speaker,
    pinned: false,
  });
  return [window('speaker', 1_280, true), ...Array.from({ length: OTHERS }, (_, i) => window(`other${i}`, 480, false))];
}
