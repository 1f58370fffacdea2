import assert from 'node:assert/strict';
import { framingWish } from '../../../src/config/framing-wish.ts';
import { parsePresetSector } from '../../../src/config/preset-sector.ts';
import { validateConfig } from '../../../src/config/validate.ts';

const wish = (values: Record<string, unknown>) => framingWish(validateConfig(values, '/s'));

describe('where the configuration wants the camera to look', () => {
  it('is where people turn it, by default', () => {
    assert.deepEqual(wish({}), {
      ...{ mode: 'fixed', viewDeg: 78, cameraDeg: 90, sectors: [], homePreset: 0, digital: true },
      virtualTalkers: false,
    });
  });

  it('takes sectors apart, round 0 too', () => {
    const { sectors } = wish({ 'framing.sectors': ['3: 60-120', '1:340-20'] });
    assert.deepEqual(sectors, [
      { preset: 3, centreDeg: 90, halfWidthDeg: 30 },
      { preset: 1, centreDeg: 0, halfWidthDeg: 20 },
    ]);
    for (const text of ['', '3', '3: 60', '255: 0-10', '3: 0-360', '3: 60-60', '3:  60-120', '-1: 0-10', '3: 60-120 '])
      assert.equal(parsePresetSector(text), null, text);
    assert.throws(() => wish({ 'framing.sectors': ['3: 60'] }), { code: /config/ });
  });

  it('has virtual talkers among virtual devices only', () => {
    assert.equal(wish({ 'virtual.talkers': 'turns' }).virtualTalkers, false);
    assert.equal(wish({ 'virtual.talkers': 'turns', devices: 'virtual' }).virtualTalkers, true);
  });
});
