/**
 * The SDP that tells libdatachannel of mediasoup's transport. One media line and no SSRC: with a single line libdatachannel
 * hands over every packet of the transport, whatever its SSRC, and never parses RTCP. So streams come and go without any
 * renegotiation, and retransmissions and the bandwidth probator (SSRC 1234) arrive like the rest.
 */
import type { types } from 'mediasoup-client';
import { ProtocolError } from '../../lib/errors.ts';

export const LINK_MID = '0';
/** Of the one media line; packets of any payload type pass. */
export const LINK_PAYLOAD_TYPE = 96;

/** mediasoup offers one for each listening address and protocol. */
const MAX_CANDIDATES = 32;
const ICE_CHARS = /^[A-Za-z0-9+/=_-]{4,256}$/;
const FOUNDATION = /^[A-Za-z0-9+/]{1,32}$/;
/** IPv4, IPv6 or a host name. */
const ADDRESS = /^[A-Za-z0-9.:_-]{1,253}$/;
const SHA256_FINGERPRINT = /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$/;

export interface RemoteTransport {
  readonly iceParameters: types.IceParameters;
  readonly iceCandidates: readonly types.IceCandidate[];
  readonly dtlsParameters: types.DtlsParameters;
}

/**
 * The server's answer to our offer: ICE lite, DTLS server, one bundled line.
 * @throws {ProtocolError} `call/transport-parameters-invalid` for values that are no ICE or DTLS parameters: they come from
 * the server and must not write lines of their own.
 */
export function remoteAnswerSdp(remote: RemoteTransport): string {
  const { usernameFragment, password, iceLite } = remote.iceParameters;
  tcpEndpoints(remote);
  check(ICE_CHARS.test(usernameFragment) && ICE_CHARS.test(password), 'iceParameters');
  check(remote.iceCandidates.length <= MAX_CANDIDATES, 'iceCandidates');
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    ...(iceLite === false ? [] : ['a=ice-lite']),
    `a=group:BUNDLE ${LINK_MID}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${LINK_PAYLOAD_TYPE}`,
    'c=IN IP4 127.0.0.1',
    `a=mid:${LINK_MID}`,
    'a=sendrecv',
    'a=setup:passive',
    'a=rtcp-mux',
    `a=rtpmap:${LINK_PAYLOAD_TYPE} VP9/90000`,
    `a=ice-ufrag:${usernameFragment}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:sha-256 ${sha256Of(remote.dtlsParameters)}`,
    ...remote.iceCandidates.filter((candidate) => candidate.protocol === 'udp').map(candidateLine),
    // A candidate that stands for TCP may follow.
    ...(remote.iceCandidates.some((candidate) => candidate.protocol !== 'udp') ? [] : ['a=end-of-candidates']),
    '',
  ].join('\r\n');
}

/** Our certificate's fingerprint out of libdatachannel's offer; null when it is not SHA-256. */
export function fingerprintOf(localSdp: string): string | null {
  const match = /^a=fingerprint:sha-256 (\S+)\s*$/m.exec(localSdp);
  return match?.[1] !== undefined && SHA256_FINGERPRINT.test(match[1]) ? match[1] : null;
}

function sha256Of(dtls: types.DtlsParameters): string {
  const value = dtls.fingerprints.find((fingerprint) => fingerprint.algorithm === 'sha-256')?.value ?? '';
  check(SHA256_FINGERPRINT.test(value) && dtls.role !== 'client', 'dtlsParameters');
  return value.toUpperCase();
}

/**
 * Where the server listens for TCP, best first.
 * @throws {ProtocolError} `call/transport-parameters-invalid`.
 */
export function tcpEndpoints(remote: RemoteTransport): { host: string; port: number }[] {
  const candidates = remote.iceCandidates.filter((candidate) => candidate.protocol !== 'udp');
  for (const candidate of candidates) check(isCandidate(candidate) && candidate.port > 0, 'iceCandidates');
  return candidates
    .sort((a, b) => b.priority - a.priority)
    .map((candidate) => ({ host: candidate.address, port: candidate.port }));
}

/** A TCP bridge's port on loopback as a candidate: below every UDP path of the server's (RFC 8445 section 5.1.2.1). */
export function bridgeCandidate(port: number): string {
  return `a=candidate:tcpbridge 1 udp 1 127.0.0.1 ${port} typ host`;
}

function candidateLine(candidate: types.IceCandidate): string {
  check(isCandidate(candidate), 'iceCandidates');
  const { foundation, protocol, priority, port, type } = candidate;
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${candidate.address} ${port} typ ${type}`;
}

function isCandidate(candidate: types.IceCandidate): boolean {
  const { foundation, protocol, priority, port, type, tcpType } = candidate;
  return (
    FOUNDATION.test(foundation) &&
    ['udp', 'tcp'].includes(protocol) &&
    isInteger(priority, 0xffff_ffff) &&
    isInteger(port, 0xffff) &&
    ADDRESS.test(candidate.address) &&
    ['host', 'srflx', 'prflx', 'relay'].includes(type) &&
    (tcpType === undefined || tcpType === 'passive')
  );
}

function isInteger(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function check(condition: boolean, field: string): asserts condition {
  if (!condition)
    throw new ProtocolError('call/transport-parameters-invalid', 'The server sent unusable transport parameters', {
      context: { field },
    });
}
