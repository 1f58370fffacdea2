/** Where an element is looked for, in shares of its sides: anything less than all of it covered shows at one of them. */
const SPOTS = [0.5, 0.15, 0.85] as const;

/** Nothing of the element can be seen now: something else is over all of it, or it is outside the window or what scrolls it. */
export function isCovered(element: Element): boolean {
  const { left, top, width, height } = element.getBoundingClientRect();
  return !SPOTS.some((across) => SPOTS.some((down) => isSeenAt(element, left + width * across, top + height * down)));
}

function isSeenAt(element: Element, x: number, y: number): boolean {
  const found = topmostAt(x, y);
  if (found === null) return false;
  return isInside(found, element) || isBackdrop(found, x, y);
}

/** Through every shadow root, where the document alone tells its outermost host. */
function topmostAt(x: number, y: number): Element | null {
  let found = document.elementFromPoint(x, y);
  for (;;) {
    const inner: Element | null = found?.shadowRoot?.elementFromPoint(x, y) ?? null;
    if (inner === null || inner === found) return found;
    found = inner;
  }
}

function isInside(node: Node, element: Element): boolean {
  for (let each: Node | null = node; each; each = each instanceof ShadowRoot ? each.host : each.parentNode)
    if (each === element) return true;
  return false;
}

/** Around an open dialog the page is darkened, not hidden. */
function isBackdrop(found: Element, x: number, y: number): boolean {
  if (!(found instanceof HTMLDialogElement)) return false;
  const { left, right, top, bottom } = found.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
}
