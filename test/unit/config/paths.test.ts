import assert from 'node:assert/strict';
import { readEnvironment } from '../../../src/config/paths.ts';

describe('readEnvironment', () => {
  it('uses the home directory when nothing is set', () => {
    assert.deepEqual(readEnvironment({ HOME: '/home/room' }, 1000), {
      stateDirectory: '/home/room/.local/state/incamera',
      cacheDirectory: '/home/room/.cache/incamera',
      runtimeDirectory: '/tmp/incamera-1000',
      configFile: '/home/room/.local/state/incamera/incamera.json',
      mediasoupWorker: null,
      gpioHelper: null,
      xDisplay: null,
    });
  });

  it('follows the XDG directories', () => {
    const found = readEnvironment(
      { HOME: '/h', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c', XDG_RUNTIME_DIR: '/run/user/1' },
      1,
    );
    assert.deepEqual(
      [found.stateDirectory, found.cacheDirectory, found.runtimeDirectory],
      ['/s/incamera', '/c/incamera', '/run/user/1/incamera'],
    );
  });

  it('takes what systemd hands a unit, which has no home', () => {
    const found = readEnvironment(
      {
        STATE_DIRECTORY: '/var/lib/incamera:/var/lib/other',
        CACHE_DIRECTORY: '/var/cache/incamera',
        RUNTIME_DIRECTORY: '/run/incamera',
        CONFIGURATION_DIRECTORY: '/etc/incamera',
      },
      0,
    );
    assert.equal(found.stateDirectory, '/var/lib/incamera');
    assert.equal(found.configFile, '/etc/incamera/incamera.json');
  });

  it('lets each be overridden', () => {
    const found = readEnvironment(
      {
        HOME: '/h',
        STATE_DIRECTORY: '/no',
        INCAMERA_STATE_DIR: '/a',
        INCAMERA_CACHE_DIR: '/b',
        INCAMERA_RUNTIME_DIR: '/c',
        INCAMERA_CONFIG: '/d.json',
        MEDIASOUP_WORKER_BIN: '/w',
        INCAMERA_GPIO_HELPER: '/g',
        DISPLAY: ':1',
      },
      0,
    );
    assert.deepEqual(found, {
      stateDirectory: '/a',
      cacheDirectory: '/b',
      runtimeDirectory: '/c',
      configFile: '/d.json',
      mediasoupWorker: '/w',
      gpioHelper: '/g',
      xDisplay: ':1',
    });
  });

  it('refuses to guess without any of them', () => {
    assert.throws(() => readEnvironment({}, 0), { code: 'config/no-home' });
  });
});
