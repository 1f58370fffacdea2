import { readdir, readFile } from 'node:fs/promises';

/** Ids of a process's children, the oldest first. */
export async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  const ids = lists.flatMap((list) => list.trim().split(/\s+/).filter(Boolean).map(Number));
  const started = await Promise.all(ids.map(startedAt));
  return ids
    .map((id, i) => [id, started[i] ?? 0] as const)
    .toSorted(([, a], [, b]) => a - b)
    .map(([id]) => id);
}

/** Resident memory in bytes; 0 when the process is gone. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** In clock ticks since boot: field 22 of proc(5), counted from behind the name, which may hold anything. */
async function startedAt(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
}

/** Processor time of a process and all that descend from it and still live, seconds. */
export async function treeCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const children = await childrenOf(pid).catch(() => []);
  const theirs = await Promise.all(children.map(treeCpuSeconds));
  // Fields 14 and 15 of proc(5), in hundredths of a second.
  return theirs.reduce((sum, each) => sum + each, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100);
}
