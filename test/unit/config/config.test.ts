import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config/load.ts';
import { rowOf, settingKeys } from '../../../src/config/settings.ts';
import { problemOf, validateConfig } from '../../../src/config/validate.ts';
import { parseListenAddress } from '../../../src/config/value-types.ts';
import { isRoomError } from '../../../src/lib/errors.ts';

const STATE = '/var/lib/incamera';

describe('the configuration', () => {
  it('has an acceptable default for every key', () => {
    for (const key of settingKeys) assert.equal(problemOf(key, rowOf(key).default), null);
  });

  it('fills in defaults and takes relative paths from the state directory', () => {
    const config = validateConfig({ 'room.name': 'Aurora', 'identity.trustAnchors': ['ca.pem', '/etc/ca.pem'] }, STATE);
    assert.equal(config['room.name'], 'Aurora');
    assert.equal(config.devices, 'auto');
    assert.equal(config['identity.deviceKey'], `${STATE}/identity/device-key.pem`);
    assert.deepEqual(config['identity.trustAnchors'], [`${STATE}/ca.pem`, '/etc/ca.pem']);
  });

  it('names an unknown key and what was meant', () => {
    assert.throws(() => validateConfig({ 'room.nme': 'x' }, STATE), {
      code: 'config/unknown-key',
      message: /"room\.nme"; did you mean room\.name\?/,
    });
    assert.throws(() => validateConfig({ constructor: 1 }, STATE), { code: 'config/unknown-key' });
  });

  it('names key, value and accepted range of every bad value at once', () => {
    assert.throws(
      () => validateConfig({ devices: 'fake', 'audio.playoutDelayMs': 501 }, STATE),
      (error) => {
        assert.ok(isRoomError(error));
        assert.equal(error.code, 'config/bad-value');
        assert.match(error.message, /devices is "fake", but must be one of "auto", "virtual"/);
        assert.match(error.message, /audio\.playoutDelayMs is 501, but must be a whole number from 0 to 500/);
        return true;
      },
    );
  });

  const bad: [string, unknown][] = [
    ['room.name', ''],
    ['room.name', 'line\nbreak'],
    ['room.name', 'right-to-left \u202e'],
    ['room.name', 'x'.repeat(65)],
    ['panel.listen', '8080'],
    ['panel.listen', '127.0.0.1:65536'],
    ['meetingServer.url', 'http://meet.example.org'],
    ['meetingServer.url', 'https://user@meet.example.org'],
    ['meetingServer.url', 'https://meet.example.org/path'],
    ['meetingServer.trustedCertificates', 'a.pem'],
    ['meetingServer.trustedCertificates', ['']],
    ['devices.camera', 'virtual'],
    ['devices.camera', null],
    ['audio.playoutDelayMs', 1.5],
    ['audio.playoutDelayMs', '20'],
    ['virtual.speaker', 'file:relative'],
    ['virtual.microphone', 'tone:19'],
    ['virtual.microphone', 'tone:20001'],
    ['virtual.microphone', 'tone:440 ! filesink'],
    ['virtual.microphone', 'array:360'],
    ['virtual.microphone', 'array:10:flying'],
    ['microphone.array', 'respeaker'],
    ['identity.deviceKey', 'a\0b'],
  ];
  for (const [key, value] of bad) {
    it(`refuses ${key} = ${JSON.stringify(value)}`, () => {
      assert.throws(() => validateConfig({ [key]: value }, STATE), { code: 'config/bad-value' });
    });
  }

  const good: [string, unknown][] = [
    ['room.name', 'Sala «Órbita» 3'],
    ['devices.camera', 'usb-046d_Logitech_BRIO-video-index0'],
    ['devices.camera', 'none'],
    ['panel.listen', '[::1]:0'],
    ['meetingServer.url', 'https://meet.example.org:8443'],
    ['virtual.microphone', 'tone:20'],
    ['virtual.microphone', 'tone:20000'],
    ['virtual.microphone', 'flash'],
    ['virtual.microphone', 'array:0'],
    ['virtual.microphone', 'array:359:walking'],
    ['microphone.array', 'uma-8'],
    ['$schema', './configuration.schema.json'],
  ];
  for (const [key, value] of good) {
    it(`accepts ${key} = ${JSON.stringify(value)}`, () => {
      assert.doesNotThrow(() => validateConfig({ [key]: value }, STATE));
    });
  }

  it('answers any JSON at any key with a configuration or a typed refusal', () => {
    fc.assert(
      fc.property(fc.constantFrom(...settingKeys), fc.jsonValue(), (key, value) => {
        try {
          validateConfig({ [key]: value }, STATE);
        } catch (error) {
          assert.ok(isRoomError(error) && error.code === 'config/bad-value');
        }
      }),
    );
  });

  it('takes listen addresses apart', () => {
    assert.deepEqual(parseListenAddress('[::1]:4443'), { host: '::1', port: 4443 });
    assert.deepEqual(parseListenAddress('localhost:0'), { host: 'localhost', port: 0 });
    assert.equal(parseListenAddress(':80'), null);
  });
});

describe('loadConfig', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'config-'));
  });
  afterEach(() => rm(directory, { recursive: true }));
  const load = async (content: string): Promise<unknown> => {
    await writeFile(join(directory, 'incamera.json'), content);
    return loadConfig(join(directory, 'incamera.json'), directory);
  };

  it('means defaults when there is no file', async () => {
    const config = await loadConfig(join(directory, 'absent.json'), directory);
    assert.equal(config['log.level'], 'info');
  });

  it('lets overrides win over the file', async () => {
    await writeFile(join(directory, 'incamera.json'), '{"devices":"auto","log.level":"warn"}');
    const config = await loadConfig(join(directory, 'incamera.json'), directory, { devices: 'virtual' });
    assert.deepEqual([config.devices, config['log.level']], ['virtual', 'warn']);
  });

  it('refuses what is no JSON object, without quoting it', async () => {
    await assert.rejects(load('{"room.name": planted-secret'), (error: Error) => !error.message.includes('planted'));
    await assert.rejects(load('[]'), { code: 'config/not-json' });
    await assert.rejects(load(''), { code: 'config/not-json' });
  });

  it('refuses what cannot be read', async () => {
    await assert.rejects(loadConfig(directory, directory), { code: 'config/unreadable' });
    await assert.rejects(load(' '.repeat(1_000_001)), { code: 'config/unreadable' });
  });
});
