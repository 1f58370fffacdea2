import * as v from 'valibot';
import { createMeetingResponse } from '../../src/call/signalling/messages.ts';
import { formatMeetingLink, meetingIdOf, newLinkSecret, parseMeetingLink } from '../../src/crypto/link.ts';
import { RoomError } from '../../src/lib/errors.ts';
import type { Links } from './call-controller.ts';

const TIMEOUT_MS = 10_000;
/** Far more than the answer needs. */
const MAX_ANSWER_CHARS = 10_000;

export interface LinksDeps {
  /** Of this page: meetings are made on the server it came from. */
  readonly origin: string;
  readonly fetch: typeof fetch;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** Meeting links, made and read here. The secret is made in the browser and the server hears only the id that follows from it. */
export function createLinks(deps: LinksDeps): Links {
  return {
    create: async () => {
      const secret = newLinkSecret(deps.randomBytes);
      const meeting = meetingIdOf(secret);
      const answer = await post(deps, meeting);
      const checked = v.safeParse(createMeetingResponse, answer);
      if (!checked.success || checked.output.meeting !== meeting)
        throw new RoomError('guest/create-failed', 'The server answered for another meeting');
      return formatMeetingLink({ origin: deps.origin, secret, anchor: null });
    },
    parse: (text) => {
      const parsed = parseMeetingLink(text);
      return parsed.kind === 'ok' ? text.trim() : null;
    },
  };
}

async function post({ origin, fetch }: LinksDeps, meeting: string): Promise<unknown> {
  try {
    const answer = await fetch(`${origin}/api/v1/meetings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ meeting }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok || text.length > MAX_ANSWER_CHARS) throw new Error(`status ${answer.status}`);
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new RoomError('guest/create-failed', 'The server did not make the meeting', { cause });
  }
}
