import type { Response } from 'express';
import type { DoorState } from '../door-state.ts';
import type { PairedPanels } from '../pairing/paired-panels.ts';
import type { RoomState } from '../room-state.ts';
import { accessOf } from './access.ts';
import type { RoomActions } from './actions.ts';
import { openEventStream, type StreamSource } from './event-stream.ts';
import { parse, type Route } from './route.ts';
import { bodies } from './schemas.ts';

/** Signs of life of pages, and what they are told in return. */
export interface PanelSignals {
  /** The page on the room itself lives. Used by POST /panel/alive. */
  alive(): void;
  onReload(listener: () => void): () => void;
}

/** What pages are told: all of the room to panels, its bookings to door displays. */
export function panelRoutes(actions: RoomActions, signals: PanelSignals, panels: PairedPanels): readonly Route[] {
  const source = (response: Response, state: () => object): StreamSource => ({
    state,
    onState: (listener) => actions.onState(() => listener()),
    onReload: (listener) => signals.onReload(listener),
    onEnd: (listener) => {
      const access = accessOf(response);
      if (access.kind === 'room') return () => undefined;
      return panels.onRevoked((id) => {
        if (id === access.panel) listener();
      });
    },
  });
  return [
    {
      method: 'get',
      path: '/events',
      handle: async (request, response) =>
        openEventStream(
          request,
          response,
          source(response, () => actions.state()),
        ),
    },
    {
      method: 'get',
      path: '/door/events',
      handle: async (request, response) =>
        openEventStream(
          request,
          response,
          source(response, () => doorState(actions.state())),
        ),
    },
    {
      method: 'post',
      path: '/panel/alive',
      handle: async (request, response) => {
        parse(bodies.empty, request.body);
        if (accessOf(response).kind === 'room') signals.alive();
        response.json({});
      },
    },
  ];
}

export function doorState({ room, call, schedule }: RoomState): DoorState {
  return { room, inCall: call.phase !== 'idle', schedule };
}
