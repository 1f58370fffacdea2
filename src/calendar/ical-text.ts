/** UTF-8, with or without a byte order mark; null for anything else. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Begins and ends as a whole iCalendar file does (RFC 5545 section 3.4): a page to sign in on does not, nor does half a file. */
export function isCalendarText(text: string): boolean {
  return /^\s*BEGIN:VCALENDAR\s/i.test(text.slice(0, 1_000)) && /\nEND:VCALENDAR\s*$/i.test(text.slice(-1_000));
}
