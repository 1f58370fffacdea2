import assert from 'node:assert/strict';
import { PairedPanels } from '../../../src/kiosk/pairing/paired-panels.ts';
import { Pairing } from '../../../src/kiosk/pairing/pairing.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { countedBytes, memoryFile } from '../../support/stub-kiosk.ts';

describe('pairing of panels', () => {
  const make = (kept = memoryFile()) => {
    const clock = new ManualClock();
    const panels = new PairedPanels({ clock, randomBytes: countedBytes(), kept });
    const pairing = new Pairing({ clock, randomBelow: () => 42, panels });
    return { clock, kept, panels, pairing };
  };

  it('shows a code once, takes it once, and keeps the hash of the token only', async () => {
    const { pairing, panels, kept } = make();
    let changes = 0;
    pairing.onChange(() => (changes += 1));
    pairing.begin('door');
    assert.equal(pairing.state?.code, '000042');
    const { token, role } = await pairing.finish('000042');
    assert.equal(role, 'door');
    assert.equal(pairing.state, null);
    assert.equal(changes, 2);
    assert.equal((kept.content ?? '').includes(token), false);
    const found = await panels.find(token);
    assert.equal(found?.role, 'door');
    await assert.rejects(pairing.finish('000042'), { code: 'pairing/code-expired' });
  });

  it('two-panels-at-once: the second waits', () => {
    const { pairing, clock } = make();
    pairing.begin('panel');
    assert.throws(() => pairing.begin('panel'), { code: 'pairing/busy' });
    clock.advance(120_000);
    assert.equal(pairing.state, null);
    pairing.begin('panel');
    pairing.close();
    assert.equal(clock.pending, 0);
  });

  it('guessed-code: five tries end it, also for the right one', async () => {
    const { pairing } = make();
    pairing.begin('panel');
    for (const code of ['000043', '', '42', '0000421', 'x'.repeat(9)])
      await assert.rejects(pairing.finish(code), { code: 'pairing/code-wrong' });
    await assert.rejects(pairing.finish('000042'), { code: 'pairing/code-expired' });
  });

  it('revoked: opens nothing any more, and whoever streams is told', async () => {
    const { pairing, panels, clock } = make();
    pairing.begin('panel');
    const { token } = await pairing.finish('000042');
    const [panel] = await panels.list();
    assert.deepEqual([panel?.name, panel?.seenAt], ['Panel 1', null]);
    await panels.find(token);
    assert.equal((await panels.list())[0]?.seenAt, clock.wallMs());
    const told: string[] = [];
    panels.onRevoked((id) => told.push(id));
    await panels.revoke(panel?.id ?? '');
    assert.deepEqual(told, [panel?.id]);
    assert.equal(await panels.find(token), null);
    await assert.rejects(panels.revoke(panel?.id ?? ''), { code: 'pairing/unknown' });
  });

  it('outlives a restart, and a damaged file knows nobody', async () => {
    const { pairing, kept } = make();
    pairing.begin('panel');
    const { token } = await pairing.finish('000042');
    assert.equal((await make(kept).panels.find(token))?.role, 'panel');
    assert.equal(await make(memoryFile('[{"id":1}]')).panels.find(token), null);
  });

  it('has an end of panels', async () => {
    const { panels } = make();
    for (let count = 0; count < 32; count += 1) await panels.add('panel');
    await assert.rejects(panels.add('panel'), { code: 'pairing/too-many' });
  });
});
