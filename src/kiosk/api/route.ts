import type { Request, Response } from 'express';
import * as v from 'valibot';
import { UsageError } from '../../lib/errors.ts';

export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly handle: (request: Request, response: Response) => Promise<unknown>;
}

export function get(path: string, act: () => Promise<unknown>): Route {
  return { method: 'get', path, handle: async (_request, response) => void response.json(await act()) };
}

/** A post whose body has this schema; `act` also gets the `:id` of the path, empty where it has none. */
export function post<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
  act: (body: v.InferOutput<Schema>, id: string) => Promise<unknown>,
  status = 200,
): Route {
  return {
    method: 'post',
    path,
    handle: async (request, response) => {
      // A form or a plain-text post can come from any web page without asking; JSON cannot.
      if (request.headers['content-length'] !== '0' && request.is('application/json') === false)
        throw new UsageError('api/not-json', 'Send JSON');
      const { id } = request.params;
      response.status(status).json(await act(parse(schema, request.body), typeof id === 'string' ? id : ''));
    },
  };
}

/** @throws {UsageError} api/bad-body */
export function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new UsageError('api/bad-body', `The request is not understood: ${explain(parsed.issues)}`);
  return parsed.output;
}

function explain(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .slice(0, 3)
    .map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`)
    .join('; ');
}
