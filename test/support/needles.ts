/** Every plain way in which a text or a secret could hide in what is captured: none of them needs a key. */
export interface Needle {
  readonly what: string;
  readonly bytes: Buffer;
}

/** At least eight characters long, so that chance finds nothing. */
export function needlesOf(name: string, secret: string | Uint8Array): Needle[] {
  const plain = Buffer.from(typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret);
  const forms: [string, Buffer][] = [['bytes', plain]];
  if (typeof secret === 'string')
    forms.push(['utf16le', Buffer.from(secret, 'utf16le')], ['utf16be', Buffer.from(secret, 'utf16le').swap16()]);
  for (const [form, bytes] of [...forms]) forms.push([`${form} reversed`, Buffer.from(bytes).reverse()]);
  const written = forms.flatMap(([form, bytes]): [string, Buffer][] => [
    [form, bytes],
    [`${form} hex`, Buffer.from(bytes.toString('hex'))],
    [`${form} HEX`, Buffer.from(bytes.toString('hex').toUpperCase())],
    ...[0, 1, 2].flatMap((shift): [string, Buffer][] => [
      [`${form} base64+${shift}`, inner(bytes, shift, 'base64')],
      [`${form} base64url+${shift}`, inner(bytes, shift, 'base64url')],
    ]),
  ]);
  return written.map(([form, bytes]) => ({ what: `${name} as ${form}`, bytes }));
}

/** The characters of base64 that depend on these bytes alone when `shift` others come before them. */
function inner(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): Buffer {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(encoding)
    .replaceAll('=', '');
  const whole = Math.floor(((shift + bytes.length) * 8) / 6);
  return Buffer.from(text.slice(Math.ceil((shift * 8) / 6), whole));
}

/** Which needles are in the haystack. */
export function findNeedles(needles: readonly Needle[], haystack: Buffer): string[] {
  return needles.filter(({ bytes }) => haystack.includes(bytes)).map(({ what }) => what);
}
