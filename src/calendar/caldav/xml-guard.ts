import { CalendarError } from '../calendar-error.ts';

/** What tsdav's XML reader is given at most. A multistatus has about 20 names, 10 levels and 8 elements an object. */
export const xmlLimits = { elements: 100_000, depth: 64, names: 256, nameLength: 128 } as const;

const MARK = /<(?:(!\[CDATA\[)|(!--)|(\?)|(!)|(\/)?(?:[\w.-]{1,128}:)?([A-Za-z_][\w.-]*))/g;

/**
 * Refuses XML that would cost more than it says, or that is not whole. The reader behind tsdav (xml-js over sax) expands no
 * entities of a DOCTYPE, but looks through all the siblings of an element for each text in it: a hundred thousand names side
 * by side would hold the process for minutes. And it passes over every fault, so that half an answer would look like a
 * calendar of which the rest was deleted. A scan in one pass bounds elements, depth and names and sees that what opens
 * closes; a DOCTYPE, which no DAV answer needs, is refused whole.
 * @throws {CalendarError} `calendar/unreadable`.
 */
export function guardXml(xml: string): void {
  const names = new Set<string>();
  const open: string[] = [];
  let [elements, tagEnd] = [0, -1];
  const marks = new RegExp(MARK);
  for (let mark = marks.exec(xml); mark !== null; mark = marks.exec(xml)) {
    const [, cdata, comment, instruction, declaration, closing, name = ''] = mark;
    if (declaration !== undefined) throw hostile('a DOCTYPE');
    if (cdata !== undefined) marks.lastIndex = after(xml, ']]>', marks.lastIndex);
    else if (comment !== undefined) marks.lastIndex = after(xml, '-->', marks.lastIndex);
    else if (instruction !== undefined) marks.lastIndex = after(xml, '?>', marks.lastIndex);
    else if (closing !== undefined) {
      if (open.pop() !== name) throw hostile('an end without a beginning');
    } else {
      elements += 1;
      names.add(name);
      // Looked for once a tag, however many openings stand before it.
      if (tagEnd < marks.lastIndex) tagEnd = after(xml, '>', marks.lastIndex) - 1;
      if (xml[tagEnd - 1] !== '/') open.push(name);
      checkLimits(name, elements, open.length, names.size);
    }
  }
  if (open.length > 0) throw hostile('something that does not end');
}

function checkLimits(name: string, elements: number, depth: number, names: number): void {
  if (name.length > xmlLimits.nameLength || name in Object.prototype) throw hostile('a name that no element has');
  if (elements > xmlLimits.elements) throw hostile(`more than ${xmlLimits.elements} elements`);
  if (depth > xmlLimits.depth) throw hostile(`more than ${xmlLimits.depth} levels`);
  if (names > xmlLimits.names) throw hostile(`more than ${xmlLimits.names} names`);
}

function after(xml: string, end: string, from: number): number {
  const at = xml.indexOf(end, from);
  if (at < 0) throw hostile('something that does not end');
  return at + end.length;
}

function hostile(what: string): CalendarError {
  return new CalendarError('calendar/unreadable', `The calendar server's XML has ${what}`);
}
