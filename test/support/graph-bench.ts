import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphSource } from '../../src/calendar/graph/graph-source.ts';
import { openGraphSource } from '../../src/calendar/graph/open-graph.ts';
import type { GraphProof } from '../../src/calendar/graph/graph-sign-in.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { CalendarBench } from '../contract/calendar-source.ts';
import type { GraphServer } from './graph-server.ts';
import { graphClient, graphMailbox, startGraphServer } from './graph-server.ts';

export interface GraphBench extends CalendarBench {
  readonly source: GraphSource;
  readonly server: GraphServer;
  readonly folder: string;
  open(options?: { readonly clock?: Clock; readonly proof?: GraphProof }): GraphSource;
}

/** Berlin in winter. */
const midnightOf = (dayMs: number): number => dayMs - 3_600_000;

export async function graphBench(): Promise<GraphBench> {
  const server = await startGraphServer();
  const folder = await mkdtemp(join(tmpdir(), 'incamera-graph-'));
  const secretFile = join(folder, 'secret');
  await writeFile(secretFile, `${graphClient.secret}\n`, { mode: 0o600 });
  const secret: GraphProof = { kind: 'secret', path: secretFile };
  const open: GraphBench['open'] = ({ clock = systemClock, proof = secret } = {}) =>
    openGraphSource(
      {
        mailbox: graphMailbox,
        tenant: graphClient.tenant,
        clientId: graphClient.clientId,
        proof,
        graphOrigin: server.origin,
        signInOrigin: server.origin,
      },
      { clock, makeUid: randomUUID, midnightOf, trustedCertificates: [] },
    );
  return {
    server,
    folder,
    source: open(),
    open,
    reopen: () => open(),
    seed: async (event) => server.seed(event),
    rename: async (from, to) => server.rename(from, to),
    erase: async (title) => server.erase(title),
    hang: async () => void server.hold(),
    disappear: () => server.close(),
    refuse: async () => server.refuseCredentials(),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
