import { caldavBench } from '../support/caldav-bench.ts';
import { googleBench } from '../support/google-bench.ts';
import { graphBench } from '../support/graph-bench.ts';
import type { Radicale } from '../support/radicale.ts';
import { startRadicale } from '../support/radicale.ts';
import { calendarContract } from './calendar-source.ts';

calendarContract('Microsoft Graph', graphBench);
calendarContract('Google Calendar', googleBench);

describe('on a real server', () => {
  let radicale: Radicale;

  before(async () => (radicale = await startRadicale()));
  after(() => radicale?.stop());

  calendarContract('CalDAV with Radicale', () => caldavBench(radicale));
});
