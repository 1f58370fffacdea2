import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { eventually } from '../../support/eventually.ts';

const UNIT = 'room-watchdog-test.service';
/** Tells that it is ready, feeds the watchdog three times and hangs. */
const HANGS = `sleep 0.5; systemd-notify --ready --status=working
for i in 1 2 3; do systemd-notify WATCHDOG=1; sleep 0.5; done
exec sleep infinity`;

function show(property: string): string {
  return execFileSync('systemctl', ['show', '--property', property, '--value', UNIT], { encoding: 'utf8' }).trim();
}

describe('systemd as the init of the room', () => {
  after(() => void execFileSync('systemctl', ['stop', UNIT]));

  it('takes a service for started when it says so, and starts it anew when it feeds the watchdog no more', async () => {
    const properties = ['Type=notify', 'NotifyAccess=all', 'WatchdogSec=4', 'Restart=always', 'RestartSec=100ms'];
    const flags = properties.flatMap((property) => ['--property', property]);
    execFileSync('systemd-run', ['--unit', UNIT, ...flags, '/bin/bash', '-c', HANGS]);
    assert.equal(show('ActiveState'), 'active');
    assert.equal(show('StatusText'), 'working');
    const first = show('MainPID');
    await eventually('the restart', 60_000, () => Number(show('NRestarts')) >= 1);
    await eventually('the next start', 60_000, () => show('ActiveState') === 'active' && show('MainPID') !== first);
  });
});
