import type { IceServer } from 'node-datachannel';

const URL_FORM = /^(stun|turn|turns):(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/;
/** libjuice takes one STUN and two TURN servers. */
const MAX_SERVERS = 8;

/**
 * WebRTC's ICE servers in libdatachannel's form. Its ICE agent (libjuice) speaks TURN over UDP only: TCP and TLS entries are
 * left out and counted, as are malformed ones.
 */
export function nativeIceServers(servers: readonly RTCIceServer[]): { servers: IceServer[]; skipped: number } {
  const entries = servers.flatMap((server) => [server.urls].flat().map((url) => nativeServer(url, server)));
  const usable = entries.filter((entry) => entry !== null);
  return { servers: usable.slice(0, MAX_SERVERS), skipped: entries.length - Math.min(usable.length, MAX_SERVERS) };
}

function nativeServer(url: string, server: RTCIceServer): IceServer | null {
  const match = URL_FORM.exec(url);
  const [, scheme, host, portText, transport] = match ?? [];
  const port = Number(portText ?? '3478');
  if (scheme === undefined || host === undefined || port < 1 || port > 0xffff) return null;
  const hostname = host.startsWith('[') ? host.slice(1, -1) : host;
  if (scheme === 'stun') return { hostname, port };
  if (
    scheme === 'turns' ||
    transport === 'tcp' ||
    server.username === undefined ||
    typeof server.credential !== 'string'
  )
    return null;
  return { hostname, port, username: server.username, password: server.credential, relayType: 'TurnUdp' };
}
