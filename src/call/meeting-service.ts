import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import * as v from 'valibot';
import { ProtocolError, RoomError } from '../lib/errors.ts';
import { pinnedAgent } from '../lib/pinned-agent.ts';
import { createMeetingResponse } from './signalling/messages.ts';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 16_384;

/**
 * Tells the meeting server at `origin` that a meeting exists. Only the id goes there: it is derived from the link's secret,
 * which stays here.
 * @throws {RoomError} call/server-unreachable, call/meeting-not-created.
 * @throws {ProtocolError} call/bad-answer
 */
export async function registerMeeting(origin: string, meeting: string, pinned: readonly string[]): Promise<void> {
  const { status, body } = await post(new URL('/api/v1/meetings', origin), JSON.stringify({ meeting }), pinned);
  if (status === undefined || status >= 400)
    throw new RoomError('call/meeting-not-created', 'The meeting server did not make the meeting', {
      context: { status: status ?? 0 },
    });
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), createMeetingResponse), body);
  if (!answer.success || answer.output.meeting !== meeting)
    throw new ProtocolError('call/bad-answer', 'The meeting server answered in a form it must not');
}

/** Milliseconds until the meeting server at `origin` answered; null: it did not. */
export async function probeServer(origin: string, pinned: readonly string[]): Promise<number | null> {
  const begin = performance.now();
  // Whatever it answers, it is there: an id that is none is refused without being kept.
  const answer = await post(new URL('/api/v1/meetings', origin), '{}', pinned).catch(() => null);
  return answer && Math.round(performance.now() - begin);
}

function post(
  url: URL,
  text: string,
  pinned: readonly string[],
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new RoomError('call/server-unreachable', 'The meeting server cannot be reached', { cause }));
    const secure = url.protocol === 'https:';
    const options = {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
      ...(secure && { agent: pinnedAgent(pinned) }),
    };
    const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > MAX_ANSWER_BYTES) request.destroy(new Error('answer too long'));
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', fail);
    request.end(text);
  });
}
