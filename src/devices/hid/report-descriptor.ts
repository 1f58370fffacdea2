/**
 * Report descriptors of HID devices ("Device Class Definition for HID 1.11", section 6.2.2), as far as finding single controls needs:
 * where in which report each usage lies. Bounded, and forgiving about what it does not need.
 */

/** Usage page and usage in one: `page << 16 | usage`, as extended usages have it. */
export type HidUsage = number;

export interface HidField {
  readonly kind: 'input' | 'output' | 'feature';
  /** 0 when the device does not number its reports. */
  readonly reportId: number;
  /** From the start of the report's data, after its number. */
  readonly bitOffset: number;
  readonly bitSize: number;
  readonly usage: HidUsage;
  /** The field holds changes, not states: for a button, 1 when it is pressed. */
  readonly relative: boolean;
  /** Null for a field that is the control's value. Else a selector: the control is on when one of `slots` values equals this one. */
  readonly selector: { readonly value: number; readonly slots: number } | null;
}

export interface HidLayout {
  readonly numbered: boolean;
  readonly fields: readonly HidField[];
  /** Bytes of each output report's data, by number. */
  readonly outputBytes: ReadonlyMap<number, number>;
}

/** The kernel's own limits: HID_MAX_DESCRIPTOR_SIZE and HID_MAX_BUFFER_SIZE. */
const MOST_BYTES = 4_096;
const MOST_REPORT_BITS = 16_384 * 8;
const MOST_FIELDS = 4_096;
const MOST_USAGES = 1_024;
const MOST_SAVED = 32;

interface Globals {
  page: number;
  logicalMin: number;
  size: number;
  count: number;
  reportId: number;
}

interface Locals {
  usages: HidUsage[];
  minimum: HidUsage | null;
}

interface Parse {
  globals: Globals;
  readonly saved: Globals[];
  locals: Locals;
  numbered: boolean;
  readonly fields: HidField[];
  readonly bits: Map<string, number>;
}

/** Null when it is cut short, too long or claims reports that no device has. */
export function parseReportDescriptor(descriptor: Uint8Array): HidLayout | null {
  if (descriptor.length > MOST_BYTES) return null;
  const parse: Parse = {
    globals: { page: 0, logicalMin: 0, size: 0, count: 0, reportId: 0 },
    saved: [],
    locals: { usages: [], minimum: null },
    numbered: false,
    fields: [],
    bits: new Map(),
  };
  for (let at = 0; at < descriptor.length;) {
    const prefix = descriptor[at] ?? 0;
    const isLong = prefix === 0xfe;
    const size = isLong ? (descriptor[at + 1] ?? 0) + 2 : ([0, 1, 2, 4][prefix & 3] ?? 0);
    if (at + 1 + size > descriptor.length) return null;
    // Long items are reserved; none has ever been defined.
    if (!isLong && !takeItem(parse, prefix, descriptor.subarray(at + 1, at + 1 + size))) return null;
    at += 1 + size;
  }
  const outputBytes = new Map<number, number>();
  for (const [key, bits] of parse.bits)
    if (key.startsWith('output:')) outputBytes.set(Number(key.slice(7)), Math.ceil(bits / 8));
  return { numbered: parse.numbered, fields: parse.fields, outputBytes };
}

/** False ends the parse. Tags: table in section 6.2.2. */
function takeItem(parse: Parse, prefix: number, data: Uint8Array): boolean {
  const value = unsigned(data);
  const { globals, locals } = parse;
  switch (prefix & 0xfc) {
    case 0x80:
      return takeMain(parse, 'input', value);
    case 0x90:
      return takeMain(parse, 'output', value);
    case 0xb0:
      return takeMain(parse, 'feature', value);
    case 0xa0:
    case 0xc0:
      parse.locals = { usages: [], minimum: null };
      return true;
    case 0x04:
      globals.page = value & 0xffff;
      return true;
    case 0x14:
      globals.logicalMin = signed(data);
      return true;
    case 0x74:
      globals.size = value;
      return true;
    case 0x94:
      globals.count = value;
      return true;
    case 0x84:
      globals.reportId = value & 0xff;
      parse.numbered = true;
      return value >= 1 && value <= 255;
    case 0xa4:
      parse.saved.push({ ...globals });
      return parse.saved.length <= MOST_SAVED;
    case 0xb4: {
      const restored = parse.saved.pop();
      if (restored) parse.globals = restored;
      return restored !== undefined;
    }
    case 0x08:
      if (locals.usages.length < MOST_USAGES) locals.usages.push(fullUsage(globals.page, value, data.length));
      return true;
    case 0x18:
      locals.minimum = fullUsage(globals.page, value, data.length);
      return true;
    case 0x28:
      takeRange(locals, fullUsage(globals.page, value, data.length));
      return true;
    default:
      return true;
  }
}

function takeRange(locals: Locals, maximum: HidUsage): void {
  const minimum = locals.minimum ?? maximum;
  for (let usage = minimum; usage <= maximum && locals.usages.length < MOST_USAGES; usage++) locals.usages.push(usage);
  locals.minimum = null;
}

/** Flags: bit 0 constant, bit 1 variable, bit 2 relative. */
function takeMain(parse: Parse, kind: HidField['kind'], flags: number): boolean {
  const { globals, locals, fields, bits } = parse;
  const key = `${kind}:${globals.reportId}`;
  const start = bits.get(key) ?? 0;
  const length = globals.size * globals.count;
  parse.locals = { usages: [], minimum: null };
  if (start + length > MOST_REPORT_BITS) return false;
  bits.set(key, start + length);
  // Padding has no usages; fields over 32 bits are not controls.
  if ((flags & 1) !== 0 || globals.size === 0 || globals.size > 32 || globals.count === 0) return true;
  const isVariable = (flags & 2) !== 0;
  const common = { kind, reportId: globals.reportId, bitSize: globals.size, relative: (flags & 4) !== 0 };
  const named = isVariable ? Math.min(globals.count, MOST_FIELDS) : locals.usages.length;
  for (let index = 0; index < named && fields.length < MOST_FIELDS; index++) {
    // The last usage holds for all fields that are left (section 6.2.2.8).
    const usage = locals.usages[Math.min(index, locals.usages.length - 1)];
    if (usage === undefined) break;
    const bitOffset = isVariable ? start + index * globals.size : start;
    const selector = isVariable ? null : { value: globals.logicalMin + index, slots: globals.count };
    fields.push({ ...common, usage, bitOffset, selector });
  }
  return true;
}

function fullUsage(page: number, value: number, bytes: number): HidUsage {
  return bytes === 4 ? value : page * 0x1_0000 + value;
}

function unsigned(data: Uint8Array): number {
  let value = 0;
  for (let i = data.length - 1; i >= 0; i--) value = value * 256 + (data[i] ?? 0);
  return value;
}

function signed(data: Uint8Array): number {
  const value = unsigned(data);
  const half = 2 ** (8 * data.length - 1);
  return data.length > 0 && value >= half ? value - 2 * half : value;
}
