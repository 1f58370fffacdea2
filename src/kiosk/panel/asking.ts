import { sentenceOf } from './panel-app.ts';

/** A screen that asks the daemon itself: it waits, and says what went wrong. */
export interface AskingScreen {
  busy: boolean;
  error: string;
}

/** Runs a request for a screen; what failed stands in its `error`, in `words`. */
export async function askFor(
  screen: AskingScreen,
  request: () => Promise<void>,
  words: (error: unknown) => string = sentenceOf,
): Promise<void> {
  screen.busy = true;
  screen.error = '';
  try {
    await request();
  } catch (error) {
    screen.error = words(error);
  } finally {
    screen.busy = false;
  }
}
