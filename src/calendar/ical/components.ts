/**
 * Takes iCalendar text apart into the components that matter, before anything is understood: so that what is broken in one
 * event is broken in that event alone, and alarms, tasks and attachments are never parsed.
 */
import type { CalendarLimits } from './limits.ts';

export interface RawComponent {
  /** In capitals: VEVENT, VTIMEZONE, STANDARD, DAYLIGHT. */
  readonly name: string;
  /** Unfolded, of the wanted properties only. */
  readonly lines: readonly string[];
  readonly parts: readonly RawComponent[];
  /** A property that cannot be shortened, or their number, is beyond the limits. */
  readonly isTooLarge: boolean;
  /** Its end is there. */
  readonly isWhole: boolean;
}

export interface RawCalendar {
  /** The text has a VCALENDAR at all. */
  readonly isCalendar: boolean;
  /** METHOD:CANCEL takes back what is inside (RFC 5546 section 3.2.5). */
  readonly isCancelled: boolean;
  readonly events: readonly RawComponent[];
  readonly zones: readonly RawComponent[];
  /** There were more components than allowed. */
  readonly isCutOff: boolean;
}

interface Open {
  name: string;
  lines: string[];
  parts: RawComponent[];
  isTooLarge: boolean;
}

const zoneProperties = ['TZID', 'X-LIC-LOCATION', 'DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO', 'RRULE', 'RDATE'];
const shortened = new Set(['DESCRIPTION', 'X-ALT-DESC', 'STYLED-DESCRIPTION', 'SUMMARY', 'LOCATION', 'COMMENT']);

const wanted: Readonly<Record<string, ReadonlySet<string>>> = {
  VCALENDAR: new Set(['METHOD']),
  VTIMEZONE: new Set(zoneProperties),
  STANDARD: new Set(zoneProperties),
  DAYLIGHT: new Set(zoneProperties),
  VEVENT: new Set([
    'UID',
    'RECURRENCE-ID',
    'DTSTART',
    'DTEND',
    'DURATION',
    'RRULE',
    'EXRULE',
    'RDATE',
    'EXDATE',
    'STATUS',
    'SEQUENCE',
    'DTSTAMP',
    'LAST-MODIFIED',
    'SUMMARY',
    'ORGANIZER',
    'ATTENDEE',
    'CLASS',
    'TRANSP',
    'X-MICROSOFT-CDO-BUSYSTATUS',
    'URL',
    'LOCATION',
    'DESCRIPTION',
    'X-ALT-DESC',
    'STYLED-DESCRIPTION',
    'CONFERENCE',
    'X-GOOGLE-CONFERENCE',
    'X-MICROSOFT-SKYPETEAMSMEETINGURL',
    'X-MICROSOFT-ONLINEMEETINGEXTERNALLINK',
    'X-MICROSOFT-ONLINEMEETINGCONFLINK',
  ]),
};

/** `components` is counted down by what is taken out of it. */
export function readComponents(text: string, limits: CalendarLimits, components: { left: number }): RawCalendar {
  const reader = new ComponentReader(limits, components);
  unfold(text, limits.propertyChars, (line, isCut) => reader.take(line, isCut));
  return reader.end();
}

class ComponentReader {
  readonly #limits: CalendarLimits;
  readonly #components: { left: number };
  readonly #open: Open[] = [];
  readonly #events: RawComponent[] = [];
  readonly #zones: RawComponent[] = [];
  /** How deep inside components that are not read. */
  #passed = 0;
  #isCalendar = false;
  #isCancelled = false;
  #isCutOff = false;

  constructor(limits: CalendarLimits, components: { left: number }) {
    this.#limits = limits;
    this.#components = components;
  }

