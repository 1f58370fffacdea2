import type { Zone } from '../zone/zone.ts';
import type { ZoneBook } from '../zone/zone-book.ts';
import type { RawComponent } from './components.ts';
import { parseProperty, textOf } from './property.ts';
import { zoneOfComponent } from './vtimezone.ts';

/**
 * The zones of one object. A name that is known is taken from Node's database even where the object brings a VTIMEZONE: those
 * of Outlook say this year's rules for all years, others are cut short, wrong or endless (ical.js #292, #318), and none
 * learns of a law that was made after the event. What the object brings counts where only it knows the name: `Customized Time
 * Zone`, names of Exchange servers. Else the room's zone is the best guess, and `isUnknown` is told.
 */
export class ObjectZones {
  readonly #book: ZoneBook;
  readonly #room: Zone;
  readonly #components = new Map<string, RawComponent>();
  readonly #found = new Map<string, Zone>();
  #isUnknown = false;

  constructor(book: ZoneBook, room: Zone, components: readonly RawComponent[]) {
    this.#book = book;
    this.#room = room;
    for (const component of components) {
      const tzid = valueOf(component, 'tzid');
      if (tzid !== null) this.#components.set(tzid, component);
    }
  }

  /** Whether a name was asked for, since the last time, that nobody knows. */
  takeUnknown(): boolean {
    const isUnknown = this.#isUnknown;
    this.#isUnknown = false;
    return isUnknown;
  }

  readonly find = (tzid: string): Zone => {
    const zone = this.#found.get(tzid) ?? this.#lookUp(tzid);
    if (zone === null) {
      this.#isUnknown = true;
      return this.#room;
    }
    this.#found.set(tzid, zone);
    return zone;
  };

  #lookUp(tzid: string): Zone | null {
    const byName = this.#book.find(tzid);
    if (byName !== null) return byName;
    const component = this.#components.get(tzid);
    if (component === undefined) return null;
    const location = valueOf(component, 'x-lic-location');
    return (location === null ? null : this.#book.find(location)) ?? zoneOfComponent(tzid, component);
  }
}

function valueOf(component: RawComponent, name: string): string | null {
  for (const line of component.lines) {
    const property = line.toLowerCase().startsWith(name) ? parseProperty(line) : null;
    if (property?.name === name) return textOf(property);
  }
  return null;
}
