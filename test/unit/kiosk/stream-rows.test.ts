import assert from 'node:assert/strict';
import type { StreamFigures } from '../../../src/call/stream-figures.ts';
import { streamGroups, type StreamRow } from '../../../src/kiosk/design/stream-rows.ts';
import { streamTexts } from '../../../src/kiosk/design/stream-texts.ts';
import openapi from '../../../src/kiosk/api/openapi.json' with { type: 'json' };
import { figures, guest, ownRoom } from '../../support/stub-room.ts';

const { en, fr } = streamTexts;
const layers = (spatial: number, temporal = 2): { spatial: number; temporal: number } => ({ spatial, temporal });
const [camera, , received, screen] = figures as [StreamFigures, StreamFigures, StreamFigures, StreamFigures];
const participants = [ownRoom, guest];

function rowOf(stream: StreamFigures, patch: Partial<StreamFigures> = {}, texts = en): StreamRow {
  const [row] = streamGroups({ stats: [{ ...stream, ...patch }], participants }, texts).flatMap(({ rows }) => rows);
  assert.ok(row);
  return row;
}

describe('what is sent and received, in words', () => {
  it('is in two groups with totals, in the order of the people, pictures before sound', () => {
    const groups = streamGroups({ stats: figures.toReversed(), participants }, en);
    assert.deepEqual(
      groups.map(({ direction, total }) => [direction, total]),
      [
        ['send', '34 kbps'],
        ['receive', '1.3 Mbps'],
      ],
    );
    assert.deepEqual(
      groups.map(({ rows }) => rows.map(({ who, source }) => `${who} ${source}`)),
      [
        ['You Camera', 'You Microphone'],
        ['Ana Ruiz Camera', 'Ana Ruiz Screen', 'Ana Ruiz Microphone'],
      ],
    );
  });

  it('says what was wanted beside what flows only where they differ', () => {
    const size = (wanted: StreamFigures['wanted'], now: StreamFigures['layers'], from = received): string | null =>
      rowOf(from, { wanted, layers: now, limit: null }).size;
    assert.equal(size(layers(2), layers(1)), 'wanted 720p, received 360p');
    assert.equal(size(layers(2), layers(1), camera), 'wanted 720p, sent 360p');
    assert.equal(size(layers(0), layers(0)), '180p, as wanted');
    assert.equal(size(layers(1), layers(1, 1)), 'wanted 360p at 30 fps, received 15 fps');
    assert.equal(size(layers(2), null), 'wanted 720p, received nothing');
    assert.equal(size(layers(1), layers(2), screen), 'wanted half size, received full size');
    assert.equal(size(null, null), null);
    assert.equal(rowOf(camera).size, 'nothing wanted');
  });

  it('says why, and marks as trouble only what is one', () => {
    const limits = (['window', 'hidden', 'nobody', 'network', 'cpu', null] as const).map((limit) => {
      const row = rowOf(received, { limit });
      return [row.limit, row.trouble];
    });
    assert.deepEqual(limits, [
      ['small window', false],
      ['not visible', false],
      ['nobody is watching', false],
      ['slow network', true],
      ['busy computer', true],
      [null, false],
    ]);
  });

  it('says that a camera is off, rather than that the network is slow', () => {
    const off = [ownRoom, { ...guest, camera: 'off' as const }];
    const [, group] = streamGroups({ stats: [received], participants: off }, en);
    assert.deepEqual(
      [group?.rows[0]?.limit, group?.rows[0]?.size, group?.rows[0]?.trouble],
      ['turned off', null, false],
    );
  });

  it('shows no picture where none comes, and no share of loss where nothing is known', () => {
    assert.equal(rowOf(received).picture, '640×360, 30 fps');
    assert.equal(rowOf(received, { framesPerSecond: 0.2 }).picture, null);
    assert.equal(rowOf(received, { width: null }).picture, null);
    assert.equal(rowOf(received, { loss: null }).loss, null);
    assert.equal(rowOf(received, { loss: 0.0312 }).loss, '3.1%');
  });

  it('writes numbers as each language does', () => {
    const rate = (kbps: number, texts = en): string => rowOf(received, { kbps }, texts).rate;
    assert.deepEqual([rate(0), rate(999.4), rate(999.6), rate(12_345)], ['0 kbps', '999 kbps', '1 Mbps', '12 Mbps']);
    assert.equal(rate(1_449, fr), '1,4 Mbit/s');
    assert.equal(rowOf(received, {}, fr).loss, '2,4\u00a0%');
    assert.equal(rowOf(received, {}, fr).size, '720p demandé, 360p reçu');
  });

  it('names a person who is not known yet', () => {
    assert.equal(rowOf(received, { peer: 'nobody we know' }).who, 'Somebody');
  });
});

describe('figures in the kiosk API', () => {
  it('are described field by field', () => {
    const schema = openapi.components.schemas.StreamFigures;
    assert.deepEqual(Object.keys(schema.properties).sort(), Object.keys(received).sort());
    assert.deepEqual([...schema.required].sort(), Object.keys(received).sort());
    assert.deepEqual(schema.properties.limit.enum, ['window', 'hidden', 'nobody', 'network', 'cpu', null]);
  });
});
