import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { CallState, Participant } from '../call-state.ts';
import type { CallSession } from '../session.ts';
import type { NativeEngine } from './native-engine.ts';
import type { ShownPerson } from './video-parts.ts';
import { ViewerControl } from './viewer-control.ts';

export interface RoomDisplayDeps {
  readonly session: CallSession;
  readonly engine: NativeEngine;
  readonly roomName: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is worth words on the display, the worst first: everybody in the room is concerned and can do something. */
const warnings = [
  ['device/talking-while-muted', 'You are muted'],
  ['device/microphone-silent', 'The microphone gives no sound'],
  ['device/microphone-deaf', 'The others can hardly hear this room'],
] as const;

/** Labels the room's windows with who is in them, and asks the server for what the windows can show. */
export class RoomDisplay {
  readonly #deps: RoomDisplayDeps;
  readonly #viewer: ViewerControl;
  #people = '';
  #warning: string | null = null;
  #notice: string | null = null;

  constructor(deps: RoomDisplayDeps) {
    this.#deps = deps;
    const { session, engine, clock, log } = deps;
    this.#viewer = new ViewerControl({
      clock,
      log,
      windows: () => engine.videoWindows(),
      readBudget: () => engine.decodeBudget(),
      send: (decisions) => session.setDemand(decisions),
    });
  }

  start(): void {
    const { session, engine } = this.#deps;
    session.events.on('state', (state) => this.#handleState(state));
    engine.onVideoWindows(() => this.#viewer.update());
    this.#handleState(session.state);
  }

  /** Codes of what is wrong with the call's devices now. */
  setProblems(codes: readonly string[]): void {
    const warning = warnings.find(([code]) => codes.includes(code))?.[1] ?? null;
    if (warning === this.#warning) return;
    this.#warning = warning;
    this.#showStatus(this.#deps.session.state);
  }

  /** What somebody in the room may want to know, in a few words; null: nothing. */
  setNotice(text: string | null): void {
    if (text === this.#notice) return;
    this.#notice = text;
    this.#showStatus(this.#deps.session.state);
  }

  #showStatus({ code }: CallState): void {
    const { engine, roomName } = this.#deps;
    engine.setStatus({ room: roomName, code, warning: this.#warning, notice: this.#notice });
  }

  #handleState(state: CallState): void {
    const { engine } = this.#deps;
    const people = state.participants.map(shown);
    const text = JSON.stringify([people, state.code]);
    if (text !== this.#people) {
      this.#people = text;
      engine.setPeople(people);
      this.#showStatus(state);
    }
    this.#viewer.update();
  }
}

function shown(participant: Participant): ShownPerson {
  return {
    peer: participant.peer,
    name: participant.name ?? '',
    verified: participant.verification.kind === 'organisation',
    speaking: participant.speaking,
    muted: participant.microphone !== 'on',
    cameraOn: participant.camera === 'on',
    self: participant.self,
  };
}
