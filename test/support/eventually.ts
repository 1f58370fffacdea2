/** Polls until `holds`, or fails after `timeoutMs` saying `what` did not come. */
export async function eventually(
  what: string,
  timeoutMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<number> {
  const from = performance.now();
  while (!(await holds())) {
    if (performance.now() - from > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - from;
}
