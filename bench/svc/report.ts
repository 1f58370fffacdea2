import type { Comparison } from './cost.ts';
import type { Likeness } from './likeness.ts';

/** One line of what was asked, and what came out in each pairing. */
export interface Line {
  readonly what: string;
  readonly asked: string;
  readonly cells: Readonly<Partial<Record<Pairing, Cell>>>;
}

export interface Cell {
  readonly text: string;
  /** Null: nothing was asked of this figure. */
  readonly met: boolean | null;
}

export type Pairing = 'room → room' | 'room → guest' | 'guest → room';
export const pairings: readonly Pairing[] = ['room → room', 'room → guest', 'guest → room'];

export const cell = (text: string, met: boolean | null): Cell => ({ text, met });

/** As a table that can go into docs/performance.md. */
export function printLines(lines: readonly Line[]): void {
  const columns = pairings.filter((pairing) => lines.some(({ cells }) => cells[pairing]));
  if (columns.length === 0) return;
  printTable([
    ['What', 'Asked', ...columns],
    ...lines.map(({ what, asked, cells }) => [what, asked, ...columns.map((pairing) => show(cells[pairing]))]),
  ]);
}

export function printComparison({ scenarios, thumbnail, full, curves }: Comparison): void {
  const likeness = ({ psnr, ssim }: Likeness): string => `${psnr.toFixed(1)} dB, SSIM ${ssim.toFixed(3)}`;
  console.log(
    `\nThe same picture for every viewer by each way of sending it: a thumbnail ${likeness(thumbnail)}, full size ${likeness(full)}.`,
  );
  const rows = scenarios.flatMap(({ name, ways }) =>
    ways.map((way) => [
      name,
      way.name,
      way.uplinkKbps.toFixed(0),
      way.downlinkKbps.toFixed(0),
      way.encodeMs.toFixed(1),
    ]),
  );
  printTable([['Viewers', 'Way', 'Uplink kbps', 'Downlink kbps, all viewers', 'Encode CPU, ms a picture'], ...rows]);
  console.log('\nWhat was measured: kbps, dB, SSIM.');
  for (const [name, points] of Object.entries(curves))
    console.log(
      `${name}: ${points.map(({ kbps, psnr, ssim }) => `${kbps.toFixed(0)}, ${psnr.toFixed(2)}, ${ssim.toFixed(3)}`).join(' | ')}`,
    );
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const print = (row: readonly string[]): void =>
    console.log(`| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const [head = [], ...rest] = rows;
  print(head);
  print(widths.map((width) => '-'.repeat(width)));
  for (const row of rest) print(row);
}

function show(shown: Cell | undefined): string {
  if (!shown) return '';
  return shown.met === false ? `**${shown.text}: missed**` : shown.text;
}
