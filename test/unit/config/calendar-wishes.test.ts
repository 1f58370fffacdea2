import assert from 'node:assert/strict';
import { calendarWishes } from '../../../src/config/calendar-wishes.ts';
import { rowOf } from '../../../src/config/settings.ts';
import { validateConfig } from '../../../src/config/validate.ts';

const wishes = (values: Record<string, unknown>): ReturnType<typeof calendarWishes> =>
  calendarWishes(validateConfig(values, '/s'), 'Europe/Paris');
const source = (values: Record<string, unknown>): unknown => wishes(values).source;
const missing = (values: Record<string, unknown>, key: string): void =>
  assert.throws(() => wishes(values), { code: 'config/incomplete', message: new RegExp(`^${key} must be set`) });

describe('what the configuration wishes of the calendar', () => {
  it("is the room's own by default, in the zone of the machine, read every minute", () => {
    assert.deepEqual(wishes({}), {
      source: { kind: 'local' },
      zone: 'Europe/Paris',
      trustedCertificates: [],
      pollMs: 60_000,
      hosts: ['localhost:4443'],
    });
    assert.equal(source({ 'calendar.source': 'none' }), null);
  });

  it('has the meeting server among the hosts whose links are joined', () => {
    const values = {
      'meetingServer.url': 'https://meet.example.org',
      'calendar.hosts': ['meet.example.org', 'b.example:8443'],
    };
    assert.deepEqual(wishes(values).hosts, ['meet.example.org', 'b.example:8443']);
  });

  it('reads CalDAV by a password, or by a token alone', () => {
    const values = { 'calendar.source': 'caldav', 'calendar.url': 'https://dav.example/', 'calendar.user': 'aurora' };
    assert.deepEqual(source({ ...values, 'calendar.calendarId': 'Aurora', 'calendar.mailbox': 'aurora@example.org' }), {
      kind: 'caldav',
      url: 'https://dav.example/',
      calendar: 'Aurora',
      user: 'aurora',
      passwordFile: '/s/calendar/password',
      roomAddress: 'aurora@example.org',
    });
    assert.deepEqual(source({ ...values, 'calendar.user': '', 'calendar.passwordFile': '/run/token' }), {
      kind: 'caldav',
      url: 'https://dav.example/',
      calendar: null,
      user: '',
      passwordFile: '/run/token',
      roomAddress: null,
    });
  });

  it('signs in for an ICS file only when there is a user', () => {
    const values = { 'calendar.source': 'ics', 'calendar.url': 'https://cal.example/x.ics' };
    const access = (more: Record<string, unknown>) => source({ ...values, ...more }) as { passwordFile: string | null };
    assert.equal(access({}).passwordFile, null);
    assert.equal(access({ 'calendar.user': 'aurora' }).passwordFile, '/s/calendar/password');
  });

  it('proves itself to Microsoft by a secret or a certificate, in the cloud of the tenant', () => {
    const values = {
      'calendar.source': 'graph',
      'calendar.mailbox': 'aurora@example.org',
      'calendar.tenant': 'contoso.onmicrosoft.com',
      'calendar.clientId': '00000000-1111',
    };
    assert.deepEqual(source(values), {
      kind: 'graph',
      mailbox: 'aurora@example.org',
      tenant: 'contoso.onmicrosoft.com',
      clientId: '00000000-1111',
      proof: { kind: 'secret', path: '/s/calendar/secret' },
      graphOrigin: 'https://graph.microsoft.com',
      signInOrigin: 'https://login.microsoftonline.com',
    });
    const other = source({ ...values, 'calendar.proof': 'certificate', 'calendar.cloud': 'china' }) as Record<
      string,
      unknown
    >;
    assert.deepEqual(other['proof'], { kind: 'certificate', path: '/s/calendar/key' });
    assert.equal(other['graphOrigin'], 'https://microsoftgraph.chinacloudapi.cn');
    for (const key of ['calendar.mailbox', 'calendar.tenant', 'calendar.clientId'])
      missing({ ...values, [key]: '' }, key);
  });

  it('reads Google by the key of a service account', () => {
    const values = { 'calendar.source': 'google', 'calendar.calendarId': 'c_1@resource.calendar.google.com' };
    assert.deepEqual(source(values), {
      kind: 'google',
      calendarId: 'c_1@resource.calendar.google.com',
      keyFile: '/s/calendar/key',
      subject: null,
      apiOrigin: 'https://www.googleapis.com',
      signInOrigin: 'https://oauth2.googleapis.com',
    });
  });

  it('names what is missing', () => {
    missing({ 'calendar.source': 'caldav' }, 'calendar.url');
    missing({ 'calendar.source': 'ics' }, 'calendar.url');
    missing({ 'calendar.source': 'google' }, 'calendar.calendarId');
  });

  it('keeps the address secret, and takes none with a password in it or without TLS', () => {
    assert.equal(rowOf('calendar.url').secret, true);
    for (const url of [
      'https://room:planted@dav.example/',
      'http://dav.example/planted',
      'ftp://dav.example/planted',
      'https://dav.example/#planted',
      'planted',
    ])
      assert.throws(
        () => validateConfig({ 'calendar.url': url }, '/s'),
        (error: Error) =>
          error.message.includes('calendar.url is not acceptable') && !error.message.includes('planted'),
      );
    for (const url of ['https://dav.example/a/b?c=d', 'http://localhost:5232/', 'http://127.0.0.1/', 'http://[::1]:1/'])
      assert.equal(validateConfig({ 'calendar.url': url }, '/s')['calendar.url'], url);
  });

  it('takes no user name that Basic authentication cannot carry', () => {
    assert.throws(() => validateConfig({ 'calendar.user': 'a:b' }, '/s'), { code: 'config/bad-value' });
  });
});
