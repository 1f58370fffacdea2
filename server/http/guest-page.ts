import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Express, RequestHandler } from 'express';
import express from 'express';

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Not built yet</title>
<h1>The guest page is not built</h1>
<p>The meeting server runs, but its guest page has not been built. Build it, then load this page again.</p></html>`;

/**
 * The guest page at / and /m/<meeting>, from Vite's output. Files under /assets carry a hash in their name and never change;
 * everything else is asked for again. Looked for at each request, so that a page built later is found.
 */
export function serveGuestPage(app: Express, directory: string, isMeeting: (id: string) => boolean): void {
  const page = join(directory, 'index.html');
  const sendPage: RequestHandler = (_request, response) => {
    if (!existsSync(page)) return void response.status(503).type('html').send(notBuilt);
    response.set('Cache-Control', 'no-cache').sendFile(page, { cacheControl: false, dotfiles: 'allow' });
  };
  app.get('/', sendPage);
  app.get('/m/:meeting', (request, response, next) => {
    if (isMeeting(request.params.meeting)) sendPage(request, response, next);
    else next();
  });
  const immutable = { immutable: true, maxAge: '1y', index: false, redirect: false, fallthrough: true } as const;
  app.use('/assets', express.static(join(directory, 'assets'), immutable));
  app.use(express.static(directory, { index: false, redirect: false, maxAge: 0, dotfiles: 'ignore' }));
}
