import { ALL_LAYERS } from '../../../src/call/demand/layers.ts';
import type { StreamDemand } from '../../../src/call/media-engine.ts';
import type { Layers, MediaSourceName } from '../../../src/call/signalling/messages.ts';
import { entryOf, type Entry } from './stats.ts';

const nothing: StreamDemand = { wanted: null, layers: null, limit: null };
/** RTCOutboundRtpStreamStats.qualityLimitationReason: what held the encoder back, if anything did. */
const limits: Readonly<Record<string, StreamDemand['limit']>> = { cpu: 'cpu', bandwidth: 'network' };

/** What is wanted of a source of ours, and what the browser makes of it according to its report. */
export function sentDemand(
  source: MediaSourceName,
  { demand, muted }: { readonly demand: Layers | null; readonly muted: boolean },
  report: Iterable<unknown>,
): StreamDemand {
  if (source !== 'camera' && source !== 'screen') return nothing;
  if (muted) return { ...nothing, wanted: demand };
  if (demand === null) return { ...nothing, limit: 'nobody' };
  const entries = [...report];
  const sent = entryOf(entries, 'outbound-rtp');
  const layers = encodedLayers(sent, entryOf(entries, 'media-source'));
  return { wanted: demand, layers, limit: limits[String(sent?.['qualityLimitationReason'])] ?? windowLimit(demand) };
}

function windowLimit({ spatial, temporal }: Layers): StreamDemand['limit'] {
  return spatial < ALL_LAYERS.spatial || temporal < ALL_LAYERS.temporal ? 'window' : null;
}

/** The size tells the spatial layer: under a poor network the encoder leaves the upper ones out, and keeps its mode's name. */
function encodedLayers(sent: Entry | null, source: Entry | null): Layers | null {
  const [own, whole] = [sent?.['frameWidth'], source?.['width']];
  if (sent?.['active'] === false || typeof own !== 'number' || typeof whole !== 'number') return null;
  if (!(own > 0) || !(whole > 0)) return null;
  const spatial = Math.round(ALL_LAYERS.spatial + Math.log2(own / whole));
  const temporal = Number(/T(\d)/.exec(String(sent?.['scalabilityMode']))?.[1] ?? 3) - 1;
  return { spatial: Math.max(0, Math.min(ALL_LAYERS.spatial, spatial)), temporal };
}
