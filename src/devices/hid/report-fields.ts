import type { HidField, HidLayout } from './report-descriptor.ts';

/**
 * Whether a control is on in a report as hidraw gives it (with its number first, if reports are numbered); null when the report is another
 * one or too short to hold it.
 */
export function readControl(layout: HidLayout, field: HidField, report: Uint8Array): boolean | null {
  const data = dataOf(layout, field, report);
  const slots = field.selector?.slots ?? 1;
  if (data === null || field.bitOffset + field.bitSize * slots > data.length * 8) return null;
  if (field.selector === null) return readBits(data, field.bitOffset, field.bitSize) !== 0;
  for (let slot = 0; slot < slots; slot++)
    if (readBits(data, field.bitOffset + slot * field.bitSize, field.bitSize) === field.selector.value) return true;
  return false;
}

/**
 * The output reports that set `controls`, as hidraw takes them: their number first, 0 when they are not numbered. Controls of one report
 * must be given together: every other bit of it becomes 0.
 */
export function outputReports(layout: HidLayout, controls: readonly (readonly [HidField, boolean])[]): Buffer[] {
  const reports = new Map<number, Buffer>();
  const used = new Map<HidField['reportId'], number>();
  for (const [field, on] of controls) {
    const report = reports.get(field.reportId) ?? emptyReport(layout, field.reportId);
    reports.set(field.reportId, report);
    if (field.selector === null) writeBits(report, 8 + field.bitOffset, field.bitSize, on ? 1 : 0);
    else if (on) {
      const slot = used.get(field.reportId) ?? 0;
      if (slot >= field.selector.slots) continue;
      writeBits(report, 8 + field.bitOffset + slot * field.bitSize, field.bitSize, field.selector.value);
      used.set(field.reportId, slot + 1);
    }
  }
  return [...reports.values()];
}

function dataOf(layout: HidLayout, field: HidField, report: Uint8Array): Uint8Array | null {
  if (!layout.numbered) return report;
  return report[0] === field.reportId ? report.subarray(1) : null;
}

function emptyReport(layout: HidLayout, reportId: number): Buffer {
  const report = Buffer.alloc(1 + (layout.outputBytes.get(reportId) ?? 0));
  report[0] = reportId;
  return report;
}

/** Least significant bit first, across bytes (section 8.4 of HID 1.11). */
function readBits(data: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let bit = 0; bit < size; bit++) {
    const at = offset + bit;
    if ((((data[at >> 3] ?? 0) >> (at & 7)) & 1) === 1) value += 2 ** bit;
  }
  return value;
}

function writeBits(data: Uint8Array, offset: number, size: number, value: number): void {
  for (let bit = 0; bit < size; bit++) {
    const at = offset + bit;
    const mask = 1 << (at & 7);
    const on = Math.floor(value / 2 ** bit) % 2 === 1;
    if (at >> 3 < data.length) data[at >> 3] = on ? (data[at >> 3] ?? 0) | mask : (data[at >> 3] ?? 0) & ~mask;
  }
}
