/**
 * What the panel's page costs whoever stands before it: how soon a touch is seen to be taken, and what a day of use leaves in memory.
 * Arguments: hours of simulated use (24, which take some minutes), touches (50).
 */
import { percentile, slopeOf } from '../test/support/figures.ts';
import type { PageMemory } from '../test/support/measured-page.ts';
import { livePanelDay } from '../test/support/panel-day.ts';
import { measureTouchAnswers } from '../test/support/touch-answers.ts';

const HOURS = Number(process.argv[2] ?? 24);
const TOUCHES = Number(process.argv[3] ?? 50);
const GOAL_ANSWER_MS = 100;
const GOAL_GROWTH_MB = 1;
/** Lit keeps a template of every sentence from the first time it is shown; a screen that is kept is hundreds each time. */
const MOST_NODES = 20;
/** The page's code and what it keeps for its own speed have come by then. */
const SETTLED_HOURS = 2;

if (!(HOURS > SETTLED_HOURS + 1))
  throw new Error(`at least ${SETTLED_HOURS + 2} hours: what comes before is not judged`);

const verdict = (isMet: boolean): string => (isMet ? 'met' : 'MISSED');
let isMet = true;

for (const statesPerSecond of [0, 10]) {
  const answers = await measureTouchAnswers({ touches: TOUCHES, statesPerSecond });
  const [p50, p95, most] = [percentile(answers, 50), percentile(answers, 95), Math.max(...answers)];
  isMet &&= p95 <= GOAL_ANSWER_MS;
  console.log(
    `panel: ${TOUCHES} touches, ${statesPerSecond} states/s: answered in ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, ` +
      `at most ${most.toFixed(0)} ms, goal ${GOAL_ANSWER_MS} ms: ${verdict(p95 <= GOAL_ANSWER_MS)}`,
  );
}

const begin = performance.now();
const samples: PageMemory[] = [];
const count = await livePanelDay({
  fromHour: 6,
  hours: HOURS,
  onHour: (memory) => {
    samples.push(memory);
    const { heapMb, nodes, listeners, documents, residentMb } = memory;
    const seconds = (performance.now() - begin) / 1_000;
    console.log(
      `panel: after ${samples.length} h (${seconds.toFixed(0)} s): heap ${heapMb.toFixed(2)} MB, ${nodes} nodes, ` +
        `${listeners} listeners, ${documents} documents, process ${residentMb.toFixed(0)} MB`,
    );
  },
});
const settled = samples.slice(SETTLED_HOURS - 1);
const growth = (of: keyof PageMemory): number => slopeOf(settled.map((sample) => sample[of])) * (settled.length - 1);
const isFlat = growth('heapMb') <= GOAL_GROWTH_MB && growth('nodes') <= MOST_NODES && growth('listeners') < 1;
isMet &&= isFlat;
console.log(
  `panel: ${count.states} states, ${count.touches} touches, ${count.meetings} meetings; a straight line from hour ${SETTLED_HOURS} ` +
    `to ${HOURS} grows by ${growth('heapMb').toFixed(2)} MB of heap, ${growth('nodes').toFixed(1)} nodes, ` +
    `${growth('listeners').toFixed(1)} listeners, ${growth('residentMb').toFixed(1)} MB of process; ` +
    `goal ${GOAL_GROWTH_MB} MB, ${MOST_NODES} nodes and no listener: ${verdict(isFlat)}`,
);
process.exitCode = isMet ? 0 : 1;
