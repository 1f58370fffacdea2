import assert from 'node:assert/strict';
import type { ByteLink, LinkEnd, LinkOpener } from '../../src/devices/link/byte-link.ts';

/** A device that sends back what it hears, and can hang up. */
export interface EchoDevice {
  readonly opener: LinkOpener;
  /** Ends the link from the device's side. */
  readonly hangUp: () => void | Promise<void>;
  /** Makes opening fail. */
  readonly remove: () => void | Promise<void>;
  /** Lets time go on until `done`. */
  readonly until: (done: () => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What can be noticed of a device: UDP and a three-wire serial cable tell nothing. */
export interface NoticedEnds {
  readonly hangUp: boolean;
  readonly remove: boolean;
}

const never = new AbortController().signal;

/** What every kind of `ByteLink` keeps. */
export function byteLinkContract(name: string, noticed: NoticedEnds, make: () => Promise<EchoDevice>): void {
  describe(`ByteLink: ${name}`, () => {
    let device: EchoDevice;
    let links: ByteLink[];

    const open = async (): Promise<{ link: ByteLink; heard: number[]; ends: LinkEnd[] }> => {
      const link = await device.opener.open(never);
      links.push(link);
      const [heard, ends]: [number[], LinkEnd[]] = [[], []];
      link.onData((chunk) => heard.push(...chunk));
      link.onClose((end) => ends.push(end));
      return { link, heard, ends };
    };

    beforeEach(async () => {
      links = [];
      device = await make();
    });

    afterEach(async () => {
      await Promise.all(links.map((link) => link.close()));
      await device.close();
    });

    it('carries every byte value both ways, in order', async () => {
      const { link, heard } = await open();
      const sent = Uint8Array.from({ length: 256 }, (_, i) => i);
      await link.write(sent);
      await device.until(() => heard.length >= 256);
      assert.deepEqual(heard, [...sent]);
    });

    it('has the id of its opener, which does not change', async () => {
      const first = await open();
      await first.link.close();
      const second = await open();
      assert.equal(first.link.id, device.opener.id);
      assert.equal(second.link.id, device.opener.id);
    });

    it('closes once, tells it once and refuses to write after', async () => {
      const { link, ends } = await open();
      await link.close();
      await link.close();
      assert.deepEqual(ends, ['closed']);
      await assert.rejects(link.write(Uint8Array.of(1)), { code: 'device/link-ended' });
    });

    it('is silent to a listener that has unsubscribed', async () => {
      const { link, heard } = await open();
      let unwanted = 0;
      link.onData(() => (unwanted += 1))();
      await link.write(Uint8Array.of(7));
      await device.until(() => heard.length > 0);
      assert.equal(unwanted, 0);
    });

    it('keeps what comes before anybody listens', async () => {
      const link = await device.opener.open(never);
      links.push(link);
      await link.write(Uint8Array.of(4, 5));
      let turns = 0;
      await device.until(() => ++turns > 3);
      const heard: number[] = [];
      link.onData((chunk) => heard.push(...chunk));
      await link.write(Uint8Array.of(6));
      await device.until(() => heard.length === 3);
      assert.deepEqual(heard, [4, 5, 6]);
    });

    it('opens again after it was closed', async () => {
      await (await open()).link.close();
      const { link, heard } = await open();
      await link.write(Uint8Array.of(1, 2, 3));
      await device.until(() => heard.length === 3);
      assert.deepEqual(heard, [1, 2, 3]);
    });

    it('does not open when the signal is aborted', async () => {
      const reason = new Error('not any more');
      await assert.rejects(device.opener.open(AbortSignal.abort(reason)), reason);
    });

    if (noticed.hangUp)
      it('tells that the device hung up', async () => {
        const { link, ends } = await open();
        await device.hangUp();
        await device.until(() => ends.length > 0);
        assert.deepEqual(ends, ['lost']);
        await assert.rejects(link.write(Uint8Array.of(1)), { code: 'device/link-ended' });
      });

    if (noticed.remove)
      it('says that a device that is not there could not be opened', async () => {
        await device.remove();
        await assert.rejects(device.opener.open(never), { code: 'device/link-not-opened' });
      });
  });
}
