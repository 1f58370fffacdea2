import { english, type Strings } from './strings/english.ts';
import { french } from './strings/french.ts';

export type { Strings } from './strings/english.ts';
export type Language = 'en' | 'fr';

/** Another language is a file like `strings/french.ts` and a line here. */
export const strings: Record<Language, Strings> = { en: english, fr: french };

/** The language of ours that a locale such as `fr-CA` is closest to; English when none is. */
export function languageOf(locale: string): Language {
  const [language = ''] = locale.toLowerCase().split('-');
  return language in strings ? (language as Language) : 'en';
}

/** The page's language, as set on the document. */
export function t(): Strings {
  return strings[languageOf(document.documentElement.lang)];
}
