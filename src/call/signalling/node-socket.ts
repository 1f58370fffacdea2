import WebSocket from 'ws';
import { pinnedAgent } from '../../lib/pinned-agent.ts';
import { limits } from './messages.ts';
import type { Socket } from './socket-transport.ts';

/**
 * Opens WebSockets from Node. `pinned` are PEM certificates of meeting servers this room trusts besides the system's
 * authorities: a self-signed one is accepted only by being that very certificate.
 */
export function nodeSocketOpener(pinned: readonly string[]): (url: string, subprotocol: string) => Socket {
  const agent = pinnedAgent(pinned);
  return (url, subprotocol) => {
    const socket = new WebSocket(url, subprotocol, {
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      handshakeTimeout: 8_000,
      ...(url.startsWith('wss:') && { agent }),
    });
    dropWhenSilent(socket);
    return socket as unknown as Socket;
  };
}

/** The server pings every 5 s: a network that went away without a word is found by its silence. */
const SILENCE_MS = 12_000;

function dropWhenSilent(socket: WebSocket): void {
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.terminate(), SILENCE_MS);
  };
  socket.on('open', restart);
  socket.on('ping', restart);
  socket.on('message', restart);
  socket.on('close', () => clearTimeout(timer));
}
