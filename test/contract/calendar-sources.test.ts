import { caldavBench } from '../support/caldav-bench.ts';
import { googleBench } from '../support/google-bench.ts';
import { graphBench } from '../support/graph-bench.ts';
import { icsBench } from '../support/ics-bench.ts';
import { localBench } from '../support/local-bench.ts';
import type { Radicale } from '../support/radicale.ts';
import { startRadicale } from '../support/radicale.ts';
import { calendarContract } from './calendar-source.ts';

calendarContract('Microsoft Graph', { isWritable: true, hasServer: true }, graphBench);
calendarContract('Google Calendar', { isWritable: true, hasServer: true }, googleBench);
calendarContract('local file', { isWritable: true, hasServer: false }, localBench);
calendarContract('ICS', { isWritable: false, hasServer: true }, icsBench);

describe('on a real server', () => {
  let radicale: Radicale;

  before(async () => (radicale = await startRadicale()));
  after(() => radicale?.stop());

  calendarContract('CalDAV with Radicale', { isWritable: true, hasServer: true }, () => caldavBench(radicale));
});
