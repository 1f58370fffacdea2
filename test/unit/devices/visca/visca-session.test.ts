import assert from 'node:assert/strict';
import type { ByteLink } from '../../../../src/devices/link/byte-link.ts';
import { MemoryCable } from '../../../../src/devices/link/memory-link.ts';
import { reopening } from '../../../../src/devices/link/open-link.ts';
import { focusAuto, inquiries } from '../../../../src/devices/visca/commands.ts';
import type { ViscaTransport } from '../../../../src/devices/visca/framing.ts';
import { viscaModelNamed } from '../../../../src/devices/visca/models.ts';
import { ViscaSession } from '../../../../src/devices/visca/session.ts';
import type { CommandOptions } from '../../../../src/devices/visca/session.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';

interface Bench {
  clock: ManualClock;
  session: ViscaSession;
  /** What the camera has heard, in hexadecimal. */
  heard: string[];
  /** What the camera says. */
  say: (hex: string) => Promise<void>;
}

const done: CommandOptions = { until: 'done', urgent: false, timeoutMs: 3_000, signal: null };
const AUTO = '8101043802ff';

/** A camera that says only what the test makes it say; `answer` may answer what it hears at once. */
async function started(transport: ViscaTransport, answer: (hex: string) => string | null): Promise<Bench> {
  const clock = new ManualClock();
  const heard: string[] = [];
  let far: ByteLink | null = null;
  const say = async (hex: string): Promise<void> => {
    await far?.write(Buffer.from(hex, 'hex'));
    await pass(clock, 10);
  };
  const cable = new MemoryCable('camera', clock, 1, (link) => {
    far = link;
    link.onData((chunk) => {
      const hex = Buffer.from(chunk).toString('hex');
      heard.push(hex);
      const reply = answer(hex);
      if (reply !== null) void link.write(Buffer.from(reply, 'hex'));
    });
  });
  const link = reopening(cable, 'always', null, { clock, logger: silentLogger, random: () => 0.5 });
  const model = viscaModelNamed('generic');
  const session = new ViscaSession({ link, transport, address: 1, clock, logger: silentLogger, model });
  link.start();
  await pass(clock, 1_000);
  return { clock, session, heard, say };
}

/** Answers the handshakes. */
const handshake = (hex: string): string | null =>
  hex.startsWith('0200')
    ? '020100010000000001'
    : hex === '883001ff'
      ? '883002ff'
      : hex === '88010001ff'
        ? '88010001ff'
        : null;

