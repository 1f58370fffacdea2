/** What the panel shows besides what the room's state calls for. */
export type View = 'home' | 'join' | 'check' | 'report' | 'settings';

export interface PanelAction {
  readonly path: string;
  readonly body: object;
  /** Called when it was done, with the daemon's answer. */
  readonly done: (answer: Record<string, unknown>) => void;
  /** Called when it was not; returns whether the screen shows that itself. */
  readonly failed: (message: string) => boolean;
}

const nothing = (): void => undefined;
const shownByPanel = (): boolean => false;

/** What a screen asks of the daemon, as a bubbling event; the panel shows failures that the screen does not. */
export function act(
  from: HTMLElement,
  path: string,
  body: object = {},
  done: PanelAction['done'] = nothing,
  failed: PanelAction['failed'] = shownByPanel,
): void {
  from.dispatchEvent(
    new CustomEvent<PanelAction>('ic-act', { detail: { path, body, done, failed }, bubbles: true, composed: true }),
  );
}

/** Asks the panel to show another screen. */
export function go(from: HTMLElement, view: View): void {
  from.dispatchEvent(new CustomEvent<View>('ic-go', { detail: view, bubbles: true, composed: true }));
}
