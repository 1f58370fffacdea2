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

/** Labels the room's windows with who is in them, and asks the server for what the windows can show. */
export class RoomDisplay {
  readonly #deps: RoomDisplayDeps;
  readonly #viewer: ViewerControl;
  #people = '';

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

  #handleState(state: CallState): void {
    const { engine, roomName } = this.#deps;
    const people = state.participants.map(shown);
    const text = JSON.stringify([people, state.code]);
    if (text !== this.#people) {
      this.#people = text;
      engine.setPeople(people);
      engine.setStatus({ room: roomName, code: state.code });
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
