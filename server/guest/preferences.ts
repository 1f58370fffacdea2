/** What the page remembers on this device between meetings. Never a link, a meeting or a key. */
export interface Preferences {
  readonly name: string;
  readonly camera: string | null;
  readonly microphone: string | null;
  readonly cameraOn: boolean;
  readonly microphoneOn: boolean;
}

const KEY = 'incamera.preferences';
const defaults: Preferences = { name: '', camera: null, microphone: null, cameraOn: true, microphoneOn: true };

/** What is stored, or the defaults for anything unreadable. */
export function loadPreferences(storage: Storage): Preferences {
  try {
    const stored: unknown = JSON.parse(storage.getItem(KEY) ?? '{}');
    const read = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
    const text = (key: string): string | null => (typeof read[key] === 'string' ? read[key].slice(0, 200) : null);
    const flag = (key: string): boolean => read[key] !== false;
    return {
      name: text('name')?.slice(0, 64) ?? '',
      camera: text('camera'),
      microphone: text('microphone'),
      cameraOn: flag('cameraOn'),
      microphoneOn: flag('microphoneOn'),
    };
  } catch {
    return defaults;
  }
}

/** Stores a change; a browser that refuses storage only forgets. */
export function savePreferences(storage: Storage, change: Partial<Preferences>): void {
  try {
    storage.setItem(KEY, JSON.stringify({ ...loadPreferences(storage), ...change }));
  } catch {
    // Private windows may refuse: nothing depends on it.
  }
}
