import { findIana } from 'windows-iana';
import { IntlZone, isIanaZone } from './intl-zone.ts';
import { utcZone, type Zone } from './zone.ts';

/** Names of Windows' dialogs, which Exchange writes for TZID where it has no key; without `(UTC+01:00)`, in small letters. */
const dialogNames: Readonly<Record<string, string>> = {
  'amsterdam, berlin, bern, rome, stockholm, vienna': 'Europe/Berlin',
  'brussels, copenhagen, madrid, paris': 'Europe/Paris',
  'belgrade, bratislava, budapest, ljubljana, prague': 'Europe/Budapest',
  'sarajevo, skopje, warsaw, zagreb': 'Europe/Warsaw',
  'dublin, edinburgh, lisbon, london': 'Europe/London',
  'greenwich mean time : dublin, edinburgh, lisbon, london': 'Europe/London',
  'monrovia, reykjavik': 'Atlantic/Reykjavik',
  'athens, bucharest': 'Europe/Bucharest',
  'helsinki, kyiv, riga, sofia, tallinn, vilnius': 'Europe/Kiev',
  istanbul: 'Europe/Istanbul',
  jerusalem: 'Asia/Jerusalem',
  'moscow, st. petersburg': 'Europe/Moscow',
  'moscow, st. petersburg, volgograd': 'Europe/Moscow',
  'chennai, kolkata, mumbai, new delhi': 'Asia/Kolkata',
  'beijing, chongqing, hong kong, urumqi': 'Asia/Shanghai',
  'kuala lumpur, singapore': 'Asia/Singapore',
  'osaka, sapporo, tokyo': 'Asia/Tokyo',
  'canberra, melbourne, sydney': 'Australia/Sydney',
  'auckland, wellington': 'Pacific/Auckland',
  brasilia: 'America/Sao_Paulo',
  'eastern time (us & canada)': 'America/New_York',
  'central time (us & canada)': 'America/Chicago',
  'mountain time (us & canada)': 'America/Denver',
  'pacific time (us & canada)': 'America/Los_Angeles',
  'coordinated universal time': 'Etc/UTC',
};

const MAX_NAMES = 500;

/** Finds zones by name, and keeps what they have learned of the years: one object for each zone, whatever name it goes by. */
export class ZoneBook {
  readonly #byName = new Map<string, Zone | null>();
  readonly #byId = new Map<string, Zone>();

  /**
   * The zone that a TZID names: an IANA name, one behind a prefix (`/mozilla.org/20070129_1/Europe/Paris`), Windows' key or
   * dialog name, or a plain offset (`UTC+01:00`). Null when it names none that is known here.
   */
  find(tzid: string): Zone | null {
    const name = tzid.trim().replace(/^"(.*)"$/, '$1');
    const cached = this.#byName.get(name);
    if (cached !== undefined) return cached;
    // Hostile events may name a new zone each.
    if (this.#byName.size >= MAX_NAMES) this.#byName.clear();
    const zone = name.length > 200 ? null : this.#lookUp(name);
    this.#byName.set(name, zone);
    return zone;
  }

  #lookUp(name: string): Zone | null {
    const windows = findIana(name)[0] ?? dialogNames[name.toLowerCase().replace(/^\([^)]*\)\s*/, '')];
    return (
      (windows === undefined ? null : this.#iana(windows)) ??
      this.#iana(name) ??
      this.#behindPrefix(name) ??
      fixedOffset(name)
    );
  }

  #behindPrefix(name: string): Zone | null {
    const parts = name.split('/');
    // The longest ending wins: America/Argentina/Salta before anything shorter.
    for (let from = 1; from < Math.min(parts.length, 8); from++) {
      const zone = this.#iana(parts.slice(from).join('/'));
      if (zone !== null) return zone;
    }
    return null;
  }

  #iana(name: string): Zone | null {
    if (/^(UTC|GMT|Z|Etc\/UTC|Etc\/GMT)$/i.test(name)) return utcZone;
    if (!isIanaZone(name)) return null;
    const zone = this.#byId.get(name) ?? new IntlZone(name);
    if (this.#byId.size >= MAX_NAMES) this.#byId.clear();
    this.#byId.set(name, zone);
    return zone;
  }
}

function fixedOffset(name: string): Zone | null {
  const match = /^(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d\d)?$/i.exec(name);
  if (match === null) return null;
  const [hours = 0, minutes = 0] = match.slice(2).map((part: string | undefined) => Number(part ?? 0));
  if (hours > 14 || minutes > 59) return null;
  const offsetMs = (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return { id: name, offsetMs: () => offsetMs };
}
