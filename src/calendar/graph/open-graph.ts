import type { Clock } from '../../lib/clock.ts';
import { AccessToken } from '../http/access-token.ts';
import { HttpClient } from '../http/http-client.ts';
import { JsonApi } from '../http/json-api.ts';
import { RequestSlots } from '../http/request-slots.ts';
import { GraphApi, explainGraph, graphHeaders } from './graph-api.ts';
import type { GraphProof } from './graph-sign-in.ts';
import { graphTokenForm, graphTokenUrl } from './graph-sign-in.ts';
import { GraphSource } from './graph-source.ts';

export interface GraphAccess {
  readonly mailbox: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly proof: GraphProof;
  /** `https://graph.microsoft.com`, or that of a national cloud. */
  readonly graphOrigin: string;
  /** `https://login.microsoftonline.com`, or that of a national cloud. */
  readonly signInOrigin: string;
}

export interface GraphMeans {
  readonly clock: Clock;
  readonly makeUid: () => string;
  readonly midnightOf: (dayMs: number) => number;
  readonly trustedCertificates: readonly string[];
}

/** A page of 50 events with bodies. */
const MAX_BYTES = 32_000_000;
const TIMEOUT_MS = 30_000;
/** Requests at once for an app and a mailbox (learn.microsoft.com/graph/throttling-limits): a fifth is refused. */
const MAX_AT_ONCE = 4;

/** Asks nothing yet. */
export function openGraphSource(access: GraphAccess, means: GraphMeans): GraphSource {
  const { clock, makeUid, midnightOf, trustedCertificates } = means;
  const origins = [access.graphOrigin, access.signInOrigin];
  const http = new HttpClient({
    clock,
    origins,
    trustedCertificates,
    limits: { bytes: MAX_BYTES, timeoutMs: TIMEOUT_MS },
  });
  const tokenUrl = graphTokenUrl(access.signInOrigin, access.tenant);
  const signIn = {
    tokenUrl,
    clientId: access.clientId,
    proof: access.proof,
    scope: `${access.graphOrigin}/.default`,
    clock,
    makeUid,
  };
  const token = new AccessToken({ url: tokenUrl, form: () => graphTokenForm(signIn), http, clock });
  const slots = new RequestSlots(MAX_AT_ONCE);
  const json = new JsonApi({ http, token, slots, clock, headers: graphHeaders, explain: explainGraph });
  const api = new GraphApi(json, access.graphOrigin, access.mailbox);
  return new GraphSource({ api, clock, midnightOf, makeUid, close: () => http.close() });
}
