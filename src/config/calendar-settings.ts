import { secret, setting } from './setting.ts';
import type { ValueType } from './value-types.ts';
import { filePath, integer, listOf, oneOf, text, timeZone } from './value-types.ts';

const PRINTABLE = '[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]';
const name = (accepts: string): ValueType<string> => text({ maxLength: 255, pattern: `^${PRINTABLE}*$`, accepts });
const identifier = text({
  maxLength: 128,
  pattern: '^[\\w.-]*$',
  accepts: 'letters, digits, dots and dashes, as in "contoso.onmicrosoft.com" or a GUID',
});
const host = text({
  maxLength: 260,
  pattern: '^(?:[A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::\\d{1,5})?$',
  accepts: 'the name of a host, with its port unless that is 443, as in "meet.example.org"',
});

/** Nothing; or https with a path, or http within this machine, without user, password or fragment. */
const calendarAddress: ValueType<string> = {
  accepts: 'an https address, as in "https://cloud.example.org/remote.php/dav", without user and password',
  schema: { type: 'string', maxLength: 2_000 },
  path: false,
  repeatable: false,
  is: (value): value is string =>
    typeof value === 'string' && value.length <= 2_000 && (value === '' || isCalendarAddress(value)),
  fromText: (texts) => texts.at(-1),
};

function isCalendarAddress(value: string): boolean {
  const url = URL.parse(value);
  if (!url || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname))
  );
}

/** Where the room's bookings are; docs/calendar-sources.md goes through it for each kind. */
export const calendarSettings = {
  'calendar.source': setting(
    oneOf(['local', 'none', 'caldav', 'ics', 'graph', 'google']),
    'local',
    'restart',
    "Where the room's bookings are: in a file of its own (`calendar.ics` in the state directory), nowhere, on a CalDAV server, in a published ICS file (read-only), in Microsoft 365, or in Google Workspace.",
  ),
  'calendar.url': secret(
    calendarAddress,
    'restart',
    'CalDAV: the address of the calendar, or of the server. ICS: the address of the file, which often is all that is needed to read it, and so is a secret.',
  ),
  'calendar.user': setting(
    text({ maxLength: 255, pattern: `^(?:(?!:)${PRINTABLE})*$`, accepts: 'a user name without ":"' }),
    '',
    'restart',
    'CalDAV and ICS: the user whose password is in `calendar.passwordFile`. Empty: for CalDAV the file holds a bearer token, and an ICS file is read without signing in.',
  ),
  'calendar.passwordFile': setting(
    filePath,
    'calendar/password',
    'restart',
    'CalDAV and ICS: a file with the password, the app password or the token, on one line. Read each time, so that a changed one needs no restart.',
  ),
  'calendar.calendarId': setting(
    name('the name of a calendar'),
    '',
    'restart',
    'CalDAV: the display name or the last part of the path of one calendar among several. Google: the address of the calendar, as in `c_1888…@resource.calendar.google.com`.',
  ),
  'calendar.mailbox': setting(
    text({
      maxLength: 255,
      pattern: '^([^\\s@:/]+@[^\\s@:/]+)?$',
      accepts: 'a mail address, as in "aurora@example.org"',
    }),
    '',
    'restart',
    "The room's own mail address. Microsoft 365: the room mailbox. CalDAV and ICS: by it the room knows which invitations are its own, declines them when it is released, and leaves out what it has declined.",
  ),
  'calendar.tenant': setting(identifier, '', 'restart', 'Microsoft 365: the tenant, by its domain or GUID.'),
  'calendar.clientId': setting(identifier, '', 'restart', 'Microsoft 365: the application (client) id.'),
  'calendar.proof': setting(
    oneOf(['secret', 'certificate']),
    'secret',
    'restart',
    'Microsoft 365: how the application proves itself: by the secret in `calendar.secretFile`, or by the certificate in `calendar.keyFile`.',
  ),
  'calendar.cloud': setting(
    oneOf(['global', 'us-government', 'us-defense', 'china']),
    'global',
    'restart',
    'Microsoft 365: the cloud that the tenant is in.',
  ),
  'calendar.secretFile': setting(
    filePath,
    'calendar/secret',
    'restart',
    'Microsoft 365: a file with the client secret, on one line.',
  ),
  'calendar.keyFile': setting(
    filePath,
    'calendar/key',
    'restart',
    'Google: the JSON key file of the service account. Microsoft 365: a PEM file with the certificate and its private RSA key.',
  ),
  'calendar.subject': setting(
    text({ maxLength: 255, pattern: '^([^\\s@]+@[^\\s@]+)?$', accepts: 'a mail address' }),
    '',
    'restart',
    'Google: the user whom the service account acts for by domain-wide delegation. Empty: it acts for itself, and the calendar is shared with it.',
  ),
  'calendar.trustedCertificates': setting(
    listOf(filePath, 16),
    [],
    'restart',
    "PEM files of certificates that the calendar's server may present besides those the system trusts.",
  ),
  'calendar.pollSeconds': setting(
    integer(15, 3_600, 'seconds'),
    60,
    'restart',
    'How often the calendar is read. An unchanged one costs a single small request, except in ICS files of servers that know neither ETags nor dates.',
  ),
  'calendar.timeZone': setting(
    timeZone,
    'auto',
    'restart',
    'The time zone of the room: in it days begin and end, and times without a zone are read.',
  ),
  'calendar.hosts': setting(
    listOf(host, 32),
    [],
    'restart',
    'Meeting servers besides `meetingServer.url` whose links in bookings the room joins. A link that leads anywhere else is never opened.',
  ),
} as const;
