/**
 * Samsung's "secured protocol": the display greets in the clear, the connection goes on in TLS, and the PIN set in the display's
 * menu is the first thing said in it (known from github.com/vgavro/samsung-mdc). Displays sign their certificates themselves, so
 * that nobody can tell the display from whoever answers at its address: this keeps listeners out, and no more.
 */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../lib/clock.ts';
import { DeviceUnavailableError } from '../../../lib/errors.ts';
import type { LinkOpener } from '../../link/byte-link.ts';
import { linkNotOpened } from '../../link/link-listeners.ts';
import { opening } from '../../link/opening.ts';
import { connectTcp, SocketLink } from '../../link/tcp-link.ts';
import type { TcpAddress } from '../../link/tcp-link.ts';
import { TLS_GREETING } from './packet.ts';

const PASSED = 'MDCAUTH<<PASS>>';
/** A PIN that was refused is not offered again and again: a display may lock itself. */
const REFUSED_PAUSE_MS = 5 * 60_000;

export interface SecuredDisplay {
  readonly address: TcpAddress;
  /** Digits as in the display's menu. */
  readonly pin: string;
  readonly clock: Clock;
  /** Told with each answer of the display to the PIN. */
  readonly onVerdict: (isRefused: boolean) => void;
  readonly onListenerError: (error: unknown) => void;
}

/** Opens links to a display that wants TLS and a PIN. */
export function securedMdcOpener(display: SecuredDisplay): LinkOpener {
  const { address, pin, clock } = display;
  const id = `tcp:${address.host}:${address.port}`;
  let refusedAtMs = -Infinity;
  return {
    id,
    open: async (signal) => {
      signal.throwIfAborted();
      if (clock.nowMs() - refusedAtMs < REFUSED_PAUSE_MS) throw refused(id);
      const socket = await connectTcp(id, address, signal);
      try {
        if ((await hear(id, socket, TLS_GREETING.length, signal)) !== TLS_GREETING)
          throw linkNotOpened(id, new Error('the display does not offer TLS'));
        const secured = await inTls(id, socket, signal);
        secured.write(pin, 'latin1');
        const isRefused = (await hear(id, secured, PASSED.length, signal)) !== PASSED;
        display.onVerdict(isRefused);
        if (isRefused) refusedAtMs = clock.nowMs();
        if (isRefused) throw refused(id);
        return new SocketLink(id, secured, display.onListenerError);
      } catch (error) {
        socket.destroy();
        throw error;
      }
    },
  };
}

const refused = (id: string): DeviceUnavailableError =>
  new DeviceUnavailableError('device/display-pin', 'The display refuses the PIN', { context: { link: id } });

/** The next so many bytes; what comes after them stays in the stream. @throws {DeviceUnavailableError} when it ends before. */
function hear(id: string, socket: Socket, length: number, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  return opening(signal, ({ done, failed }) => {
    const undo = (): void => {
      socket.off('readable', look);
      socket.off('close', ended);
    };
    const ended = (): void => failed(linkNotOpened(id, new Error('the display has ended the connection')));
    const look = (): void => {
      const bytes = socket.read(length) as Buffer | null;
      if (bytes === null) return;
      undo();
      done(bytes.toString('latin1'));
    };
    socket.on('readable', look);
    socket.once('close', ended);
    look();
    return undo;
  });
}

function inTls(id: string, socket: Socket, signal: AbortSignal): Promise<TLSSocket> {
  signal.throwIfAborted();
  return opening(signal, ({ done, failed }) => {
    const secured = connectTls({ socket, rejectUnauthorized: false });
    secured.on('error', (error) => failed(linkNotOpened(id, error)));
    secured.once('close', () => failed(linkNotOpened(id, new Error('the display has ended the connection'))));
    secured.once('secureConnect', () => done(secured));
    return () => secured.destroy();
  });
}
