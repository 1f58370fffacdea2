import assert from 'node:assert/strict';
import { decayTimeS } from '../../support/array-room.ts';
import { doubleTalk, returnLossDb } from '../../support/echo-figures.ts';
import { ECHO_RATE, echoRoom, testVoices } from '../../support/echo-room.ts';
import { measureDelays, measureEcho, prepareEcho } from '../../support/echo-scenarios.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

describe('echo cancellation in synthetic rooms', function () {
  this.timeout(60_000);
  before(nativePlugin);

  it('is measured in rooms that decay as they say, in the band of speech', () => {
    for (const name of ['small', 'large'] as const) {
      const { echo, rt60S } = echoRoom(name, 1);
      // Below speech, walls of one reflection keep the sound longer than rooms do.
      const band = echo.map((x, i) => x - 1.9 * (echo[i - 1] ?? 0) + 0.9025 * (echo[i - 2] ?? 0));
      const decay = decayTimeS(
        band.map((x) => x * x),
        ECHO_RATE,
      );
      assert.ok(Math.abs(decay - rt60S) < 0.12 * rt60S, `${name}: ${decay} s`);
    }
  });

  it('is measured by figures that tell a cut from an echo', () => {
    const { near, far } = testVoices();
    const halved = near.map((x) => x / 2);
    assert.ok(Math.abs(doubleTalk(near, halved).lossDb - 6.02) < 0.01);
    assert.ok(
      doubleTalk(
        near,
        near.map((x, i) => x + 0.1 * (far[i] ?? 0)),
      ).lossDb < 0.5,
    );
    const cut = near.map((x, i) => (i < near.length / 2 ? x : x / 10));
    assert.ok(Math.abs(doubleTalk(near, cut).cutShare - 0.5) < 0.1);
    assert.equal(
      Math.round(
        returnLossDb(
          far,
          far.map((x) => x / 10),
        ),
      ),
      20,
    );
  });

  it('finds the delay of a room by its calibration', async () => {
    const { openMediaGst } = await import('../../../src/call/media/media-gst.ts');
    for (const { trueMs, foundMs, alignmentMs } of await measureDelays(openMediaGst, 'large', [30, 250])) {
      assert.ok(foundMs !== null && Math.abs(foundMs - trueMs) <= 5, `${foundMs} instead of ${trueMs} ms`);
      assert.ok(alignmentMs < trueMs);
    }
  });

  for (const [room, bulkMs, echoDb] of [
    ['small', 30, 0],
    ['small', 150, -10],
    ['large', 250, 0],
    ['large', 80, -10],
  ] as const)
    it(`${room} room, ${bulkMs} ms, echo at ${echoDb} dB: 30 dB removed after 3 s, a voice against it keeps its level`, async () => {
      const scenario = { room, bulkMs, echoDb, distortion: 0 };
      const { flightMs } = echoRoom(room, 1);
      const script = prepareEcho(scenario, testVoices(), { talkS: 8, farS: 11 });
      const figures = await measureEcho(script, Math.round(bulkMs + flightMs - 15));
      console.log(
        `      ${figures.returnLossDb.toFixed(1)} dB removed, voice ${(-figures.lossDb).toFixed(1)} dB, ` +
          `${(figures.cutShare * 100).toFixed(1)} % cut, longest ${figures.longestCutMs} ms`,
      );
      assert.ok(figures.returnLossDb >= 30, `${figures.returnLossDb} dB`);
      assert.ok(figures.lossDb <= 3, `${figures.lossDb} dB`);
      assert.ok(figures.cutShare <= 0.15, `${figures.cutShare}`);
      assert.ok(figures.longestCutMs <= 400, `${figures.longestCutMs} ms`);
    });
});
