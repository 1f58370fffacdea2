import type { KeyboardLayout, KeyboardTexts, KeyPress } from '../design/keyboard.ts';
import { t } from './strings.ts';

export function keyboardTexts(): KeyboardTexts {
  const { keyboard, space, shift, symbols, letters, erase, enter } = t();
  return { keyboard, space, shift, symbols, letters, erase, enter };
}

/** The arrangement that people of the page's language know. */
export function keyboardLayout(): KeyboardLayout {
  return document.documentElement.lang === 'fr' ? 'azerty' : 'qwerty';
}

/** The text after a key: at the end, which is where a panel's field is always written. */
export function typed(text: string, key: KeyPress, maxLength: number): string {
  if (key.kind === 'erase') return [...text].slice(0, -1).join('');
  return key.kind === 'type' ? `${text}${key.text}`.slice(0, maxLength) : text;
}
