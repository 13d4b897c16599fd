// A machine in QEMU: its image, its start, and talk with the init script at its console.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { freePort, freshFolder, until } from '../e2e/harness.mjs';
import { once } from '../e2e/wire.mjs';

// What differs from one machine to the next. bar_ms: from power to the
// first chat's answer, where there is a bar. fast_bytes: of a stream at full speed.
export const MACHINES = {
  armhf: {
    qemu: 'qemu-system-arm', board: 'openwrt-armhf', tty: 'ttyAMA0', bar_ms: 8000,
    fast_bytes: 1048576,
    args: ['-M', 'virt', '-cpu', 'cortex-a7', '-m', '64'],
    device: 'virtio-net-device,netdev=n0',
  },
  malta: {
    qemu: 'qemu-system-mipsel', board: 'openwrt-mipsel', tty: 'ttyS0', fast_bytes: 1048576,
    args: ['-M', 'malta', '-vga', 'none', '-cpu', '24Kc', '-m', '64'],
    device: 'e1000,netdev=n0,romfile=', // pcnet loses packets of a burst, and QEMU is slow to repeat them
  },
  raspi3b: {
    qemu: 'qemu-system-aarch64', board: 'raspberrypi-arm64', tty: 'ttyS1', no_clock: true,
    fast_bytes: 65536, // QEMU's USB network carries about 100 KB a second
    // What is sent to the first serial port does not reach it, so the console is the second.
    args: ['-M', 'raspi3b', '-serial', 'null'], kernel: '8250.nr_uarts=2',
    device: 'usb-net,netdev=n0',
  },
};

// The name by which the machine knows this one; the stand-in has a certificate for it.
export const HOST = 'elsewhere.example';

// files: {path in the image: text}
function makeImage(name, folder, files) {
  const root = `${folder}/root`;
  const parts = `build/deps/system/${name}`;
  for (const dir of ['bin', 'etc', 'dev', 'proc', 'sys', 'tmp']) {
    mkdirSync(`${root}/${dir}`, { recursive: true });
  }
  cpSync(`${parts}/modules`, `${root}/modules`, { recursive: true });
  copyFileSync(`${parts}/busybox`, `${root}/bin/busybox`);
  copyFileSync('test/system/init', `${root}/init`);
  copyFileSync(`build/${MACHINES[name].board}/moongate`, `${root}/bin/moongate`);
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(`${root}/${path}`, text, { mode: path.endsWith('.ini') ? 0o600 : 0o644 });
  }
  ['init', 'bin/busybox', 'bin/moongate'].forEach((path) => chmodSync(`${root}/${path}`, 0o755));
  const pack = `cd '${root}' && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1 >../image.gz`;
  const { status, stderr } = spawnSync('sh', ['-c', pack], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`the image: ${stderr}`);
  }
  return `${folder}/image.gz`;
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Machine {
  // ini: the daemon's configuration; ca: the file of the authority to trust; late: the network comes up
  // only when it is told so
  static async start(name, ini, ca, late = false) {
    const { qemu, args, device, tty, kernel = '' } = MACHINES[name];
    const machine = new Machine();
    const folder = freshFolder(`system-${name}`);
    const image = makeImage(name, folder, {
      'etc/moongate.ini': ini,
      'etc/ca.pem': readFileSync(ca),
      'etc/hosts': `127.0.0.1 localhost\n10.0.2.2 ${HOST}\n`,
    });
    const parts = `build/deps/system/${name}`;
    machine.port = await freePort();
    const words = [
      ...args, '-kernel', `${parts}/kernel`, '-initrd', image,
      '-append', `console=${tty} ${kernel} quiet panic=-1${late ? ' late' : ''}`, '-no-reboot',
      ...(existsSync(`${parts}/dtb`) ? ['-dtb', `${parts}/dtb`] : []),
      '-netdev', `user,id=n0,hostfwd=tcp:127.0.0.1:${machine.port}-:3000`, '-device', device,
      '-display', 'none', '-serial', 'stdio', '-monitor', 'none',
    ];
    machine.text = '';
    machine.started = process.hrtime.bigint();
    machine.child = spawn(qemu, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(machine.child);
    machine.child.stdin.on('error', () => {});
    ['stdout', 'stderr'].forEach((stream) => machine.child[stream].on('data', (data) => {
      machine.text += data;
      writeFileSync(`${folder}/console`, data, { flag: 'a' });
    }));
    machine.ended = new Promise((done) => {
      machine.child.on('error', done);
      machine.child.on('close', done);
    }).then(() => { machine.over = true; running.delete(machine.child); });
    return machine;
  }

  since() {
    return Number(process.hrtime.bigint() - this.started) / 1e6;
  }

  // What the console says behind @WORD, from `from` on.
  async said(word, ms, from = 0) {
    const pattern = new RegExp(`@${word} ([^\r\n]*)\r?\n`);
    const match = await until(`@${word}`, () => {
      if (this.over) {
        throw new Error(`the machine ended: ${this.text.slice(-2000)}`);
      }
      return pattern.exec(this.text.slice(from));
    }, ms).catch((error) => { throw new Error(`${error.message}: ${this.text.slice(-2000)}`); });
    return match[1];
  }

  async tell(words, ms = 20000) {
    const from = this.text.length;
    this.child.stdin.write(`${words}\n`);
    return this.said(words.split(' ')[0], ms, from);
  }

  async ready(ms) {
    this.uptime_s = Number(await this.said('started', ms));
    await this.healthy();
  }

  // Waits until /health answers. QEMU takes connections before the machine does, so each ask is short.
  async healthy() {
    await until('/health', async () => {
      try {
        return (await once(this.port, 'GET', '/health', { ms: 400 })).status === 200;
      } catch {
        return false;
      }
    }, 20000);
  }

  rss() {
    return this.tell('rss').then(Number);
  }

  async end() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