describe('ViscaSession', () => {
  it('numbers a serial chain and clears it before anything else', async () => {
    const { heard, session } = await started('serial', handshake);
    void session.command(focusAuto(true), done);
    assert.deepEqual(heard.slice(0, 2), ['883001ff', '88010001ff']);
    session.close();
  });

  it('speaks to a camera that knows no handshake', async () => {
    const { clock, session, heard, say } = await started('udp-header', () => null);
    const outcome = session.command(focusAuto(true), done);
    await pass(clock, 20);
    assert.match(heard.at(-1) ?? '', new RegExp(`^0100000600000000${AUTO}$`));
    await say('01110003000000009041ff');
    await say('01110003000000009051ff');
    assert.deepEqual(await passUntil(clock, outcome), { kind: 'done' });
    session.close();
  });

  it('a late answer to an earlier command is not taken for that to the next', async () => {
    const { clock, session, say } = await started('udp-header', handshake);
    assert.deepEqual(await passUntil(clock, session.command(focusAuto(true), done)), { kind: 'no-answer' });
    const second = session.command(focusAuto(false), done);
    await pass(clock, 20);
    await say('01110003000000009041ff');
    await say('01110003000000009051ff');
    await say('01110004000000019060' + '02ff');
    assert.deepEqual(await passUntil(clock, second), { kind: 'refused', reason: 'syntax' });
    session.close();
  });

  it('network change in the middle: numbers the chain anew and sends the command once more', async () => {
    let sent = 0;
    const { clock, session, heard } = await started('serial', (hex) => {
      if (hex !== AUTO) return handshake(hex);
      sent += 1;
      return sent === 1 ? '9038ff' : '9041ff9051ff';
    });
    heard.length = 0;
    assert.deepEqual(await passUntil(clock, session.command(focusAuto(true), done)), { kind: 'done' });
    assert.deepEqual(heard, [AUTO, '883001ff', '88010001ff', AUTO]);
    session.close();
  });

  it('network change after the acknowledgement: a movement that nobody waits for does not begin again', async () => {
    const { clock, session, heard, say } = await started('serial', (hex) => (hex === AUTO ? '9041ff' : handshake(hex)));
    const accepted = session.command(focusAuto(true), { ...done, until: 'accepted' });
    assert.deepEqual(await passUntil(clock, accepted), { kind: 'accepted' });
    heard.length = 0;
    await say('9038ff');
    await pass(clock, 1_000);
    assert.deepEqual(heard, ['883001ff', '88010001ff']);
    session.close();
  });

  it('urgent: goes before what waits, also past full sockets', async () => {
    const { clock, session, heard } = await started('serial', (hex) => handshake(hex));
    heard.length = 0;
    const waiting = [1, 2, 3].map(() => session.command(focusAuto(true), done));
    const urgent = session.command(focusAuto(false), { ...done, urgent: true });
    await pass(clock, 450);
    assert.deepEqual(heard.slice(0, 2), [AUTO, '8101043803ff']);
    session.close();
    const outcomes = await passUntil(clock, Promise.all([...waiting, urgent]));
    assert.ok(outcomes.every(({ kind }) => kind === 'no-answer'));
  });

  it('urgent: is sent although both sockets are taken', async () => {
    let socket = 0;
    const { clock, session, heard } = await started('udp', () => `904${Math.min(2, ++socket)}ff`);
    const moving = [1, 2].map(() => session.command(focusAuto(true), done));
    await pass(clock, 50);
    void session.command(focusAuto(true), done);
    const urgent = session.command(focusAuto(false), { ...done, until: 'accepted', urgent: true });
    assert.deepEqual(await passUntil(clock, urgent), { kind: 'accepted' });
    assert.deepEqual(heard, [AUTO, AUTO, '8101043803ff']);
    session.close();
    await Promise.all(moving);
  });

  it('no more commands at a time than the camera has sockets; inquiries go on', async () => {
    let socket = 0;
    const { clock, session, heard, say } = await started('udp', (hex) => {
      if (hex.startsWith('8109')) return '905002ff';
      socket += 1;
      return `904${socket}ff`;
    });
    heard.length = 0;
    const all = [1, 2, 3].map(() => session.command(focusAuto(true), done));
    const power = session.inquire(inquiries.power, null);
    assert.deepEqual(await passUntil(clock, power), { kind: 'data', data: Uint8Array.of(2) });
    assert.equal(heard.filter((hex) => hex === AUTO).length, 2);
    await say('9052ff');
    await say('9051ff');
    await say('9053ff');
    assert.deepEqual(await passUntil(clock, Promise.all(all)), [{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }]);
    session.close();
  });

  it('replies of another camera in the chain are not ours', async () => {
    const { clock, session, say } = await started('serial', handshake);
    const outcome = session.command(focusAuto(true), done);
    await pass(clock, 20);
    await say('a041ffa051ff');
    await say('9060' + '02ff');
    assert.deepEqual(await passUntil(clock, outcome), { kind: 'refused', reason: 'syntax' });
    session.close();
  });

  it('given up by its caller: the next command is not confused by its answer', async () => {
    const { clock, session, heard, say } = await started('udp', () => null);
    heard.length = 0;
    const abort = new AbortController();
    const first = assert.rejects(session.command(focusAuto(true), { ...done, signal: abort.signal }), /enough/);
    const second = session.command(focusAuto(false), done);
    await pass(clock, 20);
    abort.abort(new Error('enough'));
    await first;
    assert.equal(heard.length, 1);
    await say('9041ff9051ff');
    await say('9060' + '02ff');
    assert.deepEqual(await passUntil(clock, second), { kind: 'refused', reason: 'syntax' });
    session.close();
  });
});
