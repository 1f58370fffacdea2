import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { openEventStream } from '../../../src/kiosk/api/event-stream.ts';
import { eventually } from '../../support/eventually.ts';

/** A reader that takes nothing until `read`. */
class SlowReader extends EventEmitter {
  readonly written: string[] = [];
  writableLength = 0;

  writeHead(): void {}
  write(text: string): boolean {
    this.written.push(text);
    this.writableLength += text.length;
    return false;
  }
  read(): void {
    this.writableLength = 0;
    this.emit('drain');
  }
}

describe('event stream of the panel', () => {
  it('slow-reader: nothing is queued while it does not read, and then it gets the newest state, once', async () => {
    const reader = new SlowReader();
    const request = new EventEmitter();
    let number = 0;
    let asked = 0;
    let tell = (): void => undefined;
    const actions = {
      state: () => (asked++, { number, filling: 'x'.repeat(1_100_000) }),
      onState: (listener: () => void) => ((tell = listener), () => undefined),
    };
    openEventStream(request as unknown as Request, reader as unknown as Response, {
      ...actions,
      onReload: () => () => undefined,
      onEnd: () => () => undefined,
    });
    assert.equal(reader.written.length, 1);
    for (number = 1; number < 4; number++) {
      tell();
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    assert.equal(reader.written.length, 1, 'nothing is queued');
    reader.read();
    assert.equal(reader.written.length, 2);
    assert.match(reader.written[1] ?? '', /^event: state\ndata: {"number":4,/);
    reader.read();
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(reader.written.length, 2);
    tell();
    await eventually('the next one', 1_000, () => reader.written.length === 3);
    assert.equal(asked, 3);
    request.emit('close');
  });
});
