"""What is measured: nginx, haproxy and the gateway, each as one process on one core before the same upstreams."""
import glob
import os
import signal
import socket
import subprocess
import time

OUT = os.environ.get("BENCH_OUT", "build/bench")
MOONGATE = os.environ.get("MOONGATE", "build/linux/moongate")
CERTS = os.path.join(OUT, "certs")
CHAT = "/v1/chat/completions"

NGINX = """
daemon off; worker_processes 1; {user} pid {dir}/pid; error_log {dir}/error.log crit;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off; tcp_nodelay on; client_max_body_size 8m;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c;
  uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
  proxy_request_buffering off; proxy_read_timeout 1h;
  proxy_ssl_protocols TLSv1.3; proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_name localhost;
  proxy_ssl_trusted_certificate {certs}/ca.pem; proxy_ssl_session_reuse on;
  upstream plain_up {{ server 127.0.0.1:{up_plain}; keepalive 2048; keepalive_requests 1000000000; }}
  upstream tls_up {{ server 127.0.0.1:{up_tls}; keepalive 2048; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{plain} backlog=4096; location / {{ proxy_pass http://plain_up; }}
    location = /health {{ return 200 "ok"; }} }}
  server {{ listen 127.0.0.1:{tls} backlog=4096; location / {{ proxy_pass https://tls_up; }} }}
  server {{ listen 127.0.0.1:{https} ssl backlog=4096; ssl_protocols TLSv1.3;
    ssl_certificate {certs}/server.pem; ssl_certificate_key {certs}/server.key;
    location / {{ proxy_pass http://plain_up; }} }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  backlog 4096
  http-reuse always
  option http-no-delay
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
frontend plain
  bind 127.0.0.1:{plain}
  http-request return status 200 content-type text/plain string ok if {{ path /health }}
  default_backend plain_up
frontend tls
  bind 127.0.0.1:{tls}
  default_backend tls_up
frontend https
  bind 127.0.0.1:{https} ssl crt {certs}/both.pem ssl-min-ver TLSv1.3
  default_backend plain_up
backend plain_up
  server up 127.0.0.1:{up_plain} pool-max-conn 2048
backend tls_up
  server up 127.0.0.1:{up_tls} ssl verify required ca-file {certs}/ca.pem verifyhost localhost ssl-min-ver TLSv1.3 pool-max-conn 2048
"""

MOONGATE_HEAD = """
[gateway]
bind_address = "127.0.0.1:{port}"
state_dir = "{dir}/state"
log_level = "warn"
[gateway.upstream]
ca_file = "{certs}/ca.pem"
idle_connections = 1024
"""

OPENAI = """
[models.bench.providers.up]
type = "openai"
model_name = "bench"
api_base = "http://127.0.0.1:{up_plain}/v1"
api_key_location = "none"
[models.bents.providers.up]
type = "openai"
model_name = "bench"
api_base = "https://localhost:{up_tls}/v1"
api_key_location = "none"
"""

RUST = """
[models.bench.providers.up]
type = "rust-proxy"
model_name = "bench"
api_endpoint = "http://127.0.0.1:{up_plain}/api/v1/stream/chat"
device_id = "bench-device"
session_id = "bench-session"
[models.bents.providers.up]
type = "rust-proxy"
model_name = "bench"
api_endpoint = "https://localhost:{up_tls}/api/v1/stream/chat"
device_id = "bench-device"
session_id = "bench-session"
"""

HTTPS = """
[gateway.tls]
cert_file = "{certs}/server.pem"
key_file = "{certs}/server.key"
"""


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def cores():
    """(the target's, everybody else's): with one core, both the same."""
    have = sorted(os.sched_getaffinity(0))
    return (have[-1:], have[:-1] or have)


def spawn(command, on, log):
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                preexec_fn=lambda: os.sched_setaffinity(0, on))


