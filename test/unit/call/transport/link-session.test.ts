import assert from 'node:assert/strict';
import type { types } from 'mediasoup-client';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { LinkSession } from '../../../../src/call/transport/link-session.ts';
import type { LinkState, PeerLink } from '../../../../src/call/transport/peer-link.ts';

const udp: types.IceCandidate = {
  foundation: 'u',
  priority: 2,
  ip: '192.0.2.1',
  address: '192.0.2.1',
  protocol: 'udp',
  port: 1,
  type: 'host',
};
const tcp: types.IceCandidate = { ...udp, foundation: 't', protocol: 'tcp', tcpType: 'passive', port: 2 };

class FakeLink implements PeerLink {
  readonly fingerprint = 'AA';
  readonly calls: string[] = [];
  state: LinkState = 'new';

  start(): void {
    this.calls.push('start');
  }

  addRemoteCandidate(candidate: string): void {
    this.calls.push(candidate);
  }

  send(): boolean {
    return this.state === 'connected';
  }

  selectedPath(): null {
    return null;
  }

  close(): void {
    this.calls.push('close');
  }
}

function rig(iceCandidates: types.IceCandidate[], introduce: () => Promise<void> = () => Promise.resolve()) {
  const clock = new ManualClock();
  const link = new FakeLink();
  const bridges: string[] = [];
  const session = new LinkSession(
    {
      clock,
      introduce,
      openLink: () => link,
      openTcpBridge: (host, port, { onReady }) => {
        bridges.push(`${host}:${port}`);
        onReady(4_000);
        return { close: () => bridges.push('close') };
      },
    },
    { name: 't', bindAddress: null, iceServers: [], relayOnly: false },
    {
      iceParameters: { usernameFragment: 'ufrag', password: 'password' },
      iceCandidates,
      dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: Array<string>(32).fill('00').join(':') }] },
    },
    { onPacket: () => undefined, onState: () => undefined },
  );
  return { clock, link, bridges, session };
}

describe('the life of a link', () => {
  it('finds a path while the server is told, not after; once only', async () => {
    let tell = (): void => undefined;
    const { link, session } = rig([udp], () => new Promise((resolve) => (tell = resolve)));
    const first = session.connect();
    assert.equal(session.connect(), first);
    assert.deepEqual(link.calls, ['start']);
    tell();
    await first;
  });

  it('TCP is tried at once where there is no UDP, after a second otherwise, and not at all once connected', async () => {
    const alone = rig([tcp]);
    await alone.session.connect();
    assert.deepEqual(
      [alone.bridges, alone.link.calls[1]],
      [['192.0.2.1:2'], 'a=candidate:tcpbridge 1 udp 1 127.0.0.1 4000 typ host'],
    );
    const late = rig([udp, tcp]);
    await late.session.connect();
    late.clock.advance(999);
    assert.deepEqual(late.bridges, []);
    late.clock.advance(1);
    assert.deepEqual(late.bridges, ['192.0.2.1:2']);
    late.session.close();
    assert.deepEqual(late.bridges, ['192.0.2.1:2', 'close']);
    const quick = rig([udp, tcp]);
    await quick.session.connect();
    quick.link.state = 'connected';
    quick.clock.advance(10_000);
    assert.deepEqual(quick.bridges, []);
  });

  it('closed: waiting ends, timers are gone, connecting is refused', async () => {
    const { clock, session, link } = rig([udp, tcp], () => new Promise(() => undefined));
    const connecting = assert.rejects(session.connect(), /call\/transport-closed/);
    session.close();
    session.close();
    await connecting;
    await assert.rejects(session.connect(), /call\/transport-closed/);
    assert.equal(clock.pending, 0);
    assert.deepEqual(link.calls, ['start', 'close']);
  });

  it('a dead link cannot restart ICE', async () => {
    const { session, link } = rig([udp]);
    await session.connect();
    link.state = 'failed';
    assert.throws(
      () => session.restartIce({ usernameFragment: 'next1', password: 'next2' }),
      /call\/ice-restart-unsupported/,
    );
  });
});
