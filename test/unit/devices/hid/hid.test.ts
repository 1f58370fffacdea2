import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MuteSync } from '../../../../src/devices/hid/mute-sync.ts';
import { parseReportDescriptor } from '../../../../src/devices/hid/report-descriptor.ts';
import { outputReports, readControl } from '../../../../src/devices/hid/report-fields.ts';
import { speakerphoneQuirk, telephonyControls } from '../../../../src/devices/hid/telephony.ts';
import {
  VirtualSpeakerphone,
  type VirtualSpeakerphoneTraits,
  virtualSpeakerphones,
} from '../../../../src/devices/hid/virtual-speakerphone.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';

/** A keyboard's (appendix E.6 of HID 1.11): arrays, padding and lights on page 8, no telephony. */
const keyboard = Uint8Array.from(
  Buffer.from(
    '05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508150025650507190029658100c0',
    'hex',
  ),
);
/** Without numbers, telephony as a selector: one byte that holds 1 for hook switch, 2 for phone mute; pushes and pops on the way. */
const selecting = Uint8Array.from(
  Buffer.from(
    '050b0905a101a40508150025017501950109099102750795019103b41501250275089501092 0092f8100c0'.replace(' ', ''),
    'hex',
  ),
);

describe('HID report descriptors', () => {
  it('finds the keys and lights of a keyboard, and no telephony', () => {
    const layout = parseReportDescriptor(keyboard);
    assert.ok(layout);
    assert.equal(layout.numbered, false);
    assert.equal(layout.outputBytes.get(0), 1);
    const capsLock = layout.fields.find((field) => field.kind === 'output' && field.usage === 0x08_0002);
    assert.equal(capsLock?.bitOffset, 1);
    const a = layout.fields.find((field) => field.usage === 0x07_0004);
    assert.ok(a);
    assert.equal(readControl(layout, a, Uint8Array.of(0, 0, 9, 4, 0, 0, 0, 0)), true);
    assert.equal(readControl(layout, a, Uint8Array.of(4, 4, 0, 0, 0, 0, 0, 0)), false);
    assert.equal(readControl(layout, a, Uint8Array.of(0, 0, 9)), null);
    assert.equal(telephonyControls(keyboard), null);
  });

  it('reads a selector, and keeps what was pushed', () => {
    const controls = telephonyControls(selecting);
    assert.ok(controls?.phoneMute && controls.hookSwitch && controls.ledMute);
    assert.equal(readControl(controls.layout, controls.phoneMute, Uint8Array.of(2)), true);
    assert.equal(readControl(controls.layout, controls.phoneMute, Uint8Array.of(1)), false);
    assert.equal(readControl(controls.layout, controls.hookSwitch, Uint8Array.of(1)), true);
    assert.deepEqual(outputReports(controls.layout, [[controls.ledMute, true]]), [Buffer.from([0, 1])]);
  });

  it('takes extended usages, which carry their page', () => {
    const controls = telephonyControls(
      Uint8Array.from(Buffer.from('a10115002501750195010b2f000b008102750795018103c0', 'hex')),
    );
    assert.equal(controls?.phoneMute?.bitOffset, 0);
    assert.equal(controls?.ledMute, null);
  });

  for (const [name, traits] of Object.entries(virtualSpeakerphones))
    it(`finds the controls of the ${name} speakerphone`, () => {
      const controls = telephonyControls(new VirtualSpeakerphone(traits, new ManualClock()).descriptor);
      assert.ok(controls);
      const { layout, phoneMute, hookSwitch, ledMute, ledMicrophone, ledOffHook } = controls;
      assert.deepEqual([hookSwitch?.bitOffset, phoneMute?.bitOffset, ledOffHook?.bitOffset], [0, 1, 1]);
      assert.equal(phoneMute?.relative, traits.mute === 'toggle');
      assert.equal(ledMute !== null, traits.light === 'mute');
      assert.equal(ledMicrophone !== null, traits.light === 'microphone');
      assert.equal(layout.outputBytes.get(3), 1);
    });

  it('survives any bytes, changed and cut descriptors, in bounded time and size', () => {
    const whole = [
      keyboard,
      selecting,
      ...Object.values(virtualSpeakerphones).map((t) => new VirtualSpeakerphone(t, new ManualClock()).descriptor),
    ];
    const changed = fc
      .tuple(fc.constantFrom(...whole), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }), fc.nat(80))
      .map(([descriptor, changes, length]) => {
        const copy = Uint8Array.from(descriptor);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy.subarray(0, length);
      });
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), changed),
        fc.uint8Array({ maxLength: 16 }),
        (descriptor, report) => {
          const layout = parseReportDescriptor(descriptor);
          if (layout === null) return;
          assert.ok(layout.fields.length <= 4_096);
          for (const field of layout.fields.slice(0, 50)) {
            readControl(layout, field, report);
            const [out] = outputReports(layout, [[field, true]]);
            assert.ok(out && out.length <= 16_385);
          }
        },
      ),
      { numRuns: 1_000 },
    );
    assert.equal(parseReportDescriptor(new Uint8Array(5_000)), null);
    // A report of 2^32 fields of 2^32 bits.
    assert.equal(parseReportDescriptor(Uint8Array.from(Buffer.from('77ffffffff97ffffffff08018102', 'hex'))), null);
  });

  it('reads back every light that it writes, wherever it lies', () => {
    const place = fc.record({
      padding: fc.integer({ min: 0, max: 40 }),
      size: fc.integer({ min: 1, max: 16 }),
      on: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 8 }), (places) => {
        const items = places.flatMap(({ padding, size }, i) => [
          ...[0x75, 1, 0x95, padding, 0x91, 3],
          ...[0x75, size, 0x95, 1, 0x09, i + 1, 0x91, 2],
        ]);
        const layout = parseReportDescriptor(Uint8Array.of(0x05, 8, ...items));
        assert.ok(layout);
        assert.equal(layout.fields.length, places.length);
        const [report] = outputReports(
          layout,
          layout.fields.map((field, i) => [field, places[i]?.on ?? false] as const),
        );
        assert.ok(report);
        layout.fields.forEach((field, i) =>
          assert.equal(readControl(layout, field, report.subarray(1)), places[i]?.on),
        );
      }),
    );
  });
});

