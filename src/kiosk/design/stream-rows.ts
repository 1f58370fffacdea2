import type { CallState, Participant } from '../../call/call-state.ts';
import { pictureRate } from '../../call/demand/layers.ts';
import type { Layers, MediaSourceName } from '../../call/signalling/messages.ts';
import type { StreamFigures } from '../../call/stream-figures.ts';
import type { IconName } from './icons.ts';
import type { StreamTexts } from './stream-texts.ts';

/** One stream in words; null where there is nothing to say. */
export interface StreamRow {
  readonly key: string;
  readonly icon: IconName;
  readonly who: string;
  readonly source: string;
  readonly picture: string | null;
  readonly size: string | null;
  readonly rate: string;
  readonly loss: string | null;
  readonly limit: string | null;
  /** The limit is a trouble, not a saving. */
  readonly trouble: boolean;
}

export interface StreamGroup {
  readonly direction: StreamFigures['direction'];
  readonly total: string;
  readonly rows: readonly StreamRow[];
}

type Call = Pick<CallState, 'stats' | 'participants'>;

const icons: Readonly<Record<MediaSourceName, IconName>> = {
  camera: 'video',
  screen: 'screen-share',
  microphone: 'mic',
  'screen-audio': 'volume',
};
const order: readonly MediaSourceName[] = ['camera', 'screen', 'microphone', 'screen-audio'];

/** What is sent, then what is received: each in the order of the people, with its total. */
export function streamGroups({ stats, participants }: Call, texts: StreamTexts): readonly StreamGroup[] {
  return (['send', 'receive'] as const).map((direction) => {
    const streams = stats.filter((each) => each.direction === direction);
    const place = (stream: StreamFigures): number => participants.findIndex(({ peer }) => peer === stream.peer);
    const sorted = streams.toSorted(
      (a, b) => place(a) - place(b) || order.indexOf(a.source) - order.indexOf(b.source) || (a.id < b.id ? -1 : 1),
    );
    return {
      direction,
      total: rateText(
        streams.reduce((sum, { kbps }) => sum + kbps, 0),
        texts,
      ),
      rows: sorted.map((stream) => rowOf(stream, participants, texts)),
    };
  });
}

function rowOf(stream: StreamFigures, participants: readonly Participant[], texts: StreamTexts): StreamRow {
  const sender = participants.find(({ peer, self }) => (stream.peer === null ? self : peer === stream.peer)) ?? null;
  const off = isOff(stream.source, sender);
  return {
    key: `${stream.direction} ${stream.id}`,
    icon: icons[stream.source],
    who: stream.peer === null ? texts.you : (sender?.name ?? texts.somebody),
    source: texts.sources[stream.source],
    picture: pictureText(stream, texts),
    size: off ? null : sizeText(stream, texts),
    rate: rateText(stream.kbps, texts),
    loss: stream.loss === null ? null : texts.percent(decimal(stream.loss * 100, 1, texts)),
    limit: off ? texts.off : stream.limit && texts.limits[stream.limit],
    trouble: !off && (stream.limit === 'network' || stream.limit === 'cpu'),
  };
}

/** By the sender's own word. */
function isOff(source: MediaSourceName, sender: Participant | null): boolean {
  if (!sender || (source !== 'camera' && source !== 'microphone')) return false;
  return sender[source] !== 'on';
}

/** Nothing while no picture comes: the size of the last one would look like a picture that is there. */
function pictureText({ width, height, framesPerSecond }: StreamFigures, texts: StreamTexts): string | null {
  const frames = Math.round(framesPerSecond ?? 0);
  if (width === null || height === null || frames === 0) return null;
  return `${width}×${height}, ${texts.fps(String(frames))}`;
}

function rateText(kbps: number, texts: StreamTexts): string {
  if (kbps < 999.5) return texts.kbps(decimal(kbps, 0, texts));
  return texts.mbps(decimal(kbps / 1_000, kbps < 9_950 ? 1 : 0, texts));
}

function decimal(value: number, digits: number, { locale }: StreamTexts): string {
  return value.toLocaleString(locale, { maximumFractionDigits: digits });
}

/** What is wanted, and what flows where that differs. */
function sizeText({ direction, source, wanted, layers, limit }: StreamFigures, texts: StreamTexts): string | null {
  if (source !== 'camera' && source !== 'screen') return null;
  if (!wanted) return limit === null ? null : texts.nothingWanted;
  const both = direction === 'send' ? texts.wantedSent : texts.wantedReceived;
  const name = (each: Layers): string => sizeName(source, each.spatial, texts);
  if (!layers) return both(name(wanted), texts.nothing);
  if (layers.spatial !== wanted.spatial) return both(name(wanted), name(layers));
  if (layers.temporal >= wanted.temporal) return texts.asWanted(name(wanted));
  const at = ({ temporal }: Layers): string => texts.fps(decimal(pictureRate(source, temporal), 0, texts));
  return both(texts.sizeAt(name(wanted), at(wanted)), at(layers));
}

function sizeName(source: 'camera' | 'screen', spatial: number, texts: StreamTexts): string {
  const names = source === 'camera' ? ['180p', '360p', '720p'] : [texts.quarterSize, texts.halfSize, texts.wholeSize];
  return names[spatial] ?? '';
}
