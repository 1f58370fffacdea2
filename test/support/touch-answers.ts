import { callState, figures, guest, ownRoom, stubRoom } from './stub-room.ts';
import { openMeasuredPage } from './measured-page.ts';
import { servePanel } from './panel-server.ts';

/** How long the room takes for what is asked: longer than the answer on the screen may. */
const ROOM_TAKES_MS = 150;
const PEOPLE = 11;

export interface TouchAnswers {
  readonly touches: number;
  /** Of the room meanwhile: 0 or up to 10, which is what its daemon sends at most. */
  readonly statesPerSecond: number;
}

/**
 * From the finger's leaving the screen until the touched button has been painted as waiting, ms, over touches of *Mute* and *Unmute*
 * in a call of twelve people. Times are the browser's own: of the input event, and of the first task after the frame.
 */
export async function measureTouchAnswers({ touches, statesPerSecond }: TouchAnswers): Promise<readonly number[]> {
  const room = stubRoom();
  const slow = async (muted: boolean): Promise<boolean> => {
    await new Promise((resolve) => setTimeout(resolve, ROOM_TAKES_MS));
    return room.setMuted(muted);
  };
  const server = await servePanel({ ...room, setMuted: slow });
  const page = await openMeasuredPage();
  let turn = 0;
  const speak = (): void => room.set({ ...crowd(turn++), stats: figures });
  const load = statesPerSecond > 0 ? setInterval(speak, 1_000 / statesPerSecond) : null;
  try {
    room.set({ ...callState, ...crowd(0) });
    await page.open(server.url, noteAnswers, null);
    for (let touch = 0; touch < touches; touch++) await page.touch(touch % 2 === 0 ? 'Mute' : 'Unmute');
    return await page.run(answersWhenComplete, touches);
  } finally {
    if (load) clearInterval(load);
    await page.close();
    await server.close();
  }
}

function crowd(turn: number): Pick<typeof callState, 'participants'> {
  const others = Array.from({ length: PEOPLE }, (_, index) => ({
    ...guest,
    peer: `guest ${index}`,
    name: `Person ${index}`,
    speaking: turn % PEOPLE === index,
  }));
  return { participants: [ownRoom, ...others] };
}

/** Runs in the page, before its own scripts. */
function noteAnswers(): void {
  const answers: number[] = [];
  Object.assign(window, { answers });
  const whenPainted = (then: () => void): void => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = then;
      port2.postMessage(null);
    });
  };
  const note = (event: Event): void => {
    const button = event.composedPath().find((target) => target instanceof Element && target.localName === 'ic-button');
    if (!(button instanceof Element)) return;
    const observer = new MutationObserver(() => {
      if (!button.hasAttribute('busy')) return;
      observer.disconnect();
      whenPainted(() => answers.push(performance.now() - event.timeStamp));
    });
    observer.observe(button, { attributeFilter: ['busy'] });
  };
  window.addEventListener('pointerup', note, { capture: true });
}

/** Runs in the page. */
async function answersWhenComplete(touches: number): Promise<readonly number[]> {
  const { answers } = window as unknown as { answers: readonly number[] };
  const begin = performance.now();
  while (answers.length < touches) {
    if (performance.now() - begin > 10_000) throw new Error(`${answers.length} of ${touches} touches were answered`);
    await new Promise(requestAnimationFrame);
  }
  return answers;
}
