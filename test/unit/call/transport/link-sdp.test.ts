import assert from 'node:assert/strict';
import type { types } from 'mediasoup-client';
import {
  bridgeCandidate,
  fingerprintOf,
  remoteAnswerSdp,
  tcpEndpoints,
} from '../../../../src/call/transport/link-sdp.ts';
import type { RemoteTransport } from '../../../../src/call/transport/link-sdp.ts';

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0')).join(':');
const udp: types.IceCandidate = {
  foundation: 'udpcandidate',
  priority: 1_076_302_079,
  ip: '192.0.2.1',
  address: '192.0.2.1',
  protocol: 'udp',
  port: 40_000,
  type: 'host',
};
const tcp: types.IceCandidate = {
  ...udp,
  foundation: 'tcpcandidate',
  protocol: 'tcp',
  tcpType: 'passive',
  address: '2001:db8::1',
  ip: '2001:db8::1',
};
const remote: RemoteTransport = {
  iceParameters: { usernameFragment: 'ufrag123', password: 'password0123456789abcd', iceLite: true },
  iceCandidates: [udp, tcp],
  dtlsParameters: {
    role: 'auto',
    fingerprints: [
      { algorithm: 'sha-1', value: '00' },
      { algorithm: 'sha-256', value: FINGERPRINT },
    ],
  },
};

describe('the answer that describes the server', () => {
  it('golden', () => {
    assert.deepEqual(remoteAnswerSdp(remote).split('\r\n'), [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=ice-lite',
      'a=group:BUNDLE 0',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'c=IN IP4 127.0.0.1',
      'a=mid:0',
      'a=sendrecv',
      'a=setup:passive',
      'a=rtcp-mux',
      'a=rtpmap:96 VP9/90000',
      'a=ice-ufrag:ufrag123',
      'a=ice-pwd:password0123456789abcd',
      `a=fingerprint:sha-256 ${FINGERPRINT.toUpperCase()}`,
      'a=candidate:udpcandidate 1 udp 1076302079 192.0.2.1 40000 typ host',
      '',
    ]);
  });

  it('TCP endpoints stand apart; without them the candidates are complete', () => {
    assert.deepEqual(tcpEndpoints(remote), [{ host: '2001:db8::1', port: 40_000 }]);
    assert.match(remoteAnswerSdp({ ...remote, iceCandidates: [udp] }), /a=end-of-candidates\r\n$/);
    assert.equal(bridgeCandidate(1234), 'a=candidate:tcpbridge 1 udp 1 127.0.0.1 1234 typ host');
  });

  const ice = remote.iceParameters;
  const dtls = remote.dtlsParameters;
  const hostile: [string, RemoteTransport][] = [
    ['ufrag that writes a line', { ...remote, iceParameters: { ...ice, usernameFragment: 'abcd\r\na=x' } }],
    ['empty password', { ...remote, iceParameters: { ...ice, password: '' } }],
    ['address that writes a line', { ...remote, iceCandidates: [{ ...udp, address: '1.2.3.4\na=x' }] }],
    ['foundation that writes a line', { ...remote, iceCandidates: [{ ...udp, foundation: 'f\r\n' }] }],
    ['TCP address that writes a line', { ...remote, iceCandidates: [{ ...tcp, address: '1.2.3.4\na=x' }] }],
    ['port out of range', { ...remote, iceCandidates: [{ ...udp, port: 70_000 }] }],
    ['priority that is no integer', { ...remote, iceCandidates: [{ ...udp, priority: 1.5 }] }],
    ['unknown candidate type', { ...remote, iceCandidates: [{ ...udp, type: 'x y' as 'host' }] }],
    ['too many candidates', { ...remote, iceCandidates: Array<types.IceCandidate>(33).fill(udp) }],
    ['no sha-256 fingerprint', { ...remote, dtlsParameters: { fingerprints: [{ algorithm: 'sha-1', value: '00' }] } }],
    [
      'cut-off fingerprint',
      { ...remote, dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT.slice(3) }] } },
    ],
    ['server that wants to be DTLS client', { ...remote, dtlsParameters: { ...dtls, role: 'client' } }],
  ];
  for (const [what, parameters] of hostile) {
    it(`refuses: ${what}`, () =>
      assert.throws(() => remoteAnswerSdp(parameters), /call\/transport-parameters-invalid/));
  }

  it('finds our fingerprint in an offer, and none of another kind', () => {
    assert.equal(fingerprintOf(`v=0\r\na=fingerprint:sha-256 ${FINGERPRINT}\r\nm=video\r\n`), FINGERPRINT);
    assert.equal(fingerprintOf(`a=fingerprint:sha-1 ${FINGERPRINT}\r\n`), null);
    assert.equal(fingerprintOf(''), null);
  });
});
