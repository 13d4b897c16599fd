// The program shuts itself in: what the kernel says of it, and that it does its work all the same.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { CERTS, Gateway, MOONGATE, Upstream, freshFolder, model, until } from './harness.mjs';
import { chat } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini', account: '' };
const NOBODY = 65534;

const status = (gateway) => readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
const value = (gateway, name) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status(gateway))?.[1];
const options = { gateway: 'state_flush_s = 1' };

const kernelHas = { folders: false }; // Landlock

// How many sockets are open there, but for standard input, output and error.
const socketsOf = (folder) => readdirSync(folder)
  .filter((fd) => fd > 2 && readlinkSync(`${folder}/${fd}`).startsWith('socket:')).length;

function kernelFrom(major, minor) {
  const [has, and] = os.release().split('.').map(Number);
  return has > major || (has === major && and >= minor);
}

async function shut(suite, upstream) {
  await suite.test('no new privileges, and a filter of system calls', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID), options);
    assert.equal(value(gateway, 'NoNewPrivs'), '1');
    assert.equal(value(gateway, 'Seccomp'), '2');
    const tasks = readdirSync(`/proc/${gateway.pid}/task`);
    assert.ok(tasks.length > 1, 'no thread could be started');
    for (const task of tasks) {
      assert.match(readFileSync(`/proc/${gateway.pid}/task/${task}/status`, 'utf8'), /^Seccomp:\s+2$/m);
    }
    assert.match(gateway.log(), /shut in no_new_privileges=yes no_core_dump=yes .*system_calls=yes/);
    kernelHas.folders = / folders=yes /.test(gateway.log());
    await gateway.stop();
    return `${tasks.length} threads`;
  });
  await suite.test('threads beside the loop have descriptors of their own, and none of its sockets', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID), options);
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    const tasks = readdirSync(`/proc/${gateway.pid}/task`);
    const sockets = tasks.map((task) => socketsOf(`/proc/${gateway.pid}/task/${task}/fd`));
    assert.ok(tasks.length > 1 && sockets[0] > 0, `${sockets}`);
    assert.ok(sockets.slice(1).every((count) => count === (kernelFrom(5, 9) ? 0 : sockets[0])), `${sockets}`);
    await gateway.stop();
  });
  await suite.test('within it names are resolved, TLS is verified, state is written', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID), options);
    for (const stream of [false, true]) {
      assert.equal((await chat(gateway.port, 'm', 'hi', { stream })).status, 200, gateway.log());
    }
    await until('the state', () => readdirSync(`${gateway.folder}/state`).length >= 2);
    assert.equal((await gateway.stop()).code, 0);
    assert.doesNotMatch(gateway.log(), / (WARN|ERROR) /);
  });
}

// What is not beneath the folders that were named at the start is not there for it, whatever its owner may read.
async function folders(suite, upstream) {
  const gateway = await Gateway.start(model('m', upstream, ID), options);
  const reload = async (ca, tells) => {
    const before = gateway.log().length;
    writeFileSync(gateway.file, readFileSync(gateway.file, 'utf8').replace(/ca_file = "[^"]*"/, `ca_file = "${ca}"`));
    gateway.child.kill('SIGHUP');
    await until(`the log: ${tells}`, () => tells.test(gateway.log().slice(before)));
  };
  const put = (folder) => {
    copyFileSync(`${CERTS}/ca.pem`, `${folder}/another-ca.pem`);
    return `${folder}/another-ca.pem`;
  };
  await suite.test('a file in a folder that was not named at the start cannot be read, and the log says so', async () => {
    await reload(put(freshFolder('elsewhere')), /the configuration stays as it was .*folder that was not named at the start/);
    assert.equal((await chat(gateway.port, 'm', '@@close-after hi')).status, 200);
  });
  await suite.test('one beside what was named can', async () => {
    await reload(put(gateway.folder), /configuration taken over/);
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
  });
  await gateway.stop();
}

// A folder whose state anybody may write.
function openFolder(name) {
  const folder = freshFolder(name);
  mkdirSync(`${folder}/state`);
  chmodSync(`${folder}/state`, 0o777);
  return folder;
}

// What may not be dumped is root's in /proc, whosever the process is.
async function unprivileged(suite, upstream) {
  await suite.test('started without any privilege it works, and nobody may read or dump its memory', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID), { ...options, folder: openFolder('nobody'), uid: NOBODY });
    assert.match(value(gateway, 'Uid'), new RegExp(`^${NOBODY}\\b`));
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
    assert.equal(statSync(`/proc/${gateway.pid}/mem`).uid, 0);
    assert.match(gateway.log(), /shut in no_new_privileges=yes no_core_dump=yes .*system_calls=yes/);
    assert.equal((await gateway.stop()).code, 0);
  });
}

async function anotherUser(suite, upstream) {
  await suite.test('--user: root becomes another', async () => {
    const folder = openFolder('user');
    const gateway = await Gateway.start(model('m', upstream, ID), { ...options, folder, args: ['--user', 'nobody'] });
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
    assert.doesNotMatch(value(gateway, 'Uid'), /\b0\b/);
    assert.doesNotMatch(value(gateway, 'Gid'), /\b0\b/);
    assert.equal(value(gateway, 'Groups').trim(), '');
    await gateway.stop();
  });
  await suite.test('--user: a name that is nobody stops the start', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID), { args: ['--user', 'no-such-user'], wait: false });
    assert.equal((await gateway.child.ended).code, 1);
    assert.match(gateway.log(), /--user no-such-user: there is no such user/);
  });
}

export default async function guard(suite) {
  const upstream = await Upstream.start();
  await shut(suite, upstream);
  if (kernelHas.folders) {
    await folders(suite, upstream);
  } else {
    suite.skip('folders', 'this kernel has no Landlock');
  }
  if (process.getuid() === 0) {
    await anotherUser(suite, upstream);
  } else {
    suite.skip('--user', 'it needs root');
  }
  if (process.getuid() === 0 && spawnSync('test', ['-x', MOONGATE], { uid: NOBODY, gid: NOBODY }).status === 0) {
    await unprivileged(suite, upstream);
  } else {
    suite.skip('a start without privileges', 'it needs root, and a folder that all may enter');
  }
  await upstream.stop();
}
