import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually } from '../support/eventually.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import { Person, type PersonParts } from '../support/person.ts';
import { recordLayers } from '../support/replayed-video.ts';
import { longestFreeze, rateOf, usualWidth, wallMs } from '../support/shown-pictures.ts';
import { sleep, Stage } from '../support/stage.ts';

const SENDERS = ['Ana', 'Ben', 'Cleo'] as const;
const [MAIN] = SENDERS;
const FULL = { width: 1_280, height: 720, main: true };
const THUMBNAIL = { width: 240, height: 135, main: false };
/** Fine everywhere, so that the large picture needs more than the narrow line carries. */
const PICTURES =
  'videotestsrc num-buffers=600 pattern=spokes ! ' + 'video/x-raw,format=I420,width=1280,height=720,framerate=30/1';
const clean = { rateKbps: 4_000, queueMs: 200, loss: 0 };

describe('somebody whose line carries much less for a while', function () {
  this.timeout(90_000);
  let stage: Stage;
  let senders: Person[];
  let viewer: Person;

  before(async () => {
    await nativePlugin();
    stage = await Stage.open();
    senders = [];
    const recording = await recordLayers(PICTURES, 1_200);
    for (const name of SENDERS) senders.push(await admit(name, { recording }));
  });
  beforeEach(() => stage.change('Viewer', { down: clean }));
  afterEach(() => viewer.close());
  after(async () => {
    await Promise.all(senders.map((each) => each.close()));
    await stage.close();
  });

  async function admit(name: string, parts: Partial<PersonParts>): Promise<Person> {
    const certificatePem = await readFile(stage.certificatePath, 'utf8');
    const person = new Person({
      name,
      certificatePem,
      camera: null,
      recording: null,
      sound: null,
      listens: false,
      ...parts,
    });
    await stage.admit(name, () => person.join(stage.link, { camera: Boolean(parts.recording), microphone: false }));
    return person;
  }

  const look = (): number => viewer.look({ Ana: FULL, Ben: THUMBNAIL, Cleo: THUMBNAIL });
  const named = (): Promise<number> =>
    eventually('names', 10_000, async () => SENDERS.every((name) => viewer.people.includes(name)));
  const fps = (name: string, forMs: number): number => rateOf(viewer.pictures(name), wallMs() - forMs, wallMs());
  const width = (name: string, forMs: number): number => usualWidth(viewer.pictures(name), wallMs() - forMs, wallMs());

  it('sees everybody within seconds after losing most packets of the first ones', async () => {
    stage.change('Viewer', { down: { loss: 0.6 } });
    viewer = await admit('Viewer', {});
    await named();
    look();
    await sleep(3_000);
    stage.change('Viewer', { down: { loss: 0 } });
    const seenMs = await eventually('everybody', 12_000, async () => SENDERS.every((name) => fps(name, 1_000) >= 10));
    const largeMs = await eventually('full size', 12_000, async () => width(MAIN, 1_000) === 1_280);
    console.log(`      everybody seen after ${seenMs.toFixed(0)} ms, full size ${largeMs.toFixed(0)} ms later`);
  });

  it('goes on seeing everybody, smaller, and has the large picture back soon after', async () => {
    viewer = await admit('Viewer', {});
    await named();
    look();
    await eventually('full size', 15_000, async () => width(MAIN, 1_000) === 1_280);
    const fallsMs = wallMs();
    stage.change('Viewer', { down: { rateKbps: 500 } });
    await sleep(8_000);
    for (const name of SENDERS) assert.ok(fps(name, 4_000) >= 3, `${name}: ${fps(name, 4_000)} pictures a second`);
    const risesMs = wallMs();
    stage.change('Viewer', { down: clean });
    const backMs = await eventually('full size again', 15_000, async () => width(MAIN, 500) === 1_280);
    const freezes = SENDERS.map((name) => longestFreeze(viewer.pictures(name), fallsMs - 500, risesMs));
    console.log(
      `      longest freezes ${freezes.map((each) => each.toFixed(0)).join(', ')} ms, full size again after ${backMs.toFixed(0)} ms`,
    );
    for (const each of freezes) assert.ok(each <= 3_000, `${each} ms without a picture`);
  });
});