  take(line: string, isCut: boolean): void {
    // 0x3a is the colon: most lines need no closer look.
    if (line.charCodeAt(5) === 0x3a && /^BEGIN:/i.test(line)) this.#begin(line.slice(6).trim().toUpperCase());
    else if (line.charCodeAt(3) === 0x3a && /^END:/i.test(line)) this.#end(line.slice(4).trim().toUpperCase());
    else if (this.#passed === 0) this.#property(line, isCut);
  }

  end(): RawCalendar {
    while (this.#open.length > 0) this.#close(false);
    return {
      isCalendar: this.#isCalendar,
      isCancelled: this.#isCancelled,
      events: this.#events,
      zones: this.#zones,
      isCutOff: this.#isCutOff,
    };
  }

  #begin(name: string): void {
    if (name === 'VCALENDAR') {
      this.#isCalendar = true;
      // A new calendar ends whatever the one before forgot to end.
      while (this.#open.length > 0) this.#close(false);
      this.#passed = 0;
    } else if (name === 'VEVENT' && this.#open.some((open) => open.name === 'VEVENT')) {
      // An event inside an event: the first was cut off.
      while (this.#open.some((open) => open.name === 'VEVENT')) this.#close(false);
      this.#passed = 0;
    }
    if (this.#passed > 0 || wanted[name] === undefined || !this.#isInPlace(name)) this.#passed += 1;
    else if ((this.#components.left -= 1) < 0) {
      this.#passed += 1;
      this.#isCutOff = true;
    } else this.#open.push({ name, lines: [], parts: [], isTooLarge: false });
  }

  #isInPlace(name: string): boolean {
    const parent = this.#open.at(-1)?.name;
    if (name === 'VCALENDAR') return parent === undefined;
    return name === 'STANDARD' || name === 'DAYLIGHT' ? parent === 'VTIMEZONE' : parent === 'VCALENDAR';
  }

  #end(name: string): void {
    if (name === this.#open.at(-1)?.name && this.#passed === 0) this.#close(true);
    else if (name === 'VEVENT' && this.#open.at(-1)?.name === name) {
      // An alarm that was never ended ends with its event.
      this.#passed = 0;
      this.#close(true);
    } else this.#passed = Math.max(0, this.#passed - 1);
  }

  #close(isWhole: boolean): void {
    const open = this.#open.pop();
    if (open === undefined) return;
    const component = { ...open, isWhole };
    if (open.name === 'VEVENT') this.#events.push(component);
    else if (open.name === 'VTIMEZONE') this.#zones.push(component);
    else this.#open.at(-1)?.parts.push(component);
  }

  #property(text: string, isCut: boolean): void {
    const open = this.#open.at(-1);
    if (open === undefined) return;
    const name = propertyName(text);
    if (!wanted[open.name]?.has(name)) return;
    if (open.name === 'VCALENDAR') {
      if (name === 'METHOD' && /^METHOD:\s*CANCEL\s*$/i.test(text)) this.#isCancelled = true;
      return;
    }
    if ((isCut && !shortened.has(name)) || open.lines.length >= this.#limits.properties) open.isTooLarge = true;
    else open.lines.push(text);
  }
}

/** In capitals; what is no property has some name that nobody asks for. */
export function propertyName(line: string): string {
  for (let i = 0; i < line.length && i < 64; i++) {
    const code = line.charCodeAt(i);
    if (code === 0x3a || code === 0x3b) return line.slice(0, i).toUpperCase();
  }
  return '';
}

/**
 * Lines end with CR LF, or LF alone as many write; what begins with a space or a tab goes on with the line before (RFC 5545
 * section 3.1). A line longer than `maxChars` is cut there. Empty lines are left out.
 */
export function unfold(text: string, maxChars: number, take: (line: string, isCut: boolean) => void): void {
  let line = '';
  let isCut = false;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at <= text.length;) {
    const found = text.indexOf('\n', at);
    const next = found < 0 ? text.length : found;
    const end = next > at && text.charCodeAt(next - 1) === 0x0d ? next - 1 : next;
    const first = text.charCodeAt(at);
    const isFolded = first === 0x20 || first === 0x09;
    if (!isFolded) {
      if (line !== '') take(line, isCut);
      line = '';
      isCut = false;
    }
    const from = isFolded ? at + 1 : at;
    const to = Math.min(end, from + maxChars - line.length);
    if (to < end) isCut = true;
    if (to > from) line += text.slice(from, to);
    at = next + 1;
  }
  if (line !== '') take(line, isCut);
}
