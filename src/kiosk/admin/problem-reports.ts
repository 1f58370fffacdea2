import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { ExclusiveRunner } from '../../lib/exclusive.ts';
import { UsageError } from '../../lib/errors.ts';
import type { LogLine, ReportKind } from '../admin-state.ts';
import type { RoomState } from '../room-state.ts';

export interface ProblemReport {
  readonly kind: ReportKind;
  readonly text: string;
}

export interface ProblemReportsDeps {
  readonly directory: string;
  readonly wallMs: () => number;
  readonly state: () => RoomState;
  readonly log: () => readonly LogLine[];
}

const MOST_KEPT = 50;

/** Keeps what people in the room say is wrong, with the room's state and log of that moment, until somebody looks. */
export class ProblemReports {
  readonly #deps: ProblemReportsDeps;
  readonly #one = new ExclusiveRunner(() => new UsageError('admin/closed', 'The room is stopping'));

  constructor(deps: ProblemReportsDeps) {
    this.#deps = deps;
  }

  /** Returns the report's number, which also names its file. */
  keep(report: ProblemReport): Promise<number> {
    return this.#one.run(() => this.#keep(report));
  }

  async #keep(report: ProblemReport): Promise<number> {
    const { directory, wallMs, state, log } = this.#deps;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const kept = await this.#numbers();
    const number = (kept.at(-1) ?? 0) + 1;
    const content = {
      number,
      at: new Date(wallMs()).toISOString(),
      ...report,
      room: withoutPeople(state()),
      log: log(),
    };
    await writeFileAtomic(join(directory, fileName(number)), `${JSON.stringify(content, null, 2)}\n`, 0o600);
    for (const old of kept.slice(0, Math.max(0, kept.length + 1 - MOST_KEPT)))
      await rm(join(directory, fileName(old)), { force: true });
    return number;
  }

  async #numbers(): Promise<readonly number[]> {
    const names = await readdir(this.#deps.directory);
    return names
      .map((name) => Number(/^report-(\d{1,9})\.json$/.exec(name)?.[1] ?? 0))
      .filter((number) => number > 0)
      .sort((a, b) => a - b);
  }
}

const fileName = (number: number): string => `report-${number}.json`;

/** The technical part: no names, no words, no code of a call, no titles of bookings. */
function withoutPeople(state: RoomState): object {
  const { version, devices, roomDevices, problems, call, schedule } = state;
  const { phase, joinedAt, alone, participants, layout, stats, lastEnd, microphoneMuted, cameraOff, volume } = call;
  return {
    version,
    devices,
    roomDevices,
    problems: [...problems, ...call.problems],
    call: {
      ...{ phase, joinedAt, alone, layout, stats, lastEnd, microphoneMuted, cameraOff, volume },
      participants: participants.length,
    },
    schedule: schedule && { ...schedule, bookings: schedule.bookings.length },
  };
}
