import { UsageError } from '../../lib/errors.ts';
import type { RoomActions } from './actions.ts';
import type { Route } from './route.ts';
import { post } from './route.ts';
import { bodies } from './schemas.ts';

/** Camera, microphone and speaker tried out without a call. What they give goes to panels of this room and nowhere else. */
export function checkRoutes(actions: RoomActions): readonly Route[] {
  const done = async (work: Promise<void>): Promise<object> => {
    await work;
    return {};
  };
  return [
    post('/check/start', bodies.empty, () => done(actions.startCheck())),
    post('/check/stop', bodies.empty, () => done(actions.stopCheck())),
    post('/check/tone', bodies.empty, () => done(actions.playTone())),
    {
      method: 'get',
      path: '/check/picture.jpg',
      handle: async (_request, response) => {
        const jpeg = actions.checkPicture();
        if (!jpeg) throw new UsageError('call/no-check', 'There is no picture: the devices are not being checked');
        response.type('jpeg').set('Cache-Control', 'no-store').send(Buffer.from(jpeg));
      },
    },
  ];
}
