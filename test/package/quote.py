#!/usr/bin/env python3
"""Renders random texts by a shell (quote.py SHELL [ARG]) and reads them back as TOML: nothing may change.

The seed is printed when something does; QUOTE_SEED=N replays it.
"""
import os
import random
import shlex
import subprocess
import sys
import tempfile
import tomllib

COUNT = 150
SPICE = ['"', "'", "\\", "\n", "\t", "\r", "[", "]", "#", ";", "=", "$(x)", "`x`", "${x}", "%s", "\\n",
         "*", "?", "~", "é", "漢", "\x01", "\x1f", "\x7f", " ", "\n[keys.evil]\n", '"""', "-n", "!"]


def text(dice):
    return "".join(dice.choice(SPICE + ["a", "b", "9"]) for _ in range(dice.randint(1, 12)))


def main():
    seed = int(os.environ.get("QUOTE_SEED", random.randrange(1 << 32)))
    dice = random.Random(seed)
    pairs = {text(dice): text(dice) for _ in range(COUNT)}
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "fuzz"), "w", encoding="utf-8", newline="") as uci:
            for name, model in pairs.items():
                uci.write(f"config alias\n\toption name {shlex.quote(name)}\n")
                uci.write(f"\toption model {shlex.quote(model)}\n")
        script = '. "$0"; . "$1"; config_load fuzz; moongate_render'
        ini = subprocess.run(
            sys.argv[1:] + ["-c", script, "./test/package/openwrt.sh",
                            "./board/openwrt/files/moongate.render"],
            env={**os.environ, "UCI_DIR": folder}, capture_output=True, check=True).stdout.decode()
    lines = [line for line in ini.split("\n") if line and not line.startswith(("#", "["))]
    read = {name: model for line in lines for name, model in tomllib.loads(line).items()}
    if read != pairs or len(lines) != len(pairs):
        print(f"QUOTE_SEED={seed}: {len(lines)} lines of {len(pairs)}")
        for name in pairs:
            if read.get(name) != pairs[name]:
                print(f"  {name!r} = {pairs[name]!r} became {read.get(name)!r}")
        return 1
    return 0


sys.exit(main())
