/**
 * How fast keys change with the members: from a departure (or arrivals) being known to the last member having the new keys.
 * All members share this one process and its one thread, so the last one waits for all the others' work; "one member" is what a
 * client of its own spends. Arguments: rounds (30), members (10).
 */
import { performance } from 'node:perf_hooks';
import { commit, joinFromWelcome, processCommit } from '../src/crypto/group.ts';
import { systemClock } from '../src/lib/clock.ts';
import type { KeysClient } from '../test/support/keys-meeting.ts';
import { KeysMeeting } from '../test/support/keys-meeting.ts';
import { newGroup, newMember } from '../test/support/mls-members.ts';

const ROUNDS = Number(process.argv[2] ?? 30);
const MEMBERS = Number(process.argv[3] ?? 10);
const GOAL_MS = 500;

const figures = new Map<string, number[]>();

function note(name: string, ms: number): void {
  figures.set(name, [...(figures.get(name) ?? []), ms]);
}

async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  note(name, performance.now() - start);
  return result;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** From `begin` to the last of those who stay, or come, being in the next epoch. */
async function change(
  meeting: KeysMeeting<typeof systemClock>,
  name: string,
  affected: () => KeysClient[],
  begin: () => void,
): Promise<void> {
  const before = new Map(meeting.clients.map((client) => [client, client.epochs.length]));
  const start = performance.now();
  let last = start;
  const stop = meeting.clients.map(({ keys }) => keys.events.on('epoch', () => void (last = performance.now())));
  begin();
  await meeting.settle();
  for (const off of stop) off();
  for (const client of affected()) {
    if (client.epochs.length === (before.get(client) ?? 0)) throw new Error(`${name}: a member has no new keys`);
  }
  note(name, last - start);
}

async function meetings(): Promise<void> {
  const meeting = new KeysMeeting(systemClock);
  let members = await meeting.group(MEMBERS);
  for (let round = 0; round < ROUNDS; round++) {
    const leaver = members[round % members.length];
    if (!leaver) throw new Error('nobody is left');
    members = members.filter((member) => member !== leaver);
    await change(
      meeting,
      `leave, ${MEMBERS} members, all in one thread`,
      () => members,
      () => meeting.leave(leaver.peer),
    );
    const joiner = await meeting.client();
    members = [...members, joiner];
    await change(
      meeting,
      `join, ${MEMBERS} members, all in one thread`,
      () => members,
      () => meeting.join(joiner),
    );
    await leaver.keys.close();
    meeting.clients.splice(meeting.clients.indexOf(leaver), 1);
  }
  await meeting.close();
  for (let round = 0; round < Math.ceil(ROUNDS / 6); round++) {
    const crowd = new KeysMeeting(systemClock);
    const clients = await Promise.all(Array.from({ length: MEMBERS }, () => crowd.client()));
    await change(
      crowd,
      `${MEMBERS} join at once, all in one thread`,
      () => clients,
      () => clients.forEach((client) => crowd.join(client)),
    );
    await crowd.close();
  }
}

async function singleMembers(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c] = await newGroup(MEMBERS);
    if (!a || !b || !c) throw new Error('three members at least');
    const removal = await timed('one member: make a removal', () =>
      commit(a.group, { add: [], remove: [c.peer] }, a.env),
    );
    await timed('one member: follow a removal', () => processCommit(b.group, removal.commit, b.env));
    const joiner = await newMember(a.env);
    const addition = await timed('one member: make an addition', () =>
      commit(a.group, { add: [joiner.login.keyPackage], remove: [] }, a.env),
    );
    await timed('one member: follow an addition', () => processCommit(b.group, addition.commit, b.env));
    await timed('one member: open its Welcome', () =>
      joinFromWelcome(joiner.login, addition.welcome ?? new Uint8Array(0), joiner.env),
    );
  }
}

await meetings();
await singleMembers();
console.log(`${''.padEnd(44)}${'p50'.padStart(10)}${'p95'.padStart(10)}`);
for (const [name, values] of figures) {
  const [p50, p95] = [percentile(values, 0.5), percentile(values, 0.95)];
  console.log(`${name.padEnd(44)}${`${p50.toFixed(1)} ms`.padStart(10)}${`${p95.toFixed(1)} ms`.padStart(10)}`);
}
const rekey = percentile(figures.get(`leave, ${MEMBERS} members, all in one thread`) ?? [], 0.95);
console.log(`rekey p95 ${rekey.toFixed(0)} ms, goal ${GOAL_MS} ms: ${rekey <= GOAL_MS ? 'met' : 'MISSED'}`);
process.exitCode = rekey <= GOAL_MS ? 0 : 1;
