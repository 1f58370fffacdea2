import assert from 'node:assert/strict';
import { nativeIceServers } from '../../../../src/call/transport/ice-servers.ts';

describe('ICE servers in native form', () => {
  it('STUN and TURN over UDP, default port, IPv6 and lists of URLs', () => {
    const turn = { username: 'u', credential: 'p' };
    assert.deepEqual(
      nativeIceServers([
        { urls: ['stun:a.example', 'stun:[2001:db8::1]:5000'] },
        { urls: 'turn:b.example:99?transport=udp', ...turn },
      ]),
      {
        servers: [
          { hostname: 'a.example', port: 3478 },
          { hostname: '2001:db8::1', port: 5000 },
          { hostname: 'b.example', port: 99, username: 'u', password: 'p', relayType: 'TurnUdp' },
        ],
        skipped: 0,
      },
    );
  });

  it('counts what the native agent cannot use', () => {
    const turn = { username: 'u', credential: 'p' };
    const unusable = [
      { urls: 'turns:a.example', ...turn },
      { urls: 'turn:a.example?transport=tcp', ...turn },
      { urls: 'turn:a.example' },
      { urls: 'stun:a.example:0' },
      { urls: 'http://a.example' },
      { urls: 'stun:a b' },
    ];
    assert.deepEqual(nativeIceServers(unusable), { servers: [], skipped: unusable.length });
  });

  it('takes a bounded number', () => {
    const { servers, skipped } = nativeIceServers(Array<RTCIceServer>(20).fill({ urls: 'stun:a.example' }));
    assert.deepEqual([servers.length, skipped], [8, 12]);
  });
});
