import type { Config } from './settings.ts';

/** What `chooseDevices` of src/devices is asked for: `auto`, `none`, a stable identity, or a virtual device. */
export interface ConfiguredDevices {
  readonly camera: string;
  readonly screen: string;
  readonly microphone: string;
  readonly speaker: string;
  readonly display: string;
  readonly secondDisplay: string;
  readonly microphoneArray: string;
}

/** All virtual or all real, as `devices` says: nothing virtual gets between real devices unnoticed. */
export function deviceWishes(config: Config): ConfiguredDevices {
  if (config.devices === 'virtual') {
    return {
      camera: virtual(config['virtual.camera'], 'clock'),
      screen: config['virtual.screen'] === 'clock' ? 'virtual' : 'none',
      microphone: virtual(config['virtual.microphone'], 'speech'),
      speaker: virtual(config['virtual.speaker'], 'silent'),
      display: config['virtual.display'] === 'window' ? 'virtual' : 'none',
      secondDisplay: config['virtual.secondDisplay'] === 'window' ? 'virtual' : 'none',
      microphoneArray: config['microphone.array'],
    };
  }
  return {
    camera: config['devices.camera'],
    screen: config['devices.screen'],
    microphone: config['devices.microphone'],
    speaker: config['devices.speaker'],
    display: config['devices.display'],
    secondDisplay: config['devices.secondDisplay'],
    microphoneArray: config['microphone.array'],
  };
}

function virtual(kind: string, plain: string): string {
  return kind === plain ? 'virtual' : `virtual:${kind}`;
}
