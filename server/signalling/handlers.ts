import type { types } from 'mediasoup';
import type { RequestName, RequestOf, ResponseOf } from '../../src/call/signalling/messages.ts';
import { parseOrRefuse, rtpCapabilities } from '../media/rtp-schemas.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { PeerMediaHooks } from '../media/peer-media.ts';
import { PeerMedia } from '../media/peer-media.ts';
import type { Viewer } from '../media/viewer.ts';
import type { Meeting } from '../meetings/meeting.ts';
import type { Session } from '../meetings/session.ts';
import type { Metrics } from '../metrics.ts';
import { Refusal } from '../refusal.ts';

/** What the handlers need of the server around them. */
export interface HandlerDeps {
  /** The live meeting of that id, made if need be. @throws {Refusal} when the link is not valid or the server is full. */
  readonly meetingFor: (id: string) => Meeting;
  readonly onJoined: (session: Session) => void;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Answers a request; `reply` is called once, and what follows from the request is sent after it. */
type Handler<N extends RequestName> = (
  session: Session,
  request: RequestOf<N>,
  reply: (response: ResponseOf<N>) => void,
) => Promise<void> | void;

export type Handlers = { readonly [N in RequestName]: Handler<N> };

export function createHandlers(deps: HandlerDeps): Handlers {
  return {
    join: (session, request, reply) => join(deps, session, request, reply),
    connectTransport: async (session, request, reply) => {
      await placeOf(session).media.connectTransport(request);
      reply({});
    },
    restartIce: async (session, request, reply) => {
      reply({ iceParameters: { ...(await placeOf(session).media.restartIce(request.transport)) } });
    },
    produce: async (session, request, reply) => {
      const { meeting, media } = placeOf(session);
      const producer = await media.produce(request);
      if (meeting.closed || producer.producer.closed) throw new Refusal('conflict', 'You are no longer in the meeting');
      reply({ producer: producer.producer.id });
      meeting.producerAdded(producer);
    },
    closeProducer: (session, request, reply) => {
      const { meeting, media } = placeOf(session);
      const producer = media.closeProducer(request.producer);
      reply({});
      meeting.producerClosed(producer);
    },
    pauseProducer: (session, request, reply) => setPaused(session, request.producer, true, () => reply({})),
    resumeProducer: (session, request, reply) => setPaused(session, request.producer, false, () => reply({})),
    limitLayers: async (session, request, reply) => {
      await placeOf(session).media.limitLayers(request.producer, request.layers);
      reply({});
    },
    consume,
    resumeConsumers: async (session, request, reply) => {
      await changeViewers(session, request.consumers, (viewer) => viewer.resume());
      reply({});
    },
    closeConsumers: async (session, request, reply) => {
      await changeViewers(session, request.consumers, async (viewer) => placeOf(session).media.closeViewer(viewer));
      reply({});
    },
    setDemand: async (session, request, reply) => {
      const demands = new Map(request.demands.map((demand) => [demand.consumer, demand]));
      await changeViewers(session, [...demands.keys()], async (viewer) => {
        const demand = demands.get(viewer.consumer.id);
        if (demand) await viewer.setDemand(demand.layers, demand.priority);
      });
      reply({});
    },
    mlsCommit: (session, request, reply) => {
      const { accepted, epoch, send } = placeOf(session).meeting.commit(session.peer, request);
      deps.metrics.commits.inc({ outcome: accepted ? 'accepted' : 'rejected' });
      reply({ accepted, epoch });
      send();
    },
    mlsMessage: (session, request, reply) => {
      placeOf(session).meeting.message(session.peer, request.message);
      reply({});
    },
    refuse: (session, request, reply) => {
      placeOf(session).meeting.refuse(session.peer, request);
      reply({});
    },
    leave: (session, _request, reply) => {
      reply({});
      session.place?.meeting.drop(session, 'left');
      session.hangUp();
    },
  };
}

function placeOf(session: Session): { readonly meeting: Meeting; readonly media: PeerMedia } {
  if (!session.place || session.place.meeting.closed) throw new Refusal('notAllowed', 'Join the meeting first');
  return session.place;
}

async function join(
  deps: HandlerDeps,
  session: Session,
  request: RequestOf<'join'>,
  reply: (response: ResponseOf<'join'>) => void,
): Promise<void> {
  if (session.place || session.joining) throw new Refusal('conflict', 'This connection has joined already');
  const capabilities = parseOrRefuse(rtpCapabilities, request.rtpCapabilities, 'rtpCapabilities');
  session.joining = true;
  try {
    const meeting = deps.meetingFor(session.meetingId);
    meeting.reserve(session.peer, request.replaces);
    try {
      const media = await makeMedia(deps.clock, session, meeting, capabilities as types.RtpCapabilities);
      try {
        if (meeting.closed || !session.connected) throw new Refusal('conflict', 'The connection or the meeting ended');
        meeting.enter(session, media, request, (role, peers, producers) => {
          reply({ role, token: session.token, ...media.transports(), iceServers: [], peers, producers });
        });
      } catch (error) {
        if (!meeting.sessions.includes(session)) media.close();
        throw error;
      }
      deps.onJoined(session);
    } finally {
      meeting.settle();
    }
  } finally {
    session.joining = false;
  }
}

async function makeMedia(
  clock: Clock,
  session: Session,
  meeting: Meeting,
  capabilities: types.RtpCapabilities,
): Promise<PeerMedia> {
  const router = await meeting.media.routerForPeer();
  const hooks: PeerMediaHooks = {
    onConsumerClosed: (viewer) => {
      session.notify('consumerClosed', { consumer: viewer.consumer.id });
      meeting.updateDemand(viewer.of);
    },
    onLayers: (consumer, layers) => session.notify('consumerLayers', { consumer, layers }),
  };
  return PeerMedia.create(session.peer, router, capabilities, hooks, clock);
}

async function setPaused(session: Session, id: string, paused: boolean, reply: () => void): Promise<void> {
  const { meeting, media } = placeOf(session);
  const { producer } = media.producer(id);
  await (paused ? producer.pause() : producer.resume());
  reply();
  if (producer.closed) return;
  meeting.broadcast(paused ? 'producerPaused' : 'producerResumed', { producer: id }, session.peer);
}

async function consume(
  session: Session,
  request: RequestOf<'consume'>,
  reply: (response: ResponseOf<'consume'>) => void,
): Promise<void> {
  const { meeting, media } = placeOf(session);
  const wanted = [...new Set(request.producers)].flatMap((id) => meeting.producer(id) ?? []);
  if (wanted.some((producer) => producer.peer === session.peer)) {
    throw new Refusal('notAllowed', 'A peer does not consume its own streams');
  }
  const viewers = await Promise.all(
    wanted.map((producer) =>
      media.consume(producer, () => meeting.media.bring(producer.producer, producer.router, media.router)),
    ),
  );
  for (const viewer of viewers) if (viewer) meeting.updateDemand(viewer.of);
  const consumers = viewers.flatMap((viewer) => (viewer && !viewer.consumer.closed ? [describeConsumer(viewer)] : []));
  reply({ consumers });
}

function describeConsumer({ consumer, of }: Viewer): ResponseOf<'consume'>['consumers'][number] {
  return {
    consumer: consumer.id,
    producer: consumer.producerId,
    peer: of.peer,
    source: of.source,
    kind: consumer.kind,
    type: consumer.type,
    rtpParameters: { ...consumer.rtpParameters },
    producerPaused: consumer.producerPaused,
  };
}

/** Changes some of a peer's own consumers, then tells the senders if that changed what is wanted of them. */
async function changeViewers(
  session: Session,
  ids: readonly string[],
  change: (viewer: Viewer) => Promise<void>,
): Promise<void> {
  const { meeting, media } = placeOf(session);
  const viewers = media.viewersOf([...new Set(ids)]);
  const changes = viewers.map(change);
  for (const viewer of viewers) meeting.updateDemand(viewer.of);
  await Promise.all(changes);
}
