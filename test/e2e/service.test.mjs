// What it tells a service manager (systemd's protocol): ready, alive, stopping; and that a loop which stands
// is silent.
import assert from 'node:assert/strict';
import { Gateway, freshFolder, sleep, start, until } from './harness.mjs';
import { once } from './wire.mjs';

const BEAT_MS = 400; // WATCHDOG_USEC is this; a sign of life is due in half the time
const LOOPBACK = '[models.m.providers.p]\ntype = "loopback"\n';

// Node has no datagrams of AF_UNIX. Prints each one with the milliseconds since its start.
const LISTENER = `
import os, socket, sys, time
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0" + name[1:] if name[0] == "@" else name)
print("bound", flush=True)
start = time.monotonic()
while True:
    told = s.recv(4096).decode()
    print(int((time.monotonic() - start) * 1000), told, flush=True)
`;

async function listen(name) {
  const manager = start('python3', ['-c', LISTENER, name]);
  await until('the manager', () => manager.text.stdout.startsWith('bound'));
  manager.told = () => manager.text.stdout.split('\n').slice(1).filter(Boolean).map((line) => line.split(' ')[1]);
  manager.count = (what) => manager.told().filter((told) => told === what).length;
  return manager;
}

async function told(suite, kind, name) {
  const manager = await listen(name);
  const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: `${BEAT_MS * 1000}` };
  const gateway = await Gateway.start(LOOPBACK, { env });
  await suite.test(`${kind}: READY=1 once, before anything else`, async () => {
    await until('READY=1', () => manager.count('READY=1') === 1);
    assert.equal(manager.told()[0], 'READY=1');
    assert.equal((await once(gateway.port, 'GET', '/health')).status, 200);
  });
  await suite.test(`${kind}: WATCHDOG=1 in half the time, idle as it is`, async () => {
    const before = manager.count('WATCHDOG=1');
    await sleep(5 * BEAT_MS);
    const beats = manager.count('WATCHDOG=1') - before;
    assert.ok(beats >= 8 && beats <= 11, `${beats} in ${5 * BEAT_MS} ms`);
    return `${beats} in ${5 * BEAT_MS} ms`;
  });
  await suite.test(`${kind}: a loop that stands is silent, and is heard again when it goes on`, async () => {
    gateway.child.kill('SIGSTOP');
    await sleep(BEAT_MS / 4);
    const before = manager.count('WATCHDOG=1');
    await sleep(3 * BEAT_MS);
    assert.equal(manager.count('WATCHDOG=1'), before);
    gateway.child.kill('SIGCONT');
    await until('a sign of life', () => manager.count('WATCHDOG=1') > before, BEAT_MS * 2);
  });
  await suite.test(`${kind}: STOPPING=1 once, at the end`, async () => {
    assert.equal((await gateway.stop()).code, 0);
    await until('STOPPING=1', () => manager.count('STOPPING=1') === 1);
    assert.deepEqual([manager.count('READY=1'), manager.told().at(-1)], [1, 'STOPPING=1']);
  });
  manager.kill('SIGKILL');
}

export default async function service(suite) {
  await told(suite, 'a socket with a path', `${freshFolder('service')}/notify`);
  await told(suite, 'a socket without', `@moongate-test-${process.pid}`);
  await suite.test('another process is watched: READY=1, and no sign of life', async () => {
    const name = `${freshFolder('service')}/notify`;
    const manager = await listen(name);
    const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' };
    const gateway = await Gateway.start(LOOPBACK, { env });
    await sleep(300);
    assert.deepEqual(manager.told(), ['READY=1']);
    await gateway.stop();
    manager.kill('SIGKILL');
  });
  await suite.test('a manager that is gone, or a name that is none, is no harm', async () => {
    for (const name of [`${freshFolder('service')}/nobody`, 'relative', `/${'x'.repeat(200)}`, '@', '']) {
      const gateway = await Gateway.start(LOOPBACK, { env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: '100000' } });
      await sleep(120);
      assert.equal((await once(gateway.port, 'GET', '/health')).status, 200, name);
      assert.equal((await gateway.stop()).code, 0, name);
    }
  });
}
