/**
 * A thread that parses and expands calendars, so that no event can hold up the room. Started by `CalendarExpander`. Plain
 * JavaScript, because taking the types off costs each thread 20 MB and half its start, unless Node finds the result in its
 * cache: this file is what may switch the cache on before anything is imported.
 */
import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

if (workerData.cacheDir !== null) enableCompileCache(workerData.cacheDir);
const { serveExpansions } = await import('./expander-service.ts');
if (parentPort !== null) serveExpansions(parentPort, workerData.buffer);
