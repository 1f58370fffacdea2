import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { machineArguments, mountScript, quote } from '../../vm/host/machine-arguments.ts';

const parts = {
  kernel: '/cache/kernel',
  disk: '/cache/a,b/disk.ext4',
  shares: [
    { folder: '/home/x/it, and that', at: "/home/x/it's" },
    { folder: '/usr', at: '/opt/node' },
  ],
  run: '/tmp/run',
  accelerator: 'tcg',
} as const;

describe('options of the virtual machine', () => {
  it('keep commas in paths, which QEMU takes for the end of a value', () => {
    const options = machineArguments(parts);
    assert.ok(options.includes('file=/cache/a,,b/disk.ext4,format=raw,if=virtio,snapshot=on,cache=unsafe'));
    assert.ok(options.some((option) => option.startsWith('local,id=folder0,path=/home/x/it,, and that,')));
  });

  it('give nothing of this machine away for writing, and let nobody in from outside', () => {
    const options = machineArguments(parts);
    const folders = options.filter((option) => option.startsWith('local,'));
    assert.equal(folders.length, 2);
    for (const folder of folders) assert.match(folder, /,readonly=on,/);
    assert.ok(options.includes('-nodefaults'));
    assert.deepEqual(
      options.filter((option) => option.startsWith('user,')),
      ['user,id=network,ipv6=off'],
    );
    assert.ok(!options.some((option) => /hostfwd|guestfwd/.test(option)));
  });

  it('mount each folder where the room wants it', () => {
    const script = mountScript(parts.shares);
    assert.match(script, /^mkdir -p '\/home\/x\/it'\\''s' && mount .*ro,.* share0 '\/home\/x\/it'\\''s'$/m);
    assert.match(script, / share1 '\/opt\/node'$/m);
  });

  it('quotes words as the shell reads them', () => {
    for (const word of ['', "it's", 'a $b `c` "d" \\ !', "''"]) {
      assert.equal(execFileSync('sh', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' }), word);
    }
  });
});
