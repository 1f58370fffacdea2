import assert from 'node:assert/strict';
import express from 'express';
import { eventually } from '../support/eventually.ts';
import { openMeasuredPage, type MeasuredPage } from '../support/measured-page.ts';
import { type ClockedWindow, standPageClock } from '../support/page-clock.ts';
import { hastyStream, servePanel, type PanelServer } from '../support/panel-server.ts';
import { stubRoom } from '../support/stub-room.ts';

/** The panel asks for the state when it has heard nothing for 25 s. */
const SILENT_SECONDS = 26;

describe('the panel’s connection to its daemon', function () {
  this.timeout(60_000);
  let server: PanelServer;
  let page: MeasuredPage;
  const room = stubRoom();
  let release: (() => void) | null = null;

  before(async () => {
    const late = express.Router();
    late.get('/api/v1/state', (_request, response) => {
      const old = room.state();
      release = () => response.json(old);
    });
    late.use(hastyStream(room).handle);
    server = await servePanel(room, late);
    page = await openMeasuredPage();
    await page.open(server.url, standPageClock, Date.UTC(2026, 10, 26));
  });
  after(async () => {
    await page.close();
    await server.close();
  });

  const shown = (): Promise<string> =>
    page.run(() => {
      const panel = document.querySelector('ic-panel') as unknown as { state: { room: { name: string } } | null };
      return panel.state?.room.name ?? '';
    }, null);
  const pass = (seconds: number): Promise<void> =>
    page.run((count: number) => (window as unknown as ClockedWindow).passSeconds(count), seconds);

  it('answer-older-than-push: what was pushed while the panel asked stays', async () => {
    await eventually('it shows the room', 5_000, async () => (await shown()) === 'Salle Monet');
    const passing = pass(SILENT_SECONDS);
    await eventually('it asks', 5_000, () => release !== null);
    room.set({}, { room: { name: 'Salle Manet' } });
    await eventually('it shows what was pushed', 5_000, async () => (await shown()) === 'Salle Manet');
    release?.();
    await passing;
    // The answer is read by then, and the panel listens on.
    await pass(2);
    assert.equal(await shown(), 'Salle Manet');
  });
});
