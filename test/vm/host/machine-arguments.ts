import { join } from 'node:path';

export type Accelerator = 'tcg' | 'kvm';

/** A folder of the host that the room may read. */
export interface Share {
  readonly folder: string;
  /** Where the room has it. */
  readonly at: string;
}

export interface MachineParts {
  /** Folder with vmlinux and initrd.img. */
  readonly kernel: string;
  /** The ext4 image; it is never written to. */
  readonly disk: string;
  readonly shares: readonly Share[];
  /** A folder of this run, with a short path: sockets have room for about 100 characters. */
  readonly run: string;
  readonly accelerator: Accelerator;
}

/** What stands at the other end of the room's wires: a socket each in the folder of the run. */
export const wires = {
  shell: 'shell',
  meeting: 'meeting',
  serialPort: 'serial-port',
  usbAdapter: 'usb-adapter',
  display: 'display',
} as const;
/** Where the room finds this machine, of QEMU's own network; nothing of the room is reached from outside. */
export const HOST_ADDRESS = '10.0.2.2';

export const socketOf = (run: string, wire: string): string => join(run, `${wire}.socket`);
export const consoleOf = (run: string): string => join(run, 'console.log');
export const shareTag = (index: number): string => `share${index}`;

/** No mitigations and no randomised addresses: nobody attacks it, and emulation is slow enough. A panic ends the machine. */
const KERNEL = [
  'console=ttyS0',
  'quiet',
  'loglevel=4',
  'panic=-1',
  'mitigations=off',
  'nokaslr',
  'apparmor=0',
  'audit=0',
  'tsc=reliable',
  'net.ifnames=0',
  'systemd.show_status=0',
].join(' ');

/** QEMU's options for the room: two processors, 2 GB, a network with this machine only, no display. Writes to the disk are forgotten. */
export function machineArguments(parts: MachineParts): string[] {
  const { kernel, disk, shares, run, accelerator } = parts;
  const file = (path: string): string => path.replaceAll(',', ',,');
  const socket = (wire: string): string[] => {
    return ['-chardev', `socket,id=${wire},path=${file(socketOf(run, wire))},server=on,wait=off`];
  };
  const share = ({ folder }: Share, index: number): string[] => [
    '-fsdev',
    `local,id=folder${index},path=${file(folder)},security_model=none,readonly=on,multidevs=remap`,
    '-device',
    `virtio-9p-pci,fsdev=folder${index},mount_tag=${shareTag(index)}`,
  ];
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', 'q35,usb=off,hpet=off', '-smp', '2', '-m', '2048'],
    ...(accelerator === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max']),
    ...['-kernel', join(kernel, 'vmlinux'), '-initrd', join(kernel, 'initrd.img'), '-append', KERNEL],
    ...['-drive', `file=${file(disk)},format=raw,if=virtio,snapshot=on,cache=unsafe`],
    ...['-chardev', `file,id=console,path=${file(consoleOf(run))}`, '-serial', 'chardev:console'],
    ...[...socket(wires.serialPort), '-serial', `chardev:${wires.serialPort}`],
    ...['-device', 'virtio-serial-pci', ...socket(wires.shell)],
    ...['-device', `virtserialport,chardev=${wires.shell},name=incamera.shell`],
    ...[...socket(wires.meeting), '-device', `virtserialport,chardev=${wires.meeting},name=incamera.meeting`],
    ...['-netdev', 'user,id=network,ipv6=off', '-device', 'virtio-net-pci,netdev=network'],
    ...['-device', 'qemu-xhci,id=usb'],
    ...[wires.usbAdapter, wires.display].flatMap((wire) => [
      ...socket(wire),
      ...['-device', `usb-serial,chardev=${wire},serial=${wire},always-plugged=on,bus=usb.0`],
    ]),
    ...['-device', 'virtio-rng-pci'],
    ...shares.flatMap(share),
  ];
}

/** The script that makes the shares readable in the room. */
export function mountScript(shares: readonly Share[]): string {
  const mounts = shares.map(({ at }, index) => {
    const options = 'ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose';
    return `mkdir -p ${quote(at)} && mount -t 9p -o ${options} ${shareTag(index)} ${quote(at)}`;
  });
  return ['set -e', 'modprobe -a 9pnet_virtio 9p', ...mounts].join('\n');
}

/** A word of the shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
