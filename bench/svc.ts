/**
 * Video on demand: what is looked at comes at once, what nobody looks at costs nothing, and a bad network
 * or a busy processor takes the least valuable first. End-to-end encryption is on throughout. Senders and viewers are the product's
 * own, native and in Chromium; the network between them and a real server is emulated.
 *
 *   npm run bench -- svc [switch] [spend] [overload] [narrow] [loss] [cost] [--native]
 *
 * Without names all parts run, about ten minutes; `--native` leaves the browser out.
 */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/support/browser.ts';
import { guestSender, guestViewer, nativeSender, nativeViewer, type Sender, type Viewer } from './svc/actors.ts';
import { crowdOfFour, guestOfFour, viewerOfFour } from './svc/four.ts';
import { compareWays } from './svc/cost.ts';
import { measureLoss } from './svc/losing.ts';
import { measureNarrowing } from './svc/narrowing.ts';
import { relieveSender, relieveViewer } from './svc/overload.ts';
import { cell, pairings, printComparison, printLines, type Cell, type Line, type Pairing } from './svc/report.ts';
import { measureSpending } from './svc/sending.ts';
import { Stage } from '../test/support/stage.ts';
import { measureSwitching, spreadOf } from './svc/switching.ts';
import { percentile } from '../test/support/figures.ts';
import { makeTestPictures } from './svc/test-pictures.ts';
import { writeTestVoice } from './svc/test-voice.ts';

const CHANGES = 20;
const SPEND_MS = 8_000;
const LOSS_MS = 15_000;

const started = performance.now();
const args = process.argv.slice(2);
const native = args.includes('--native');
const parts = args.filter((each) => !each.startsWith('--'));
const wants = (part: string): boolean => parts.length === 0 || parts.includes(part);
const table = new Map<string, { asked: string; cells: Partial<Record<Pairing, Cell>> }>();
const pictures = await makeTestPictures();
let browser: Browser | null = null;

function note(what: string, asked: string, pairing: Pairing, shown: Cell): void {
  const line = table.get(what) ?? { asked, cells: {} };
  table.set(what, line);
  line.cells[pairing] = shown;
  const seconds = ((performance.now() - started) / 1_000).toFixed(0).padStart(4);
  console.log(`${seconds} s  ${pairing}: ${what}: ${shown.text}${shown.met === false ? '  (missed)' : ''}`);
}

async function chromium(): Promise<Browser> {
  browser ??= await launchChromium([
    '--use-fake-device-for-media-stream=fps=30',
    `--use-file-for-fake-video-capture=${await pictures.y4m()}`,
    `--use-file-for-fake-audio-capture=${await writeTestVoice(join(pictures.folder, 'voice.wav'))}`,
  ]);
  return browser;
}

