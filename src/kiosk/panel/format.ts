import { languageOf, t } from './strings.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What dates are written by: the browser's own locale where it speaks the page's language, so that hours are as people here have them. */
export function locale(): string {
  const { lang } = document.documentElement;
  return languageOf(navigator.language) === lang ? navigator.language : lang;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${name}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale(), options)));
  return found;
}

/** `09:42`, or `9:42 AM` where people count to twelve. */
export function clockTime(ms: number): string {
  const { hour12 } = format('hour', { hour: 'numeric' }).resolvedOptions();
  return format('time', { hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit' }).format(ms);
}

/** `Thursday 26 November`. */
export function longDate(ms: number): string {
  return format('date', { weekday: 'long', day: 'numeric', month: 'long' }).format(ms);
}

/** Today, tomorrow, or the day of the week. */
export function dayName(ms: number, nowMs: number): string {
  const days = Math.round((startOfDay(ms) - startOfDay(nowMs)) / DAY_MS);
  if (days <= 0) return t().today;
  return days === 1 ? t().tomorrow : format('weekday', { weekday: 'long' }).format(ms);
}

/** How long ago, in words. */
export function agoText(ms: number, nowMs: number): string {
  const age = Math.max(0, nowMs - ms);
  const { ago } = t();
  if (age < HOUR_MS) return ago.minutes(Math.floor(age / MINUTE_MS));
  return age < DAY_MS ? ago.hours(Math.floor(age / HOUR_MS)) : ago.days(Math.floor(age / DAY_MS));
}

/** `12:31`, or `1:02:03` from an hour on. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  return `${hours > 0 ? `${hours}:` : ''}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

/** Whole minutes from now until then, rounded up. */
export function minutesUntil(ms: number, nowMs: number): number {
  return Math.ceil((ms - nowMs) / MINUTE_MS);
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}
