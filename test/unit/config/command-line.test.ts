import assert from 'node:assert/strict';
import { flagOf, helpText, parseCommandLine } from '../../../src/config/command-line.ts';
import { rowOf, settingKeys } from '../../../src/config/settings.ts';
import { validateConfig } from '../../../src/config/validate.ts';

describe('the command line', () => {
  it('sets every kind of value', () => {
    const { overrides } = parseCommandLine([
      '--devices=virtual',
      '--audio-playout-delay-ms',
      '75',
      '--devices-camera',
      'none',
      '--meeting-server-trusted-certificates=/a.pem',
      '--meeting-server-trusted-certificates=/b.pem',
    ]);
    assert.deepEqual(overrides, {
      devices: 'virtual',
      'audio.playoutDelayMs': 75,
      'devices.camera': 'none',
      'meetingServer.trustedCertificates': ['/a.pem', '/b.pem'],
    });
    assert.doesNotThrow(() => validateConfig(overrides, '/s'));
  });

  it('leaves a bad value to be refused with its range', () => {
    const { overrides } = parseCommandLine(['--audio-playout-delay-ms', 'much']);
    assert.throws(() => validateConfig(overrides, '/s'), {
      message: /audio\.playoutDelayMs is "much", but must be a whole number/,
    });
  });

  it('knows another configuration file and help', () => {
    assert.deepEqual(parseCommandLine(['--config', 'x.json', '--help']), {
      help: true,
      configFile: 'x.json',
      overrides: {},
    });
    assert.deepEqual(parseCommandLine([]), { help: false, configFile: null, overrides: {} });
  });

  it('refuses flags that do not exist, lack a value, or stand alone', () => {
    for (const args of [['--nonsense'], ['--devices'], ['virtual']]) {
      assert.throws(() => parseCommandLine(args), { code: 'config/bad-flag' });
    }
  });

  it('has one flag a key and tells of each, but none for secrets', () => {
    assert.equal(new Set(settingKeys.map(flagOf)).size, settingKeys.length);
    for (const key of settingKeys) assert.equal(helpText().includes(`--${flagOf(key)} `), !rowOf(key).secret, key);
    assert.throws(() => parseCommandLine(['--display-control-password', 'x']), { code: 'config/bad-flag' });
  });
});
