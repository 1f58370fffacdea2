import assert from 'node:assert/strict';
import { stubKiosk } from '../../support/stub-kiosk.ts';
import { request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import { idleCallState } from '../../../src/call/call-state.ts';
import { CalendarError } from '../../../src/calendar/calendar-error.ts';
import { RoomError, UsageError } from '../../../src/lib/errors.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import type { RoomActions } from '../../../src/kiosk/api/actions.ts';
import openapi from '../../../src/kiosk/api/openapi.json' with { type: 'json' };
import { apiRoutes } from '../../../src/kiosk/api/routes.ts';
import { createKioskApp, listenKiosk } from '../../../src/kiosk/kiosk-server.ts';
import type { RoomState } from '../../../src/kiosk/room-state.ts';
import { shownBooking as booking } from '../../support/scripted-calendar.ts';

const state: RoomState = {
  version: '0',
  room: { name: 'Salle Monet' },
  call: idleCallState,
  devices: {
    mode: 'virtual',
    camera: null,
    screen: null,
    microphone: null,
    speaker: null,
    display: null,
    secondDisplay: null,
  },
  roomDevices: [],
  schedule: null,
  pairing: null,
  check: null,
  next: null,
  problems: [],
};

/** Actions that note what they were asked and answer plainly. */
function stubActions(): RoomActions & { readonly asked: unknown[][]; push: () => void; picture: Uint8Array | null } {
  const asked: unknown[][] = [];
  let listener = (_state: RoomState): void => undefined;
  const stub: ReturnType<typeof stubActions> = {
    picture: null,
    asked,
    push: () => listener(state),
    state: () => state,
    onState: (each) => {
      listener = each;
      return () => void (listener = () => undefined);
    },
    createMeeting: async () => ({ link: 'https://x/m/1#2' }),
    ownMeeting: async () => ({ link: 'https://x/m/own#2' }),
    join: async (...args) => void asked.push(['join', ...args]),
    leave: async () => void asked.push(['leave']),
    setMuted: async (muted) => (asked.push(['mute', muted]), true),
    setCameraOff: async (off) => (asked.push(['camera', off]), off),
    setVolume: async (percent) => (asked.push(['volume', percent]), Math.min(percent, 80)),
    setSharing: async () => {
      throw new RoomError('call/screen-unavailable', 'No grabber');
    },
    setHandRaised: async () => {
      throw new UsageError('call/not-in-call', 'There is no call');
    },
    sendChat: async (text) => void asked.push(['chat', text]),
    calibrateEcho: async () => ({ delayMs: 80 }),
    setLayout: async (change) => {
      asked.push(['layout', change]);
      return { mode: 'speaker', page: 1, pages: 3, selfView: false, displays: 1 };
    },
    touched: () => void asked.push(['touched']),
    calendar: {
      book: async (wanted) => (asked.push(['book', wanted]), booking),
      extend: async (id, minutes) => (asked.push(['extend', id, minutes]), booking),
      end: async () => {
        throw new CalendarError('calendar/conflict', 'Somebody changed it');
      },
      checkIn: async () => {
        throw new UsageError('calendar/unknown-booking', 'There is no such booking');
      },
      skip: async (id) => void asked.push(['skip', id]),
      refresh: async () => {
        throw new CalendarError('calendar/unreachable', 'No network');
      },
      test: async () => ({ ok: true, code: null, message: 'Read', action: '', bookings: 3, tookMs: 20 }),
    },
    startCheck: async () => void asked.push(['check']),
    stopCheck: async () => void asked.push(['check-stop']),
    playTone: async () => void asked.push(['tone']),
    checkPicture: () => stub.picture,
    devices: () => [],
    actOnDevice: async (id, name, ...args) => {
      if (id === 'gone') throw new UsageError('device/unknown', 'There is no such device');
      asked.push([id, name, ...args]);
      return { kind: 'unverified', reason: 'no-answer', value: null } as never;
    },
    displaySnapshot: async (display) => new Uint8Array([1, 2, 3, display]),
  };
  return stub;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

describe('kiosk API', () => {
  let server: Server;
  let port: number;
  let actions: ReturnType<typeof stubActions>;

  // A room each: together they ask more in a second than one room lets itself be asked.
  beforeEach(async () => {
    actions = stubActions();
    const app = createKioskApp({ ...stubKiosk(actions), log: silentLogger, panelDir: '/nonexistent' }, 'room');
    ({ server, port } = await listenKiosk(app, '127.0.0.1', 0));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const call = (method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const base: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      const request = httpRequest(
        { host: '127.0.0.1', port, method, path: `/api/v1${path}`, headers: { ...base, ...headers } },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => {
            const json = String(response.headers['content-type']).includes('json')
              ? (JSON.parse(text) as Record<string, unknown>)
              : {};
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  const codeIn = (answer: Answer): unknown => (answer.json['error'] as { code: string }).code;

  it('openapi.json and the routes name the same operations', () => {
    const routes = apiRoutes(stubKiosk(actions), openapi).map(
      ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
    );
    const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    assert.deepEqual([...routes].sort(), described.sort());
  });

  it('openapi.json names the fields of every body that the routes take', async () => {
    for (const [path, methods] of Object.entries(openapi.paths)) {
      if (!('post' in methods)) continue;
      const { schema } = methods.post.requestBody.content['application/json'];
      const unknown = await call('POST', path.replace('{id}', 'x'), JSON.stringify({ ...sample(schema), surprise: 1 }));
      assert.equal(unknown.status, 400, `${path} refuses unknown fields`);
    }
    function sample(schema: object): Record<string, unknown> {
      const properties = ('properties' in schema ? schema.properties : {}) as Record<string, { type?: string }>;
      const byType: Record<string, unknown> = { boolean: true, integer: 50, string: 'text' };
      return Object.fromEntries(Object.entries(properties).map(([key, { type }]) => [key, byType[type ?? ''] ?? true]));
    }
  });

  it('gives the state, and the state reached by a setter', async () => {
    assert.deepEqual((await call('GET', '/state')).json, JSON.parse(JSON.stringify(state)));
    assert.deepEqual((await call('POST', '/call/volume', '{"percent":100}')).json, { percent: 80 });
    assert.deepEqual((await call('POST', '/call/mute', '{"muted":false}')).json, { muted: true });
  });

  it('hears that the panel was touched', async () => {
    actions.asked.length = 0;
    assert.deepEqual((await call('POST', '/panel/touch', '{}')).json, {});
    assert.deepEqual(actions.asked, [['touched']]);
  });

  it('joins by link, the next meeting, a booking or the own meeting, and nothing between', async () => {
    actions.asked.length = 0;
    assert.equal((await call('POST', '/call/join', '{"link":"https://x/m/1#2"}')).status, 200);
    assert.equal((await call('POST', '/call/join', '{"next":true,"muted":true}')).status, 200);
    assert.equal((await call('POST', '/call/join', '{"booking":"b"}')).status, 200);
    assert.equal((await call('POST', '/call/join', '{"own":true}')).status, 200);
    assert.equal((await call('POST', '/call/join', '{"next":true,"link":"x"}')).status, 400);
    assert.equal((await call('POST', '/call/join', '{"own":true,"booking":"b"}')).status, 400);
    assert.equal((await call('POST', '/call/join', '{"own":false}')).status, 400);
    assert.equal((await call('POST', '/call/join', '{}')).status, 400);
    assert.deepEqual(actions.asked, [
      ['join', { link: 'https://x/m/1#2' }, { muted: false, cameraOff: false }],
      ['join', { next: true }, { muted: true, cameraOff: false }],
      ['join', { booking: 'b' }, { muted: false, cameraOff: false }],
      ['join', { own: true }, { muted: false, cameraOff: false }],
    ]);
  });

  it('books and extends, and answers the booking reached', async () => {
    actions.asked.length = 0;
    assert.deepEqual((await call('POST', '/calendar/book', '{"minutes":30}')).json, { booking });
    assert.deepEqual((await call('POST', '/calendar/book', '{"to":"quarter-hour"}')).json, { booking });
    assert.deepEqual((await call('POST', '/calendar/extend', '{"booking":"b","minutes":15}')).json, { booking });
    assert.equal((await call('POST', '/calendar/skip', '{"booking":"b"}')).json['version'], '0');
    assert.deepEqual(actions.asked, [
      ['book', { minutes: 30 }],
      ['book', { to: 'quarter-hour' }],
      ['extend', 'b', 15],
      ['skip', 'b'],
    ]);
    for (const bad of ['{}', '{"minutes":30,"to":"half-hour"}', '{"minutes":4}', '{"minutes":7.5}', '{"to":"noon"}'])
      assert.equal(codeIn(await call('POST', '/calendar/book', bad)), 'api/bad-body', bad);
  });

  it('failures of the calendar have the status of what is to be done about them', async () => {
    const answers = [
      await call('POST', '/calendar/end', '{"booking":"b"}'),
      await call('POST', '/calendar/check-in', '{"booking":"b"}'),
      await call('POST', '/calendar/refresh'),
      await call('GET', '/calendar/test'),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [409, 404, 503, 200],
    );
    assert.deepEqual(answers.slice(0, 3).map(codeIn), [
      'calendar/conflict',
      'calendar/unknown-booking',
      'calendar/unreachable',
    ]);
  });

  it('changes of the layout what is given, answers what was reached, and refuses what there is not', async () => {
    actions.asked.length = 0;
    const reached = { mode: 'speaker', page: 1, pages: 3, selfView: false, displays: 1 };
    for (const change of [
      { mode: 'speaker' },
      { page: 2 },
      { selfView: false },
      { mode: 'grid', page: 1, selfView: true },
    ])
      assert.deepEqual((await call('POST', '/call/layout', JSON.stringify(change))).json, reached);
    assert.deepEqual(
      actions.asked.map(([, change]) => change),
      [{ mode: 'speaker' }, { page: 2 }, { selfView: false }, { mode: 'grid', page: 1, selfView: true }],
    );
    for (const bad of ['{}', '{"mode":"wall"}', '{"page":0}', '{"page":1.5}', '{"page":"2"}', '{"selfView":1}'])
      assert.equal(codeIn(await call('POST', '/call/layout', bad)), 'api/bad-body', bad);
  });

  it('asks devices by ids with slashes, each action with its own body, and answers their outcome', async () => {
    actions.asked.length = 0;
    const id = 'mdc:serial:/dev/serial/by-id/usb-1';
    const bodies: Record<string, string> = {
      power: '{"power":"standby"}',
      input: '{"input":"hdmi-1"}',
      volume: '{"percent":30}',
      mute: '{"muted":true}',
      blank: '{"blanked":false}',
      stop: '{}',
      position: '{"pan":10}',
      home: '{}',
      preset: '{"preset":3}',
      framing: '{"mode":"follow"}',
      picture: '{"focus":"auto"}',
    };
    for (const [action, body] of Object.entries(bodies)) {
      const answer = await call('POST', `/devices/${encodeURIComponent(id)}/${action}`, body);
      assert.deepEqual(answer.json, { kind: 'unverified', reason: 'no-answer', value: null }, action);
    }
    assert.deepEqual((await call('POST', '/devices/c/move', '{"pan":-1,"tilt":0.5,"zoom":0}')).json, {});
    await call('POST', '/devices/c/preset', '{"preset":4,"store":true}');
    assert.deepEqual(actions.asked, [
      [id, 'power', 'standby'],
      [id, 'input', 'hdmi-1'],
      [id, 'volume', 30],
      [id, 'mute', true],
      [id, 'blank', false],
      [id, 'stop'],
      [id, 'position', { pan: 10, tilt: null, zoom: null }],
      [id, 'home'],
      [id, 'recallPreset', 3],
      [id, 'framing', 'follow'],
      [id, 'focus', 'auto'],
      ['c', 'move', { pan: -1, tilt: 0.5, zoom: 0 }],
      ['c', 'storePreset', 4],
    ]);
  });

  it('refuses what no device can be asked, and a device that is not there', async () => {
    for (const [action, body] of [
      ['power', '{"power":"off"}'],
      ['move', '{"pan":2,"tilt":0,"zoom":0}'],
      ['position', '{}'],
      ['preset', '{"preset":256}'],
      ['framing', '{"mode":"sideways"}'],
      ['picture', '{"focus":"auto","exposure":"auto"}'],
      ['stop', '{"now":true}'],
    ] as const)
      assert.equal(codeIn(await call('POST', `/devices/c/${action}`, body)), 'api/bad-body', action);
    const gone = await call('POST', '/devices/gone/stop');
    assert.deepEqual([gone.status, codeIn(gone)], [404, 'device/unknown']);
    assert.deepEqual((await call('GET', '/devices')).json, { devices: [] });
  });

  it('gives the picture of either display, and of no third', async () => {
    for (const [query, display] of [
      ['', 1],
      ['?display=1', 1],
      ['?display=2', 2],
    ] as const)
      assert.equal(
        (await call('GET', `/display.png${query}`)).text,
        `\u0001\u0002\u0003${String.fromCharCode(display)}`,
      );
    assert.equal((await call('GET', '/display.png?display=3')).status, 400);
  });

  it('begins and ends a check of the devices, and gives its picture, which nothing keeps', async () => {
    const none = await call('GET', '/check/picture.jpg?0');
    assert.deepEqual([none.status, codeIn(none)], [404, 'call/no-check']);
    for (const path of ['start', 'tone', 'stop']) assert.deepEqual((await call('POST', `/check/${path}`)).json, {});
    assert.deepEqual(actions.asked, [['check'], ['tone'], ['check-stop']]);
    actions.picture = new Uint8Array([65, 66]);
    const { status, headers, text } = await call('GET', '/check/picture.jpg?7');
    assert.deepEqual(
      [status, headers['content-type'], headers['cache-control'], text],
      [200, 'image/jpeg', 'no-store', 'AB'],
    );
  });

  it('a post without a body leaves', async () => {
    assert.equal((await call('POST', '/call/leave')).status, 200);
  });

  it('refuses what another site could send: foreign origin, foreign host, plain text', async () => {
    assert.equal(codeIn(await call('GET', '/state', undefined, { origin: 'http://evil.example' })), 'api/not-local');
    assert.equal(codeIn(await call('GET', '/state', undefined, { host: 'evil.example' })), 'api/not-local');
    const plain = await call('POST', '/call/mute', '{"muted":true}', { 'content-type': 'text/plain' });
    assert.equal(codeIn(plain), 'api/not-json');
  });

  it('garbage and oversize bodies are answered, not thrown', async () => {
    assert.equal((await call('POST', '/call/mute', '{"muted":')).status, 400);
    assert.equal((await call('POST', '/call/chat', JSON.stringify({ text: 'x'.repeat(40_000) }))).status, 413);
    assert.equal((await call('POST', '/call/volume', '{"percent":101}')).status, 400);
  });

  it('failures have a status, a code and a sentence', async () => {
    const share = await call('POST', '/call/share', '{"sharing":true}');
    assert.deepEqual([share.status, codeIn(share)], [503, 'call/screen-unavailable']);
    const hand = await call('POST', '/call/hand', '{"raised":true}');
    assert.deepEqual([hand.status, codeIn(hand)], [409, 'call/not-in-call']);
    assert.equal(codeIn(await call('GET', '/nothing')), 'api/not-found');
  });

  it('pushes the state at once and at each change', async () => {
    const events = await new Promise<string>((resolve, reject) => {
      let text = '';
      const request = httpRequest({ host: '127.0.0.1', port, path: '/api/v1/events' }, (response) => {
        assert.match(String(response.headers['content-type']), /event-stream/);
        response.on('data', (part: Buffer) => {
          text += part.toString();
          if (text.split('event: state').length === 2) actions.push();
          if (text.split('event: state').length === 3) {
            request.destroy();
            resolve(text);
          }
        });
      });
      request.on('error', reject);
      request.end();
    });
    assert.match(events, /data: \{"version":"0"/);
  });

  it('listens on loopback only', async () => {
    const app = createKioskApp({ ...stubKiosk(actions), log: silentLogger, panelDir: '/nonexistent' }, 'room');
    await assert.rejects(listenKiosk(app, '0.0.0.0', 0), /kiosk\/not-loopback/);
  });
});