class Target:
    """A program, or none (`direct`). ports: plain and tls (the upstream's side), https (the client's)."""

    def __init__(self, name, command=None, ports=None, folder=None):
        self.name, self.command, self.ports, self.folder = name, command, ports or {}, folder
        self.models = {"plain": "bench", "tls": "bench"}
        self.process = None

    def start(self):
        """Starts it and returns the seconds until it answered."""
        began = time.monotonic()
        self.process = spawn(self.command, cores()[0], os.path.join(self.folder, "log"))
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > began + 20:
                with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
                    raise SystemExit(f"bench: {self.name} does not start:\n{log.read()[-2000:]}")
            time.sleep(0.0005)
        return time.monotonic() - began

    def connected(self):
        """A connection that has asked for the health, and has its answer but for what follows there."""
        link = socket.create_connection(("127.0.0.1", self.ports["plain"]), 2)
        link.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        if not link.recv(4096).startswith(b"HTTP/1.1 200"):
            link.close()
            raise OSError("no answer")
        return link

    def answers(self):
        try:
            if self.ports.get("plain_is_https"):
                socket.create_connection(("127.0.0.1", self.ports["plain"]), 2).close()
            else:
                self.connected().close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def pids(self):
        """The process and its children (nginx has a worker)."""
        if self.process is None:
            return []
        found = [self.process.pid]
        for pid in found:
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                found += [int(child) for child in read(path).split()]
        return found

    def cpu_us(self):
        return sum(cpu_us(pid) for pid in self.pids())

    def times_run(self):
        """How often the scheduler has given it a processor: who is not run makes no system call."""
        return sum(int(read(path).split()[2]) for pid in self.pids()
                   for path in glob.glob(f"/proc/{pid}/task/*/schedstat"))

    def memory_kib(self):
        """Its share of what is resident: pages of libraries count for each user's part alone."""
        return sum(field(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in self.pids())

    def resident_kib(self):
        return sum(field(f"/proc/{pid}/smaps_rollup", "Rss:") for pid in self.pids())


def read(path):
    try:
        with open(path, encoding="utf-8") as opened:
            return opened.read()
    except OSError:
        return ""


def field(path, name):
    for line in read(path).split("\n"):
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def cpu_us(pid):
    """User and system time. The scheduler counts it in ns for each thread; stat has the same in ticks of
    10 ms, for those kernels that do not tell."""
    threads = [read(path).split() for path in glob.glob(f"/proc/{pid}/task/*/schedstat")]
    if threads and all(threads) and any(int(thread[0]) for thread in threads):
        return sum(int(thread[0]) for thread in threads) / 1000
    stat = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return sum(map(int, stat[11:13])) * 1000000 / os.sysconf("SC_CLK_TCK") if stat else 0


def write(folder, name, text):
    os.makedirs(os.path.join(folder, "state"), exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)
    return path


def proxy(name, template, command, ups, folder):
    folder = os.path.join(folder, name)
    plain, tls, https = free_ports(3)
    user = "user root;" if os.getuid() == 0 else ""
    path = write(folder, "conf", template.format(dir=folder, certs=CERTS, plain=plain, tls=tls, https=https,
                                                 user=user, **ups))
    return Target(name, [word.format(path=path, dir=folder) for word in command],
                  {"plain": plain, "tls": tls, "https": https}, folder)


def gateway(name, models, ups, folder, https=False):
    folder = os.path.join(folder, name)
    port, = free_ports(1)
    text = (MOONGATE_HEAD + (HTTPS if https else "") + models).format(port=port, dir=folder, certs=CERTS, **ups)
    path = write(folder, "moongate.toml", text)
    target = Target(name, [MOONGATE, "-c", path], {"plain": port, "tls": port, "https": port, "plain_is_https": https},
                    folder)
    target.models = {"plain": "bench", "tls": "bents"}
    return target


def upstreams(folder):
    """The two stand-ins, as targets of their own; `direct` goes to them."""
    plain, tls = free_ports(2)
    base = [os.path.join(OUT, "upstream"), "--port"]
    keys = ["--cert", os.path.join(CERTS, "server.pem"), "--key", os.path.join(CERTS, "server.key")]
    found = []
    for name, port, more in (("up-plain", plain, []), ("up-tls", tls, keys)):
        one = Target(name, base + [str(port)] + more, {"plain": port}, folder)
        one.process = spawn(one.command, cores()[1], os.path.join(folder, name + ".log"))
        found.append(one)
    return found, {"up_plain": plain, "up_tls": tls}


def make(ups, folder):
    """The targets in the table's order, and the gateway that speaks HTTPS to its clients."""
    direct = Target("direct", ports={"plain": ups["up_plain"], "tls": ups["up_tls"]})
    nginx = proxy("nginx", NGINX, ["nginx", "-e", "{dir}/error.log", "-p", "{dir}", "-c", "{path}"], ups, folder)
    haproxy = proxy("haproxy", HAPROXY, ["haproxy", "-db", "-f", "{path}"], ups, folder)
    ours = gateway("moongate", OPENAI, ups, folder)
    rust = gateway("rust-proxy", RUST, ups, folder)
    return [direct, nginx, haproxy, ours, rust], gateway("https", OPENAI, ups, folder, https=True)
