import assert from 'node:assert/strict';
import fc from 'fast-check';
import { calmRecovery, CameraRecovery, type RecoveryStep } from '../../../src/call/media/camera-recovery.ts';

const at = (nowMs: number): { nowMs: number; wallMs: number } => ({ nowMs, wallMs: 1_000_000 + nowMs });
const delay = (step: RecoveryStep | null): number | null => (step?.kind === 'reopen' ? step.inMs : null);

describe('recovery of a camera', () => {
  it('there-but-failing: opened again in growing distances, up to 30 s', () => {
    const recovery = new CameraRecovery();
    const delays = Array.from({ length: 9 }, (_, i) => delay(recovery.failed(true, at(i))));
    assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    assert.deepEqual(recovery.trouble, { form: 'failing', sinceMs: 1_000_000 });
  });

  it('every fourth failure asks for the cure first', () => {
    const recovery = new CameraRecovery();
    const cures = Array.from({ length: 8 }, (_, i) => {
      const step = recovery.failed(true, at(i));
      return step.kind === 'reopen' && step.cureFirst;
    });
    assert.deepEqual(cures, [false, false, false, true, false, false, false, true]);
  });

  it('gone: nothing is tried until it is there, then at once', () => {
    const recovery = new CameraRecovery();
    assert.deepEqual(recovery.failed(false, at(0)), { kind: 'wait' });
    assert.equal(recovery.presence(false), null);
    assert.deepEqual(recovery.presence(true), { kind: 'reopen', inMs: 250, cureFirst: false });
    assert.equal(recovery.presence(true), null);
    assert.equal(recovery.trouble?.form, 'gone');
    recovery.worked(at(1_000));
    assert.equal(recovery.trouble, null);
  });

  it('failing, then seen to be gone: waits, and says since when the picture is missing', () => {
    const recovery = new CameraRecovery();
    recovery.failed(true, at(100));
    assert.deepEqual(recovery.presence(false), { kind: 'wait' });
    recovery.presence(true);
    recovery.failed(false, at(900));
    assert.deepEqual(recovery.trouble, { form: 'gone', sinceMs: 1_000_100 });
  });

  it('a single picture does not make a failing camera well', () => {
    const recovery = new CameraRecovery();
    for (let i = 0; i < 3; i++) recovery.failed(true, at(i));
    recovery.worked(at(10));
    assert.equal(delay(recovery.failed(true, at(20))), 4_000);
    recovery.worked(at(5_000));
    assert.equal(delay(recovery.failed(true, at(5_000 + calmRecovery.steadyMs))), 500);
  });

  it('comings and goings without trouble change nothing', () => {
    const recovery = new CameraRecovery();
    assert.equal(recovery.presence(false), null);
    assert.equal(recovery.presence(true), null);
    assert.equal(recovery.trouble, null);
  });

  const events = fc.array(
    fc.record({
      /** Until the next thing happens. */
      afterMs: fc.integer({ min: 0, max: 3_000 }),
      what: fc.constantFrom('unplug' as const, 'plug' as const, 'break' as const, 'mend' as const),
    }),
    { minLength: 20, maxLength: 200 },
  );

  it('is never a tight loop, and never forgets a camera, whatever happens to it', () => {
    fc.assert(
      fc.property(events, (happenings) => {
        const recovery = new CameraRecovery();
        const opened: number[] = [];
        const camera = { isThere: true, isBroken: false, isOpen: true };
        let [nowMs, dueMs] = [0, null as number | null];
        const follow = (step: RecoveryStep | null): void => {
          if (step) dueMs = step.kind === 'reopen' ? nowMs + step.inMs : null;
        };
        const look = (): void => {
          if (!camera.isOpen) return;
          if (camera.isThere && !camera.isBroken) return recovery.worked(at(nowMs));
          camera.isOpen = false;
          follow(recovery.failed(camera.isThere, at(nowMs)));
        };
        const passTo = (untilMs: number): void => {
          while (dueMs !== null && dueMs <= untilMs) {
            [nowMs, dueMs] = [dueMs, null];
            opened.push(nowMs);
            camera.isOpen = true;
            look();
          }
          nowMs = untilMs;
          look();
        };
        for (const { afterMs, what } of happenings) {
          passTo(nowMs + afterMs);
          if (what === 'break' || what === 'mend') camera.isBroken = what === 'break';
          else if (camera.isThere !== (what === 'plug')) {
            camera.isThere = what === 'plug';
            // The pipeline notices before the watch, which waits for the links to settle.
            look();
            follow(recovery.presence(camera.isThere));
          }
          look();
          assert.ok(camera.isOpen || dueMs !== null || !camera.isThere, 'there, not open, and nothing due');
        }
        for (const [i, openedMs] of opened.entries()) {
          assert.ok(i === 0 || openedMs - (opened[i - 1] ?? 0) >= 250);
          assert.ok(opened.filter((other) => other >= openedMs && other < openedMs + 10_000).length <= 12);
        }
        camera.isBroken = false;
        if (!camera.isThere) {
          camera.isThere = true;
          follow(recovery.presence(true));
        }
        passTo(nowMs + 31_000);
        assert.equal(recovery.trouble, null);
      }),
    );
  });
});
