import type { Clock } from '../../../lib/clock.ts';
import { InternalError } from '../../../lib/errors.ts';
import { ExclusiveRunner } from '../../../lib/exclusive.ts';
import type { ReopeningLink } from '../../link/reopening-link.ts';
import { pause, waitFor } from '../../link/wait.ts';
import type { DisplayDialect, ReadResult, WriteResult } from '../dialect.ts';
import type { DisplayCapabilities, DisplayProperty, DisplayValues } from '../display-control.ts';
import type { DisplayTable, TableProperty } from './display-table.ts';

export interface TableDeps {
  /** Closed by `close`. */
  readonly link: ReopeningLink;
  readonly clock: Clock;
  readonly table: DisplayTable;
  readonly displayId: number | null;
  readonly virtual: boolean;
}

/** More than any answer; what is older is dropped. */
const MAX_KEPT = 256;

type Verdict = { readonly kind: 'match'; readonly match: RegExpExecArray } | { readonly kind: WriteResult };

/** A display whose protocol is a row of `displayTables`. */
export class TableDialect implements DisplayDialect {
  readonly id: string;
  readonly virtual: boolean;
  readonly capabilities: DisplayCapabilities;
  readonly #deps: TableDeps;
  readonly #oneAtATime: ExclusiveRunner;
  #kept = '';
  #hear: (() => void) | null = null;
  #closed = false;

  constructor(deps: TableDeps) {
    const { table, link } = deps;
    this.#deps = deps;
    this.id = `${table.name}:${link.id}`;
    this.virtual = deps.virtual;
    this.capabilities = {
      power: true,
      inputs: Object.keys(table.input?.set ?? {}),
      volume: table.volume === null ? 'none' : 'absolute',
      mute: table.muted !== null,
      blank: table.blanked !== null,
      freeze: false,
    };
    this.#oneAtATime = new ExclusiveRunner(
      () => new InternalError('device/display-closed', 'The display was asked after it was closed'),
    );
    link.on('data', (chunk) => this.#receive(chunk));
    link.on('probe', () => void this.read('power', null));
  }

  start(): void {
    this.#deps.link.start();
  }

  async read<P extends DisplayProperty>(
    property: P,
    signal: AbortSignal | null,
  ): Promise<ReadResult<DisplayValues[P]>> {
    if (property === 'volume') return this.#readVolume(signal) as Promise<ReadResult<DisplayValues[P]>>;
    const row = this.#row(property);
    if (row === null || row.query === null) return { kind: 'cannot-read' };
    const names = Object.keys(row.states);
    const verdict = await this.#exchange(row.query, Object.values(row.states), signal);
    if (verdict.kind !== 'match') return readFailure(verdict.kind);
    const name = names.find((state) => row.states[state]?.test(verdict.match.input));
    return name === undefined ? { kind: 'cannot-read' } : { kind: 'value', value: valueOf(property, name) };
  }

  async write<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    signal: AbortSignal | null,
  ): Promise<WriteResult> {
    const { volume } = this.#deps.table;
    const row = property === 'volume' ? null : this.#row(property);
    const text = property === 'volume' ? volumeText(volume, Number(value)) : row?.set[String(value)];
    const taken = property === 'volume' ? volume?.taken : row?.taken;
    if (text === undefined || taken === undefined) return 'unsupported';
    const { kind } = await this.#exchange(text, [taken], signal);
    return kind === 'match' ? 'taken' : kind;
  }

  async stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<WriteResult> {
    const now = await this.#readVolume(signal);
    if (now.kind === 'cannot-read') return 'unsupported';
    if (now.kind !== 'value') return now.kind;
    return this.write('volume', Math.max(0, Math.min(100, now.value + (way === 'up' ? 2 : -2))), signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#deps.link.close();
    await this.#oneAtATime.close();
  }

  #row(property: Exclude<DisplayProperty, 'volume'>): TableProperty | null {
    return property === 'frozen' ? null : this.#deps.table[property];
  }

  async #readVolume(signal: AbortSignal | null): Promise<ReadResult<number>> {
    const row = this.#deps.table.volume;
    if (row === null) return { kind: 'cannot-read' };
    const verdict = await this.#exchange(row.query, [row.state], signal);
    if (verdict.kind !== 'match') return readFailure(verdict.kind);
    const volume = parseInt(verdict.match[1] ?? '', row.base);
    return volume >= 0 && volume <= 100 ? { kind: 'value', value: volume } : { kind: 'cannot-read' };
  }

  #receive(chunk: Uint8Array): void {
    this.#kept = (this.#kept + Buffer.from(chunk).toString('latin1')).slice(-MAX_KEPT);
    this.#hear?.();
  }

  async #exchange(text: string, wanted: readonly RegExp[], signal: AbortSignal | null): Promise<Verdict> {
    if (this.#closed) return { kind: 'no-answer' };
    return this.#oneAtATime.run(async () => {
      const verdict = await this.#say(text, wanted, signal);
      if (verdict.kind !== 'no-answer') await pause(this.#deps.clock, this.#deps.table.pauseMs, signal);
      return verdict;
    });
  }

  async #say(text: string, wanted: readonly RegExp[], signal: AbortSignal | null): Promise<Verdict> {
    const { link, clock, table, displayId } = this.#deps;
    const id = (displayId ?? table.defaultId).toString(16).padStart(2, '0').toUpperCase();
    this.#kept = '';
    const wait = await waitFor<Verdict>(clock, table.answerTimeoutMs, signal, (settle) => {
      this.#hear = () => {
        const verdict = this.#judge(wanted);
        if (verdict !== null) settle(verdict);
      };
      const off = link.on('down', () => settle({ kind: 'no-answer' }));
      link.write(Buffer.from(text.replace('{id}', id), 'latin1')).catch(() => settle({ kind: 'no-answer' }));
      return () => {
        this.#hear = null;
        off();
      };
    });
    return wait.kind === 'value' ? wait.value : { kind: 'no-answer' };
  }

  #judge(wanted: readonly RegExp[]): Verdict | null {
    const { refused, notNow } = this.#deps.table;
    for (const pattern of wanted) {
      const match = pattern.exec(this.#kept);
      if (match !== null) return { kind: 'match', match };
    }
    if (notNow?.test(this.#kept)) return { kind: 'not-now' };
    return refused?.test(this.#kept) ? { kind: 'refused' } : null;
  }
}

function readFailure(kind: WriteResult): ReadResult<never> {
  return { kind: kind === 'no-answer' || kind === 'not-now' ? kind : 'cannot-read' };
}

function volumeText(row: DisplayTable['volume'], percent: number): string | undefined {
  const digits = percent
    .toString(row?.base)
    .toUpperCase()
    .padStart(row?.digits ?? 0, '0');
  return row?.set.replace('{value}', digits);
}

/** Rows name states by text. */
function valueOf<P extends DisplayProperty>(property: P, name: string): DisplayValues[P] {
  const value: string | boolean = property === 'power' || property === 'input' ? name : name === 'true';
  return value as DisplayValues[P];
}
