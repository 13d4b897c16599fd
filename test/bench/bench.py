"""One run of the bench. Targets take turns within each row, so that the machine's moods reach all of them; what
the table shows is the median of the rounds, and a ratio is the median of the rounds' ratios. `direct` is the load
straight at the upstream: "added" is what a target takes beyond it in the same round, and what stands below `direct`
there is the whole. --close measures only what is so close to nginx that few rounds do not tell which is less."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import targets

SIZES = {  # rounds, a measurement's ms, deltas, streams of a client, crowd, its wait and rest in s, starts
    "": dict(rounds=5, ms=2000, warm=300, deltas=64, each=2, crowd=1500, wait_ms=3000, rest_s=10, starts=9),
    "--quick": dict(rounds=1, ms=400, warm=200, deltas=24, each=1, crowd=1500, wait_ms=3000, rest_s=1, starts=3),
    "--close": dict(rounds=12, ms=400, warm=100, deltas=16, each=3, starts=1),
    "--smoke": dict(rounds=1, ms=150, warm=100, deltas=3, each=1, crowd=40, wait_ms=200, rest_s=0.1, starts=1),
}
INTERVAL_MS = 20
STREAMS = (1, 64, 512, 1000)
IDLE = 1000
KIB = 1024


class Watch(threading.Thread):
    """Looks at a target's memory now and then, and keeps the most."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.most_kib, self.done = target, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            self.most_kib = max(self.most_kib, self.target.memory_kib())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


