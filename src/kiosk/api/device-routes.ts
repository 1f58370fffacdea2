import type { RoomActions } from './actions.ts';
import { get, post } from './route.ts';
import type { Route } from './route.ts';
import { bodies } from './schemas.ts';

/** Ids hold slashes and colons: they are percent-encoded in the path. */
const at = (action: string): string => `/devices/:id/${action}`;

/** The devices of the room, and what can be asked of them; each post answers with the outcome: reached, or unverified and why. */
export function deviceRoutes(actions: RoomActions): readonly Route[] {
  const { actOnDevice: act } = actions;
  return [
    get('/devices', async () => ({ devices: actions.devices() })),
    post(at('power'), bodies.devicePower, ({ power }, id) => act(id, 'power', power)),
    post(at('input'), bodies.deviceInput, ({ input }, id) => act(id, 'input', input)),
    post(at('volume'), bodies.deviceVolume, ({ percent }, id) => act(id, 'volume', percent)),
    post(at('mute'), bodies.deviceMute, ({ muted }, id) => act(id, 'mute', muted)),
    post(at('blank'), bodies.deviceBlank, ({ blanked }, id) => act(id, 'blank', blanked)),
    post(at('move'), bodies.deviceMove, async (velocity, id) => {
      await act(id, 'move', velocity);
      return {};
    }),
    post(at('stop'), bodies.empty, (_body, id) => act(id, 'stop')),
    post(at('position'), bodies.devicePosition, (position, id) => act(id, 'position', position)),
    post(at('home'), bodies.empty, (_body, id) => act(id, 'home')),
    post(at('preset'), bodies.devicePreset, ({ preset, store }, id) =>
      store ? act(id, 'storePreset', preset) : act(id, 'recallPreset', preset),
    ),
    post(at('framing'), bodies.deviceFraming, ({ mode }, id) => act(id, 'framing', mode)),
    post(at('picture'), bodies.devicePicture, async ({ focus, whiteBalance, exposure, powerLineFrequency }, id) => {
      if (focus !== undefined) return act(id, 'focus', focus);
      if (whiteBalance !== undefined) return act(id, 'whiteBalance', whiteBalance);
      if (exposure !== undefined) return act(id, 'exposure', exposure);
      return powerLineFrequency === undefined ? null : act(id, 'powerLineFrequency', powerLineFrequency);
    }),
  ];
}
