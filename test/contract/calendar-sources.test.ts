import { googleBench } from '../support/google-bench.ts';
import { graphBench } from '../support/graph-bench.ts';
import { calendarContract } from './calendar-source.ts';

calendarContract('Microsoft Graph', graphBench);
calendarContract('Google Calendar', googleBench);
