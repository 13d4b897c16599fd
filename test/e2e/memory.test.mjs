// No memory is asked of the system once it runs: what strace sees of it while it works.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Gateway, MOONGATE, Upstream, model, sleep, until } from './harness.mjs';
import { chat } from './wire.mjs';

// Calls that take memory from the system; madvise and munmap only give it back.
const TAKES = /^(?:\[pid +\d+\] |\d+ +)?(brk|mmap|mmap2|mremap|sbrk)\(/;

async function traced(gateway, work) {
  const file = `${gateway.folder}/strace`;
  const args = ['-f', '-o', file, '-e', 'trace=memory', '-p', String(gateway.pid)];
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  strace.stderr.on('data', (data) => (said += data));
  await until('strace', () => said.includes('attached'));
  await work();
  strace.kill('SIGINT');
  await new Promise((done) => strace.on('close', done));
  const calls = readFileSync(file, 'utf8').split('\n');
  assert.ok(calls.some((line) => /madvise\(/.test(line)), 'strace sees memory given back');
  return calls.filter((line) => TAKES.test(line));
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('m', upstream, { id: 'gpt-4.1-mini' }));
  await suite.test('no allocation after start: 200 chats, 50 at once, new TLS connections', async () => {
    await chat(gateway.port, 'm', 'the first one: the resolver starts its threads');
    await sleep(300);
    const taken = await traced(gateway, async () => {
      for (let i = 0; i < 4; i++) {
        const chats = Array.from({ length: 50 }, (_, n) =>
          chat(gateway.port, 'm', `@@words=20 ${n % 2 ? '@@close-after' : ''}`, { stream: n % 3 === 0 }));
        (await Promise.all(chats)).forEach(({ status }) => assert.equal(status, 200));
      }
      await sleep(1500); // quiet, so that it gives back what it touched
    });
    assert.deepEqual(taken, []);
  });
  await suite.test('huge pages are given up before the configuration is read: each byte touched would be 2 MiB', () => {
    const calls = `${gateway.folder}/start`;
    spawnSync('strace', ['-o', calls, '-e', 'trace=prctl,open,openat', MOONGATE, '--check', '-c', gateway.file]);
    const lines = readFileSync(calls, 'utf8').split('\n');
    const off = lines.findIndex((line) => line.includes('PR_SET_THP_DISABLE, 1'));
    const read = lines.findIndex((line) => line.includes(gateway.file));
    assert.ok(off >= 0 && read > off, lines.join('\n'));
  });
  await gateway.stop();
  await upstream.stop();
}
