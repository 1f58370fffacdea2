import type { ValueType } from './value-types.ts';

/** How a device is reached, as `serial:/dev/serial/by-id/usb-…`, `tcp:display.example:1515`, `udp:[::1]:52381`. */
export type DeviceAddress =
  | { readonly kind: 'serial'; readonly path: string }
  | { readonly kind: 'tcp' | 'udp'; readonly host: string; readonly port: number }
  /** Driver and name of the adapter, as `cec-ctl --list-devices` shows them. */
  | { readonly kind: 'cec'; readonly driver: string; readonly adapter: string };

export type AddressKind = DeviceAddress['kind'];

const MAX_LENGTH = 400;
/** By-id and by-path links, ports of the board itself, and pseudo terminals; no name that depends on the order of plugging. */
const SERIAL =
  /^serial:(\/dev\/(?:serial\/by-(?:id|path)\/[^/\p{Cc}]+|(?:ttyS|ttyAMA|serial)\d+|pts\/\d+)|\/(?!dev\/)[^\p{Cc}]+)$/u;
const examples: Record<AddressKind, string> = {
  serial: 'serial:/dev/serial/by-id/usb-FTDI_1234-if00-port0',
  tcp: 'tcp:192.0.2.7:1515',
  udp: 'udp:192.0.2.7:52381',
  cec: 'cec:vc4_hdmi:vc4-hdmi-0',
};

/** Null when it is none. Serial ports only by a path that stays the same when adapters are plugged elsewhere. */
export function parseDeviceAddress(value: string): DeviceAddress | null {
  if (value.length > MAX_LENGTH) return null;
  const serial = SERIAL.exec(value);
  if (serial?.[1] !== undefined) return { kind: 'serial', path: serial[1] };
  const net = /^(tcp|udp):(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(value);
  const host = net?.[2] ?? net?.[3];
  const port = Number(net?.[4]);
  if (host !== undefined && port >= 1 && port <= 65_535)
    return { kind: net?.[1] === 'udp' ? 'udp' : 'tcp', host, port };
  const cec = /^cec:([\w-]{1,32}):([\w.-]{1,64})$/.exec(value);
  return cec ? { kind: 'cec', driver: cec[1] ?? '', adapter: cec[2] ?? '' } : null;
}

/** A setting that holds one of these addresses, or `none`. */
export function deviceAddress(kinds: readonly AddressKind[]): ValueType<string> {
  return {
    accepts: `"none" or an address, as in ${kinds.map((kind) => JSON.stringify(examples[kind])).join(' or ')}`,
    schema: { type: 'string', maxLength: MAX_LENGTH, pattern: `^(none|(${kinds.join('|')}):.+)$` },
    path: false,
    repeatable: false,
    is: (value): value is string => {
      if (typeof value !== 'string') return false;
      const kind = parseDeviceAddress(value)?.kind;
      return value === 'none' || (kind !== undefined && kinds.includes(kind));
    },
    fromText: (texts) => texts.at(-1),
  };
}
