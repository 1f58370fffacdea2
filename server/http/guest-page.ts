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
  const serve = (folder: string, caching: string): RequestHandler =>
    express.static(folder, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      // The header is there already, against caching: it has to be replaced.
      setHeaders: (response) => void response.setHeader('Cache-Control', caching),
    });
  app.use('/assets', serve(join(directory, 'assets'), 'public, max-age=31536000, immutable'));
  app.use(serve(directory, 'no-cache'));
}