/** Runs with a meeting of its own, and says so when it fails instead of ending everything. */
async function onStage(pairing: Pairing, part: string, run: (stage: Stage) => Promise<void>): Promise<void> {
  if (!wants(part) || (native && pairing !== 'room → room')) return;
  const stage = await Stage.open();
  try {
    await run(stage);
  } catch (error) {
    process.exitCode = 1;
    console.log(
      `${pairing}, ${part}: failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  } finally {
    await stage.close();
  }
}

const makeSender = async (stage: Stage, pairing: Pairing, microphone: boolean): Promise<Sender> =>
  pairing === 'guest → room'
    ? guestSender(stage, await chromium(), microphone)
    : nativeSender(stage, pictures.folder, microphone);

const makeViewer = async (stage: Stage, pairing: Pairing): Promise<Viewer> =>
  pairing === 'room → guest' ? guestViewer(stage, await chromium()) : nativeViewer(stage, pictures.folder);

async function withPair(
  stage: Stage,
  pairing: Pairing,
  run: (sender: Sender, viewer: Viewer) => Promise<void>,
): Promise<void> {
  const sender = await makeSender(stage, pairing, true);
  const viewer = await makeViewer(stage, pairing);
  try {
    await run(sender, viewer);
  } finally {
    await Promise.all([sender.close(), viewer.close()]);
  }
}

for (const pairing of pairings) {
  await onStage(pairing, 'switch', (stage) =>
    withPair(stage, pairing, async (sender, viewer) => {
      const { growsMs, shrinksMs } = await measureSwitching(sender, viewer, CHANGES);
      note(
        'A window grows: until the first picture of full size',
        'p95 ≤ 1 s',
        pairing,
        cell(spreadOf(growsMs), percentile(growsMs, 95) <= 1_000),
      );
      note(
        'It shrinks: until the large layer is no longer encoded',
        '≤ 3 s',
        pairing,
        cell(spreadOf(shrinksMs), Math.max(...shrinksMs) <= 3_000),
      );
    }),
  );
  await onStage(pairing, 'spend', (stage) => spend(stage, pairing));
  await onStage(pairing, 'loss', (stage) =>
    withPair(stage, pairing, async (_sender, viewer) => {
      for (const at of ['viewer', 'sender'] as const) {
        const { fps, freezeMs, silenceMs } = await measureLoss(stage, viewer, at, LOSS_MS);
        const where = `5 % loss and 100 ms there and back at the ${at}`;
        note(`${where}: pictures`, '≥ 20 /s', pairing, cell(`${fps.toFixed(1)} /s`, fps >= 20));
        note(`${where}: longest freeze`, '≤ 500 ms', pairing, cell(`${freezeMs.toFixed(0)} ms`, freezeMs <= 500));
        note(
          `${where}: longest gap in the voice`,
          '≤ 60 ms',
          pairing,
          cell(`${silenceMs.toFixed(0)} ms`, silenceMs <= 60),
        );
      }
    }),
  );
}

async function spend(stage: Stage, pairing: Pairing): Promise<void> {
  const sender = await makeSender(stage, pairing, false);
  const { nobody, thumbnail, full, viewer } = await measureSpending(
    stage,
    sender,
    () => makeViewer(stage, pairing),
    SPEND_MS,
  );
  await Promise.all([sender.close(), viewer.close()]);
  const uplink = thumbnail.kbps / full.kbps;
  note(
    'Uplink with a thumbnail only / with a full-size viewer',
    '≤ 0.10',
    pairing,
    cell(`${uplink.toFixed(2)} (${thumbnail.kbps.toFixed(0)} / ${full.kbps.toFixed(0)} kbps)`, uplink <= 0.1),
  );
  const idle = sender.costOf === 'the whole process' ? nobody.cpu : 0;
  const cpu = (thumbnail.cpu - idle) / (full.cpu - idle);
  const cores = [thumbnail.cpu - idle, full.cpu - idle].map((each) => (each * 100).toFixed(1)).join(' / ');
  note(
    'Encode CPU with a thumbnail only / full size',
    '≤ 0.25',
    pairing,
    cell(`${cpu.toFixed(2)} (${cores} % of a core, ${sender.costOf})`, cpu <= 0.25),
  );
  note(
    'Nobody watching',
    '0 frames, < 5 kbps',
    pairing,
    cell(`${nobody.frames} frames, ${nobody.kbps.toFixed(1)} kbps`, nobody.frames === 0 && nobody.kbps < 5),
  );
}

function overload(): void {
  const sender = relieveSender(6);
  note(
    'Encoder suddenly six times as slow: back under budget (decisions)',
    '≤ 3 s',
    'room → room',
    cell(`${(sender.ms / 1_000).toFixed(1)} s, then ${sender.after}`, sender.ms <= 3_000),
  );
  const viewer = relieveViewer(0.75);
  note(
    'Other work takes 75 % of the processor: back under 90 % (decisions)',
    '≤ 3 s, speaker last',
    'room → room',
    cell(`${(viewer.ms / 1_000).toFixed(1)} s, then ${viewer.after}`, viewer.ms <= 3_000 && !viewer.speakerSuffered),
  );
}

for (const pairing of ['room → room', 'room → guest'] as const)
  await onStage(pairing, 'narrow', async (stage) => {
    const crowd = await crowdOfFour(stage, pictures.folder);
    const four =
      pairing === 'room → room'
        ? await viewerOfFour(stage, pictures.folder)
        : await guestOfFour(stage, await chromium());
    try {
      const { freezesMs, recoveredMs, widths } = await measureNarrowing(stage, four.viewer, crowd.names, four.look);
      const freeze = Math.max(...Object.values(freezesMs));
      const sizes = Object.values(widths).map(({ before, narrow, after }) => `${before}→${narrow}→${after}`);
      note(
        'Downlink 4 Mbps → 500 kbps → 4 Mbps, 4 senders: longest freeze',
        '≤ 1 s',
        pairing,
        cell(`${freeze.toFixed(0)} ms`, freeze <= 1_000),
      );
      note(
        '– until every window has its size back',
        '≤ 5 s',
        pairing,
        cell(`${(recoveredMs / 1_000).toFixed(1)} s (widths ${sizes.join(', ')})`, recoveredMs <= 5_000),
      );
    } finally {
      await Promise.all([crowd.close(), four.viewer.close()]);
    }
  });

await (browser as Browser | null)?.close();
if (wants('overload')) overload();
const comparison = wants('cost') ? await compareWays(pictures.folder) : null;
await pictures.remove();
const lines: Line[] = [...table].map(([what, { asked, cells }]) => ({ what, asked, cells }));
console.log();
printLines(lines);
if (comparison) printComparison(comparison);
const missed = lines.filter(({ cells }) => Object.values(cells).some(({ met }) => met === false)).length;
console.log(
  `\n${lines.length} figures, ${missed} missed somewhere, ${((performance.now() - started) / 60_000).toFixed(1)} minutes`,
);
process.exit();
