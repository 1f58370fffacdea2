import assert from 'node:assert/strict';
import fc from 'fast-check';
import { idleCallState, type CallState, type Participant } from '../../../src/call/call-state.ts';
import type { RemotePicture } from '../../../server/guest/call-controller.ts';
import { gridShape, stageOf } from '../../../server/guest/view/stage.ts';

const person = (peer: string, patch: Partial<Participant> = {}): Participant => ({
  peer,
  name: peer,
  kind: 'guest',
  verification: { kind: 'unverified' },
  self: peer === 'me',
  speaking: false,
  microphone: 'on',
  camera: 'on',
  sharing: false,
  handRaised: false,
  ...patch,
});
const state = (...participants: Participant[]): CallState => ({ ...idleCallState, phase: 'in-call', participants });
const stream = {} as MediaStream;
const picture = (peer: string, source: 'camera' | 'screen' = 'camera'): RemotePicture => ({
  consumer: `${source}-${peer}`,
  peer,
  source,
  stream,
});

describe('stage of the guest page', () => {
  it('shows ourselves while we are alone', () => {
    const stage = stageOf(state(person('me')), [], stream, 'grid', null);
    assert.equal(stage.main?.kind, 'self');
    assert.deepEqual(stage.tiles, []);
  });

  it('shows the other one large and ourselves in the corner in a conversation of two', () => {
    const stage = stageOf(state(person('me'), person('a')), [picture('a')], stream, 'grid', null);
    assert.equal(stage.main?.consumer, 'camera-a');
    assert.equal(stage.corner?.kind, 'self');
  });

  it('shows everybody the same size in a grid, ourselves last', () => {
    const stage = stageOf(state(person('me'), person('a'), person('b')), [picture('a')], null, 'grid', null);
    assert.equal(stage.main, null);
    assert.deepEqual(
      stage.tiles.map((tile) => tile.key),
      ['camera-a', 'camera-b', 'self'],
    );
    assert.equal(stage.tiles[1]?.stream, null);
  });

  it('shows a shared screen large before the speaker', () => {
    const stage = stageOf(
      state(person('me'), person('a'), person('b')),
      [picture('a'), picture('b', 'screen')],
      null,
      'speaker',
      'a',
    );
    assert.equal(stage.main?.key, 'screen-b');
    assert.deepEqual(
      stage.tiles.map((tile) => tile.key),
      ['camera-a', 'camera-b', 'self'],
    );
  });

  it('shows no picture of somebody whose camera is off, nor of somebody who is not in the group', () => {
    const stage = stageOf(
      state(person('me'), person('a', { camera: 'off' })),
      [picture('a'), picture('ghost')],
      null,
      'grid',
      null,
    );
    assert.equal(stage.main?.stream, null);
    assert.equal(stage.main.consumer, null);
    assert.deepEqual(stage.tiles, []);
  });

  it('lays a grid out along the longer side', () => {
    assert.deepEqual(gridShape(2, 1_200, 700, 10).columns, 2);
    assert.deepEqual(gridShape(2, 360, 640, 10).columns, 1);
    assert.deepEqual(gridShape(6, 344, 620, 10).columns, 2);
    assert.deepEqual(gridShape(9, 1_200, 700, 10).columns, 3);
  });

  it('never lays windows outside the box', () => {
    const edge = fc.integer({ min: 50, max: 4_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 49 }), edge, edge, (count, width, height) => {
        const shape = gridShape(count, width, height, 10);
        assert.ok(shape.columns * shape.rows >= count);
        assert.ok(shape.width * shape.columns + 10 * (shape.columns - 1) <= width || shape.width === 0);
        assert.ok(shape.height * shape.rows + 10 * (shape.rows - 1) <= height || shape.height === 0);
      }),
    );
  });
});
