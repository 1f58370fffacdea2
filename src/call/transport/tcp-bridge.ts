/**
 * Media over TCP where a network lets no UDP through. libjuice's own ICE-TCP (1.7) writes from two threads at once and so
 * corrupts the stream, hence this: a UDP socket on loopback stands for the server's TCP candidate, datagrams travel on in
 * RFC 4571 frames. Nothing is trusted here: STUN, DTLS and SRTP authenticate what passes.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/** Beyond this the path is slower than what is sent: dropping keeps the delay bounded, and the estimate follows. */
const MAX_QUEUED_BYTES = 128 * 1024;
/** No packet of ours or of the server's is longer. */
const MAX_FRAME_BYTES = 2_048;
const CONNECT_TIMEOUT_MS = 10_000;

export interface TcpBridge {
  /** Idempotent. */
  close(): void;
}

export interface TcpBridgeListeners {
  /** Connected: datagrams to `port` on 127.0.0.1 reach the server. */
  readonly onReady: (port: number) => void;
  /** The connection ended or never came about; not called after `close()`. */
  readonly onEnd: () => void;
}

export type OpenTcpBridge = (host: string, port: number, listeners: TcpBridgeListeners) => TcpBridge;

export const openTcpBridge: OpenTcpBridge = (host, port, listeners) => {
  const local = createSocket('udp4');
  const remote = connect({ host, port, noDelay: true });
  let peerPort: number | null = null;
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    remote.destroy();
    local.close();
  };
  const end = (): void => {
    if (closed) return;
    close();
    listeners.onEnd();
  };
  const frames = new FrameReader((datagram) => {
    if (!closed && peerPort !== null) local.send(datagram, peerPort, '127.0.0.1');
  });
  local.on('error', end);
  local.on('message', (datagram, from) => {
    // The first to speak is our own link; nobody else on this machine is let in afterwards.
    peerPort ??= from.port;
    if (from.port !== peerPort || datagram.length === 0 || datagram.length > MAX_FRAME_BYTES) return;
    if (remote.writableLength < MAX_QUEUED_BYTES) remote.write(frameOf(datagram));
  });
  remote.setTimeout(CONNECT_TIMEOUT_MS, end);
  remote.on('error', end);
  remote.on('close', end);
  remote.on('data', (chunk) => {
    if (!frames.push(chunk)) end();
  });
  remote.on('connect', () => {
    remote.setTimeout(0);
    local.bind(0, '127.0.0.1', () => {
      if (!closed) listeners.onReady(local.address().port);
    });
  });
  return { close };
};

/** RFC 4571 section 2: a length of 16 bits before each datagram, in one write so that it leaves in one segment. */
export function frameOf(datagram: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + datagram.length);
  frame.writeUInt16BE(datagram.length, 0);
  datagram.copy(frame, 2);
  return frame;
}

/** Cuts a TCP stream into datagrams, wherever it is split. */
export class FrameReader {
  readonly #onDatagram: (datagram: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onDatagram: (datagram: Buffer) => void) {
    this.#onDatagram = onDatagram;
  }

  /** False when a frame is longer than any packet: the stream is not what it should be, and cannot be followed further. */
  push(chunk: Buffer): boolean {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (data.length >= 2) {
      const length = data.readUInt16BE(0);
      if (length > MAX_FRAME_BYTES) return false;
      if (data.length < 2 + length) break;
      if (length > 0) this.#onDatagram(data.subarray(2, 2 + length));
      data = data.subarray(2 + length);
    }
    this.#rest = Buffer.from(data);
    return true;
  }
}
