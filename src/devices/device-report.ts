import type { CameraAxis } from './camera-control.ts';
import type { RoomDevice, RoomDeviceCapabilities, RoomDeviceProblem } from './room-device.ts';

/** What `incamera doctor` found; printed as it is with `--json`. */
export interface DeviceReport {
  /** `daemon`: as the running room says; `machine`: no room was running, and nothing was asked or opened. */
  readonly source: 'daemon' | 'machine';
  readonly devices: readonly RoomDevice[];
  /** Of the devices, of the room and of its call; each once. */
  readonly problems: readonly RoomDeviceProblem[];
}

/** The report for a person: one paragraph a device, then what is wrong and what to do. */
export function reportText({ source, devices, problems }: DeviceReport): string {
  const head =
    source === 'daemon'
      ? 'As the running room says:'
      : 'No room is running here. This is what is plugged in and configured; nothing was opened, and control lines were not asked:';
  const found = devices.length === 0 ? ['There are no devices.'] : devices.map(deviceText);
  return `${[head, ...found, problemsText(problems)].join('\n\n')}\n`;
}

function deviceText(device: RoomDevice): string {
  const { id, kind, name, virtual, connected, capabilities, state, problems } = device;
  const known = Object.entries(state).filter(([, value]) => value !== null);
  const lines = [
    `${name} (${kind}${virtual ? ', virtual' : ''}): ${connected ? 'connected' : 'not connected'}`,
    `  ${id}`,
    ...abilityTexts(capabilities).map((text) => `  ${text}`),
    ...(known.length > 0 ? [`  now: ${known.map(([key, value]) => `${key} ${String(value)}`).join(', ')}`] : []),
    ...problems.map(({ code }) => `  problem: ${code}`),
  ];
  // Names come from devices, and a terminal obeys control characters.
  return lines.map((line) => line.replace(/\p{Cc}/gu, '?')).join('\n');
}

function abilityTexts({ actions, camera, display }: RoomDeviceCapabilities): string[] {
  const texts = actions.length > 0 ? [`can: ${actions.join(', ')}`] : [];
  if (camera !== null) {
    const axes = (['pan', 'tilt', 'zoom'] as const).map((axis) => `${axis} ${axisText(camera[axis])}`);
    const presets =
      camera.presets === null ? 'no presets' : `presets ${camera.presets.first} to ${camera.presets.last}`;
    texts.push([...axes, presets].join('; '));
  }
  if (display !== null && display.inputs.length > 0) texts.push(`inputs: ${display.inputs.join(', ')}`);
  return texts;
}

function axisText(axis: CameraAxis): string {
  if (axis.kind === 'none') return 'fixed';
  if (axis.kind === 'speed-only') return 'by speed only';
  return `${Math.round(axis.min)} to ${Math.round(axis.max)} ${axis.unit}`;
}

function problemsText(problems: readonly RoomDeviceProblem[]): string {
  if (problems.length === 0) return 'No problems.';
  const texts = problems.map(({ code, since, message, action }) => {
    const when = `since ${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    return [`- ${message} (${code}, ${when})`, ...(action === '' ? [] : [`  ${action}`])].join('\n');
  });
  return [`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:`, ...texts].join('\n');
}