class Bench:
    def __init__(self, size, folder):
        self.size, self.rows = size, {}
        self.results = open(os.path.join(targets.OUT, "results.jsonl"), "w", encoding="utf-8")
        self.ups, ports = targets.upstreams(folder)
        self.targets, self.https = targets.make(ports, folder)

    def note(self, **what):
        self.results.write(json.dumps(what) + "\n")
        self.results.flush()

    def load(self, target, kind, *args):
        """One run of the clients; with the target's CPU time and the most memory that was seen."""
        command = [os.path.join(targets.OUT, "load"), "--port", str(target.ports[kind]), "--model",
                   target.models.get(kind, "bench")] + [str(arg) for arg in args]
        if target.command is None and kind == "tls":
            command.append("--tls")
        on = targets.cores()[1]
        before, ups_before = target.cpu_us(), sum(up.cpu_us() for up in self.ups)
        with Watch(target) as watch:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                                 preexec_fn=lambda: os.sched_setaffinity(0, on))
        if ran.returncode != 0:
            raise SystemExit(f"bench: {' '.join(command)}: {ran.stderr}")
        said = json.loads(ran.stdout)
        said["cpu_us"] = target.cpu_us() - before
        said["upstream_cpu_us"] = sum(up.cpu_us() for up in self.ups) - ups_before
        said["memory_kib"] = max(watch.most_kib, target.memory_kib())
        return said

    def put(self, row, target, value):
        if target.command is None and row.startswith(("CPU a", "memory")):
            return
        self.rows.setdefault(row, {}).setdefault(target.name, []).append(value)

    def turns(self, row, kind, args, take, among=None, before=None):
        """Every round each target once, the first one another each time. take(said, direct) gives {row: value};
        a run with failures gives none. before: what the clients ask for first; of that, memory alone counts."""
        among = among or self.targets
        for turn in range(self.size["rounds"]):
            first = turn % len(among)
            said = {}
            for target in among[first:] + among[:first]:
                held_kib = self.load(target, kind, *before)["memory_kib"] if before else 0
                said[target.name] = self.load(target, kind, *args)
                said[target.name]["memory_kib"] = max(held_kib, said[target.name]["memory_kib"])
                self.note(row=row, round=turn, target=target.name, **said[target.name])
            for target in among:
                bad, good = said[target.name]["failed"], said[target.name]["good"]
                for name, value in take(said[target.name], said.get("direct")).items():
                    self.put(name, target, f"{bad} failed" if bad else value if good else "none")

    def timed(self, clients):
        return ["--clients", clients, "--ms", self.size["ms"], "--warm", self.size["warm"]]

    # ---- the rows ----

    def starts(self):
        for target in self.targets[1:] + [self.https]:
            for turn in range(self.size["starts"]):
                target.stop()
                took = target.start()
                if target is not self.https:
                    self.put("start to ready, ms", target, took * 1000)
                    self.note(row="start", round=turn, target=target.name, seconds=took)

    def memory(self, row):
        for target in self.targets[1:]:
            self.put(row, target, target.memory_kib() / KIB)
            self.note(row=row, target=target.name, pss_kib=target.memory_kib(), rss_kib=target.resident_kib())

    def idle(self):
        """Connections that were answered and wait: what one holds, and how often any is looked at."""
        for target in self.targets[1:]:
            before = target.memory_kib()
            links = [target.connected() for _ in range(IDLE)]
            time.sleep(1.5)  # the gateway gives back what it does not need when it was quiet for a second
            held = (target.memory_kib() - before) * KIB / IDLE
            runs = target.times_run()
            time.sleep(1)
            runs = target.times_run() - runs
            for link in links:
                link.close()
            self.put(f"memory an idle connection of {IDLE}, bytes", target, held)
            self.put(f"times run in a second, {IDLE} idle ones", target, runs)
            self.note(row="idle connections", target=target.name, bytes_each=held, times_run=runs)

    def latency(self, kind):
        def take(said, direct):
            return {f"added latency p50, {kind}, us": beyond(said, direct, "whole_p50_us"),
                    f"added latency p99, {kind}, us": beyond(said, direct, "whole_p99_us")}
        self.turns(f"latency {kind}", kind, self.timed(1), take)

    def cpu(self, kind, body, name):
        def take(said, _):
            return {f"CPU a request, {kind}, {name}, us": said["cpu_us"] / max(said["all"], 1)}
        self.turns(f"cpu {kind} {name}", kind, self.timed(8) + ["--body", body], take)

    def rate(self, kind):
        def take(said, direct):
            rows = {f"requests a second, {kind}, 64 clients": said["rate"]}
            if said is direct:
                rows[f"the upstream's own CPU a request, {kind}, us"] = said["upstream_cpu_us"] / max(said["all"], 1)
            return rows
        self.turns(f"rate {kind}", kind, self.timed(64), take)

    def streams(self, kind, count):
        deltas, each = self.size["deltas"], self.size["each"] * (4 if count == 1 else 1)
        args = ["--clients", count, "--each", each, "--stream", "--order", f"{deltas},{INTERVAL_MS},0",
                "--spread", deltas * INTERVAL_MS // 2 if count > 1 else 0]
        name = f"{count} {kind} stream{'s' if count > 1 else ''}"

        def take(said, direct):
            # Over TLS the direct ones begin with a handshake each: nothing to compare with.
            times = {} if kind == "tls" else {
                f"added first byte p50, {name}, us": beyond(said, direct, "first_p50_us"),
                f"added gap p99, {name}, us": beyond(said, direct, "gap_p99_us")}
            return {**times,
                    f"CPU an event, {name}, us": said["cpu_us"] / max(said["deltas"], 1),
                    f"memory, {name}, MiB": said["memory_kib"] / KIB}
        connects = ["--clients", count, "--each", 1, "--stream", "--order", f"2,{INTERVAL_MS},0"]
        self.turns(f"streams {name}", kind, args, take, before=connects)

    def crowd(self):
        """Many clients at once, each with a long request, and a service that is slow to begin."""
        count, wait_ms = self.size["crowd"], self.size["wait_ms"]
        name = f"{count} clients x 150 kB"
        args = ["--clients", count, "--each", 1, "--spread", 500, "--body", 150000, "--order", f"1,0,{wait_ms}"]
        for target in self.targets:
            before = self.kernel_kib()
            said = self.load(target, "plain", *args)
            time.sleep(self.size["rest_s"])
            self.note(row="crowd", target=target.name, after_kib=target.memory_kib(), kernel_before_kib=before,
                      kernel_after_kib=self.kernel_kib(), **said)
            self.put(f"failures, {name}", target, said["failed"])
            if target.command is not None:
                self.put(f"memory, {name}, MiB", target, said["memory_kib"] / KIB)
                self.put(f"memory, {self.size['rest_s']} s after them, MiB", target, target.memory_kib() / KIB)

    @staticmethod
    def kernel_kib():
        """What all TCP sockets of the machine hold in the kernel."""
        words = targets.read("/proc/net/sockstat").split()
        return int(words[words.index("mem") + 1]) * 4 if "mem" in words else 0

    def handshakes(self, resume):
        """A new TLS connection for each request, as the client sees it."""
        name = "resumed" if resume else "new"
        args = self.timed(4) + ["--tls", "--fresh"] + (["--resume"] if resume else [])
        ours = self.https
        among = [target for target in self.targets if "https" in target.ports and target.name in ("nginx", "haproxy")]

        def take(said, _):
            part = said["resumed"] / max(said["good"], 1)
            if resume and part < 0.5:
                return {f"{name} TLS clients a second": "not resumed", f"CPU a {name} TLS client, us": "not resumed"}
            return {f"{name} TLS clients a second": said["rate"],
                    f"CPU a {name} TLS client, us": said["cpu_us"] / max(said["all"], 1)}
        self.turns(f"handshakes {name}", "https", args, take, among + [ours])
        for row in (f"{name} TLS clients a second", f"CPU a {name} TLS client, us"):
            self.rows[row]["moongate"] = self.rows[row].pop("https")

    def run(self):
        self.starts()
        time.sleep(0.3)
        self.memory("memory, idle, MiB")
        self.idle()
        for kind in ("plain", "tls"):
            self.latency(kind)
        for body, name in ((0, "small"), (1000, "1 KB"), (10000, "10 KB"), (150000, "150 KB")):
            self.cpu("plain", body, name)
        self.cpu("tls", 0, "small")
        self.cpu("tls", 150000, "150 KB")
        for kind in ("plain", "tls"):
            self.rate(kind)
        for count in STREAMS:
            self.streams("plain", count)
        self.streams("tls", 64)
        self.crowd()
        self.handshakes(False)
        self.handshakes(True)
        self.memory("memory, after all, MiB")

    def run_close(self):
        self.starts()
        self.cpu("plain", 0, "small")
        for kind in ("plain", "tls"):
            self.latency(kind)
        for count in (1, 64):
            self.streams("plain", count)

    def close(self):
        for target in self.targets + [self.https] + self.ups:
            target.stop()
        self.results.close()

    # ---- the table ----

    def median(self, row, name):
        """A number; or the text of a round that has none; or None."""
        values = self.rows[row].get(name)
        if not values:
            return None
        texts = [value for value in values if isinstance(value, str)]
        return texts[0] if texts else statistics.median(values)

    def print_table(self):
        names = [target.name for target in self.targets]
        print(f"{'':44}" + "".join(f"{name:>13}" for name in names))
        for row in self.rows:
            cells = [self.median(row, name) for name in names]
            print(f"{row:44}" + "".join(f"{show(cell):>13}" for cell in cells))
            self.note(row=row, medians=dict(zip(names, cells)))
        print()
        print("moongate / nginx: " + ", ".join(f"{row.rpartition(', ')[0] or row} {spread(ratios)}"
                                               for row, ratios in self.ratios("moongate", "nginx")))

    def ratios(self, one, other):
        """(row, the ratios of its rounds, the least first) of each that has them in every round."""
        for row, values in self.rows.items():
            pairs = list(zip(values.get(one, []), values.get(other, [])))
            good = all(isinstance(value, (int, float)) and value > 0 for pair in pairs for value in pair)
            if pairs and good and "failures" not in row:
                yield row, sorted(a / b for a, b in pairs)


def beyond(said, direct, key):
    """How much more that is than without a proxy; a text where one of them has none."""
    if said[key] is None or direct[key] is None:
        return "none"
    return said[key] if said is direct else said[key] - direct[key]


def spread(ratios):
    """The median; of many, what lies between the quartiles too."""
    middle, quarter = statistics.median(ratios), len(ratios) // 4
    if quarter < 2:
        return f"{middle:.2f}"
    return f"{middle:.3f} ({ratios[quarter]:.2f} to {ratios[-1 - quarter]:.2f})"


def show(cell):
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return f"{cell:.0f}" if abs(cell) >= 1000 or cell == int(cell) else f"{cell:.1f}"


def main():
    how = sys.argv[1] if len(sys.argv) > 1 else ""
    rounds = sys.argv[2] if len(sys.argv) > 2 else str(SIZES.get(how, SIZES[""])["rounds"])
    if how not in SIZES or not rounds.isdigit() or rounds == "0" or len(sys.argv) > 3:
        raise SystemExit("usage: toolchain/bench.sh [--quick|--close|--smoke [ROUNDS]]")
    folder = tempfile.mkdtemp(prefix="bench.", dir=targets.OUT)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench({**SIZES[how], "rounds": int(rounds)}, folder)
    try:
        bench.run_close() if how == "--close" else bench.run()
        bench.print_table()
        print(f"\n{time.monotonic() - began:.0f} s on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; each line: "
              f"{os.path.relpath(targets.OUT)}/results.jsonl")
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