const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

function setUp(traits: VirtualSpeakerphoneTraits, refuse = false, productVendor = 0) {
  const clock = new ManualClock();
  const phone = new VirtualSpeakerphone(traits, clock);
  const controls = telephonyControls(phone.descriptor);
  assert.ok(controls);
  const problems: boolean[] = [];
  const room = { muted: false, asked: 0 };
  const sync = new MuteSync({
    link: phone,
    controls,
    quirk: speakerphoneQuirk(productVendor, 1),
    clock,
    log: silentLogger,
    muteRoom: (muted) => {
      room.asked++;
      if (!refuse) room.muted = muted;
      return room.muted;
    },
    onProblem: (present) => problems.push(present),
  });
  const pass = async (ms: number): Promise<void> => {
    await settle();
    for (let at = 0; at < ms; at += 100) {
      clock.advance(100);
      await settle();
    }
  };
  const mute = (muted: boolean): void => {
    room.muted = muted;
    sync.setMuted(muted);
  };
  return { clock, phone, sync, problems, room, pass, mute };
}

describe('MuteSync', () => {
  for (const name of ['toggling', 'stating'] as const) {
    it(`${name}: goes off-hook with the room's mute in a call, and back`, async () => {
      const { phone, sync, pass } = setUp(virtualSpeakerphones[name]);
      sync.setInCall(true, true);
      await pass(100);
      assert.deepEqual([phone.offHook, phone.muted], [true, true]);
      assert.equal(sync.state, name === 'stating' ? 'synced' : 'told');
      sync.setInCall(false, true);
      await pass(100);
      assert.deepEqual([phone.offHook, phone.muted, sync.state], [false, false, 'idle']);
    });

    it(`${name}: a press mutes the room, is answered in time and stays; the next one unmutes`, async () => {
      const { phone, sync, room, pass, problems } = setUp(virtualSpeakerphones[name]);
      sync.setInCall(true, false);
      await pass(1_000);
      phone.press();
      await pass(2_000);
      assert.deepEqual([room.muted, phone.muted, room.asked], [true, true, 1]);
      phone.press();
      await pass(2_000);
      assert.deepEqual([room.muted, phone.muted, room.asked], [false, false, 2]);
      assert.deepEqual(problems, []);
    });

    it(`${name}: takes a press back that the room refused`, async () => {
      const { phone, sync, room, pass } = setUp(virtualSpeakerphones[name], true);
      sync.setInCall(true, false);
      await pass(1_000);
      phone.press();
      await pass(3_000);
      assert.deepEqual([room.muted, phone.muted], [false, false]);
    });

    it(`${name}: follows the room however fast it changes`, async () => {
      const { phone, sync, mute, pass, room } = setUp(virtualSpeakerphones[name]);
      sync.setInCall(true, false);
      for (let i = 0; i < 7; i++) mute(i % 2 === 0);
      await pass(2_000);
      assert.deepEqual([phone.muted, room.muted, room.asked], [true, true, 0]);
    });
  }

  it('claims no confirmation that has not been heard', async () => {
    const { phone, sync, pass, mute } = setUp(virtualSpeakerphones.stating);
    sync.setInCall(true, false);
    await pass(1_000);
    assert.equal(sync.state, 'told');
    mute(true);
    await pass(1_000);
    mute(false);
    await pass(1_000);
    assert.deepEqual([sync.state, phone.muted], ['synced', false]);
  });

  it('a press outside of calls does nothing to the room', async () => {
    const { phone, room, pass } = setUp(virtualSpeakerphones.stating);
    phone.press();
    await pass(1_000);
    assert.equal(room.asked, 0);
  });

  it('does not take the echo of a light for a press, where the maker is known for it', async () => {
    const traits = { ...virtualSpeakerphones.toggling, echoes: true };
    const { phone, sync, mute, room, pass } = setUp(traits, false, 0x0b0e);
    sync.setInCall(true, false);
    await pass(1_000);
    mute(true);
    await pass(1_000);
    assert.deepEqual([room.asked, phone.muted], [0, true]);
    phone.press();
    await pass(1_000);
    assert.deepEqual([room.asked, phone.muted], [1, false]);
  });

  it('reports a speakerphone that cannot be told, for as long as the call lasts', async () => {
    const { sync, problems, pass } = setUp(virtualSpeakerphones.lightless);
    sync.setInCall(true, false);
    await pass(3_000);
    assert.deepEqual([sync.state, problems], ['failed', [true]]);
    sync.setInCall(false, false);
    await pass(1_000);
    assert.deepEqual(problems, [true, false]);
  });

  for (const mode of ['unplugged', 'deaf', 'stuck'] as const)
    it(`tries a speakerphone that is ${mode} three times, reports it, and takes it back with the next change`, async () => {
      const { phone, sync, problems, mute, pass } = setUp(virtualSpeakerphones.stating);
      sync.setInCall(true, false);
      await pass(1_000);
      phone.mode = mode;
      const { writes } = phone;
      mute(true);
      await pass(10_000);
      assert.equal(phone.writes - writes, 3);
      assert.deepEqual([sync.state, problems], ['failed', [true]]);
      phone.mode = 'well';
      mute(false);
      await pass(100);
      mute(true);
      await pass(1_000);
      assert.deepEqual([sync.state, phone.muted, problems], ['synced', true, [true, false]]);
    });

  it('ends in step after any presses, mutes, failures and calls, and leaves nothing behind', async () => {
    const step = fc.tuple(
      fc.constantFrom('press', 'mute', 'unmute', 'call', 'hang-up', 'deaf', 'unplugged', 'well'),
      fc.integer({ min: 0, max: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('toggling', 'stating'),
        fc.array(step, { maxLength: 25 }),
        async (name, steps) => {
          const { phone, sync, room, mute, pass, clock } = setUp(virtualSpeakerphones[name]);
          for (const [what, tenths] of steps) {
            if (what === 'press') phone.press();
            else if (what === 'mute' || what === 'unmute') mute(what === 'mute');
            else if (what === 'call' || what === 'hang-up') sync.setInCall(what === 'call', room.muted);
            else phone.mode = what;
            await pass(tenths * 100);
          }
          phone.mode = 'well';
          await pass(3_000);
          sync.setInCall(false, room.muted);
          await pass(500);
          sync.setInCall(true, room.muted);
          await pass(3_000);
          assert.equal(phone.muted, room.muted);
          sync.close();
          await pass(3_000);
          assert.equal(clock.pending, 0);
          assert.equal(phone.listeners, 0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
