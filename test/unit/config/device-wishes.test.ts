import assert from 'node:assert/strict';
import { deviceWishes } from '../../../src/config/device-wishes.ts';
import { validateConfig } from '../../../src/config/validate.ts';

const wishes = (values: Record<string, unknown>): unknown => deviceWishes(validateConfig(values, '/s'));

describe('deviceWishes', () => {
  it('asks for real devices by default and never for a virtual one', () => {
    assert.deepEqual(wishes({ 'virtual.microphone': 'tone:440' }), {
      camera: 'auto',
      screen: 'none',
      microphone: 'auto',
      speaker: 'auto',
      display: 'auto',
      secondDisplay: 'none',
      microphoneArray: 'auto',
    });
  });

  it('asks for virtual devices as a whole', () => {
    const virtual = {
      camera: 'virtual',
      screen: 'none',
      microphone: 'virtual',
      speaker: 'virtual',
      display: 'virtual',
      secondDisplay: 'none',
      microphoneArray: 'auto',
    };
    assert.deepEqual(wishes({ devices: 'virtual', 'devices.camera': 'usb-x' }), virtual);
    assert.deepEqual(
      wishes({
        devices: 'virtual',
        'virtual.camera': 'flash',
        'virtual.microphone': 'tone:440',
        'virtual.speaker': 'file:/tmp/heard',
        'virtual.display': 'none',
        'virtual.secondDisplay': 'window',
        'virtual.screen': 'clock',
      }),
      {
        ...virtual,
        speaker: 'virtual:file:/tmp/heard',
        camera: 'virtual:flash',
        microphone: 'virtual:tone:440',
        display: 'none',
        secondDisplay: 'virtual',
        screen: 'virtual',
      },
    );
  });
});
