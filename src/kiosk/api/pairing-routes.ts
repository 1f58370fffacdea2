import type { Pairing } from '../pairing/pairing.ts';
import { setPanelCookie } from './access.ts';
import type { Route } from './route.ts';
import { parse, post } from './route.ts';
import { bodies } from './schemas.ts';

/** How a panel on the network becomes known; the only requests that an unknown one may make. */
export function pairingRoutes(pairing: Pairing): readonly Route[] {
  return [
    post('/pairing/begin', bodies.pairingBegin, async ({ role }) => pairing.begin(role)),
    {
      method: 'post',
      path: '/pairing/finish',
      handle: async (request, response) => {
        const { token, role } = await pairing.finish(parse(bodies.pairingFinish, request.body).code);
        setPanelCookie(response, token);
        response.json({ role });
      },
    },
  ];
}
