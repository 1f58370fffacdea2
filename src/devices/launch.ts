/** A value inside a GStreamer launch line: quoted, so that blanks, `!` and `;` in it stay part of the value. */
export function quoteLaunchValue(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
