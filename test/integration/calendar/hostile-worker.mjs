/** The expander's worker, which never ends with what is called `endless`, and runs out of memory with `greedy`. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveExpansions } from '../../../src/calendar/ical/expander-service.ts';

serveExpansions(parentPort, workerData.buffer, (object, uid) => {
  const name = uid ?? object?.event ?? '';
  const kept = [];
  if (name.startsWith('endless')) for (;;) kept.length = 0;
  if (name.startsWith('greedy')) for (;;) kept.push(new Array(1_000_000).fill(name));
});
