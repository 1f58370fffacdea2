export type KeyAction =
  'microphone' | 'camera' | 'share' | 'hand' | 'chat' | 'people' | 'layout' | 'connection' | 'leave';

const keys: Readonly<Record<string, KeyAction>> = {
  m: 'microphone',
  v: 'camera',
  s: 'share',
  h: 'hand',
  c: 'chat',
  p: 'people',
  l: 'layout',
  n: 'connection',
};

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
  composedPath(): readonly unknown[];
}

/** What a key does in the call; nothing while text is written, while held down, or with a modifier (the browser's own). */
export function actionOfKey(event: Key): KeyAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return null;
  const target = event.composedPath()[0];
  const tag = typeof target === 'object' && target !== null && 'tagName' in target ? String(target.tagName) : '';
  if (/^(INPUT|TEXTAREA|SELECT)$/i.test(tag)) return null;
  return keys[event.key.toLowerCase()] ?? null;
}
