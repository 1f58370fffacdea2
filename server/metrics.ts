import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** What is counted now, asked for at each scrape. */
export interface MetricsSource {
  /** Meetings whose links are valid, and those somebody is in. */
  readonly meetings: () => { known: number; live: number };
  readonly peers: () => number;
  readonly connections: () => number;
  readonly producers: () => number;
  readonly consumers: () => number;
  readonly workers: () => number;
  readonly workerDeaths: () => number;
  /** Media bytes since the last scrape; what flowed after the last scrape of a peer that left is not in it. */
  readonly takeMediaBytes: () => Promise<{ in: number; out: number }>;
}

/** Prometheus metrics of one server, in a registry of their own. Labels never name a meeting or a peer. */
export class Metrics {
  readonly #registry = new Registry();
  #source: MetricsSource | null = null;
  readonly #workerDeaths: Counter;
  #deathsSeen = 0;
  readonly #gauges: readonly (() => void)[];
  readonly #mediaBytes: Counter<'direction'>;
  readonly signallingBytes: Counter<'direction'>;
  readonly rejected: Counter<'reason'>;
  readonly commits: Counter<'outcome'>;
  readonly refusedConnections: Counter<'reason'>;
  readonly joins: Counter;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const gauge = (name: string, help: string, read: (source: MetricsSource) => number) => {
      const made = new Gauge({ name, help, registers });
      return () => made.set(this.#source ? read(this.#source) : 0);
    };
    this.#gauges = [
      gauge('incamera_meetings_known', 'Meetings whose links are valid', (source) => source.meetings().known),
      gauge('incamera_meetings', 'Meetings with somebody in them', (source) => source.meetings().live),
      gauge('incamera_peers', 'Peers in meetings', (source) => source.peers()),
      gauge('incamera_signalling_connections', 'Open signalling connections', (source) => source.connections()),
      gauge('incamera_producers', 'Streams sent to the server', (source) => source.producers()),
      gauge('incamera_consumers', 'Streams sent by the server', (source) => source.consumers()),
      gauge('incamera_workers', 'Media workers running', (source) => source.workers()),
    ];
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers });
    this.#workerDeaths = counter('incamera_worker_deaths_total', 'Media workers that died', []);
    this.#mediaBytes = counter('incamera_media_bytes_total', 'Media bytes over the network', ['direction']);
    this.signallingBytes = counter('incamera_signalling_bytes_total', 'Signalling bytes', ['direction']);
    this.rejected = counter('incamera_messages_rejected_total', 'Signalling messages refused', ['reason']);
    this.commits = counter('incamera_mls_commits_total', 'MLS commits by outcome', ['outcome']);
    this.refusedConnections = counter('incamera_connections_refused_total', 'Signalling connections refused', [
      'reason',
    ]);
    this.joins = counter('incamera_joins_total', 'Peers that joined a meeting', []);
  }

  attach(source: MetricsSource): void {
    this.#source = source;
  }

  /** The text exposition format, with its content type. */
  async scrape(): Promise<{ contentType: string; text: string }> {
    if (this.#source) {
      for (const set of this.#gauges) set();
      const deaths = this.#source.workerDeaths();
      this.#workerDeaths.inc(deaths - this.#deathsSeen);
      this.#deathsSeen = deaths;
      const bytes = await this.#source.takeMediaBytes();
      this.#mediaBytes.inc({ direction: 'in' }, bytes.in);
      this.#mediaBytes.inc({ direction: 'out' }, bytes.out);
    }
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
