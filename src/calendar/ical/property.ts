import ICAL from 'ical.js';

export interface Property {
  readonly name: string;
  /** Names in small letters. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** iCalendar's value type, in small letters. */
  readonly type: string;
  /** As jCal has them (RFC 7265): dates with dashes and colons, rules and periods taken apart. */
  readonly values: readonly unknown[];
}

/**
 * A property of one unfolded line, by ical.js. Null for what it cannot read. Rules are capitals to it, and a TZID such as
 * `(UTC+01:00) Amsterdam` needs the quotes that not everybody writes.
 */
export function parseProperty(line: string): Property | null {
  try {
    const jcal: unknown = ICAL.parse.property(readable(line));
    if (!Array.isArray(jcal)) return null;
    const [name, parameters, type, ...values] = jcal as [string, Property['parameters'], string, ...unknown[]];
    return { name, parameters, type, values };
  } catch {
    return null;
  }
}

function readable(line: string): string {
  if (/^(RRULE|EXRULE)[:;]/i.test(line)) return line.toUpperCase();
  if (!/^[^:;]{1,40};(?:[^:;"]{1,40};)?TZID=\(/i.test(line)) return line;
  return line.replace(/(TZID=)(\([^"]{1,200}):([0-9TZ,]+)$/i, '$1"$2":$3');
}

/** The first value as text; empty when there is none. */
export function textOf(property: Property): string {
  const [value] = property.values;
  return typeof value === 'string' ? value : '';
}

export function parameterOf(property: Property, name: string): string | null {
  const value = property.parameters[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}
