import { noFigures, type StreamFigures } from '../../../src/call/stream-figures.ts';

const nothing: StreamFigures = { ...noFigures, id: '', direction: 'send', peer: null, source: 'camera' };
const sent = (patch: Partial<StreamFigures>): StreamFigures => ({ ...nothing, id: patch.source ?? '', ...patch });
const received = (peer: string, patch: Partial<StreamFigures>): StreamFigures => ({
  ...nothing,
  direction: 'receive',
  id: `${peer}-${patch.source ?? 'camera'}`,
  peer,
  ...patch,
});
const layers = (spatial: number, temporal = 2): { spatial: number; temporal: number } => ({ spatial, temporal });
const size = (height: number): { width: number; height: number } => ({ width: (height * 16) / 9, height });

/** What a call of several may show: everything fine, and each reason why something is not. */
export const figures: readonly StreamFigures[] = [
  sent({
    source: 'camera',
    ...size(360),
    wanted: layers(1),
    layers: layers(1),
    limit: 'window',
    kbps: 412,
    framesPerSecond: 29.8,
    loss: 0.004,
  }),
  sent({ source: 'microphone', kbps: 33.1, loss: 0 }),
  sent({ source: 'screen', limit: 'nobody', framesPerSecond: 0, ...size(1080) }),
  received('monet', {
    ...size(360),
    wanted: layers(2),
    layers: layers(1),
    limit: 'network',
    kbps: 486,
    framesPerSecond: 30.2,
    loss: 0.031,
  }),
  received('monet', { source: 'microphone', kbps: 31.7, loss: 0.012 }),
  received('ana', {
    ...size(720),
    wanted: layers(2, 1),
    layers: layers(2, 1),
    limit: 'cpu',
    kbps: 1_104,
    framesPerSecond: 15,
    loss: 0,
  }),
  received('ana', {
    source: 'screen',
    ...size(1080),
    wanted: layers(2),
    layers: layers(2),
    kbps: 640,
    framesPerSecond: 8.1,
    loss: 0,
  }),
  received('degas', { wanted: layers(1), limit: 'window' }),
  received('tom', { limit: 'hidden', framesPerSecond: 0, ...size(180) }),
];
