import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { CallState, Participant } from '../call-state.ts';
import type { CallSession } from '../session.ts';
import type { RequestOf } from '../signalling/messages.ts';
import type { NativeEngine } from './native-engine.ts';
import type { ShownPerson } from './video-parts.ts';

export interface RoomDisplayDeps {
  readonly session: CallSession;
  readonly engine: NativeEngine;
  readonly roomName: string;
  readonly log: Logger;
}

type Demand = RequestOf<'setDemand'>['demands'][number];

/** The screen share is served before faces when the downlink is short. */
const PRIORITY = { screen: 200, camera: 100 } as const;

/** Labels the room's windows with who is in them, and asks the server for what the windows can show. */
export class RoomDisplay {
  readonly #deps: RoomDisplayDeps;
  #people = '';
  #demands = '';

  constructor(deps: RoomDisplayDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { session, engine } = this.#deps;
    session.events.on('state', (state) => this.#handleState(state));
    engine.onWantedLayers(() => this.#sendDemand());
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
    this.#sendDemand();
  }

  #sendDemand(): void {
    const { session, engine, log } = this.#deps;
    const sources = new Map(session.incoming.map(({ consumer, source }) => [consumer, source]));
    const demands: Demand[] = [...engine.wantedLayers()].flatMap(([consumer, layers]) => {
      const source = sources.get(consumer);
      if (source === undefined) return [];
      return [{ consumer, layers, priority: source === 'screen' ? PRIORITY.screen : PRIORITY.camera }];
    });
    const text = JSON.stringify(demands);
    if (text === this.#demands) return;
    this.#demands = text;
    session.setDemand(demands).catch((error: unknown) => {
      // Asked again at the next change of state.
      this.#demands = '';
      log.debug('demand not sent', errorFields(error));
    });
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
