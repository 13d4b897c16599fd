#!/usr/bin/env python3
"""The figures that must hold, as one table: figures.py LOGS. README's table "What must hold" has the bars.

What this run has not measured says how to. Sizes in README's third column may be a twentieth off. Ends with
"N passed, N failed".
"""
import os
import re
import sys

KIB, MIB = 1024, 1024 * 1024
LATER = "with --all"

# What README calls it: unit, log, and the pattern of its figure there.
FIGURES = {
    "qemu-mps2: flash, of which 40 KiB may be the page": ("KiB", "bare", r"flash: .*\((\d+) bytes\)"),
    "qemu-mps2: RAM, stack and all": ("KiB", "bare", r"RAM: .*\((\d+) bytes\)"),
    "qemu-mps2: from power to the first answer": ("ms", "bare", r"boot to the first .*\((\d+) ms"),
    "armhf, basic: program": ("KiB", "target_openwrt-armhf-basic", r"its size \((\d+) bytes"),
    "armhf, basic: .ipk": ("KiB", "package", r"# openwrt-armhf-basic: .* (\d+) of \.ipk"),
    "armhf: program": ("KiB", "target_openwrt-armhf", r"its size \((\d+) bytes"),
    "armhf: .ipk": ("KiB", "package", r"# openwrt-armhf: .* (\d+) of \.ipk"),
    "armhf, 64 MiB: from power to the first answer": ("s", "system_armhf", r"first chat's answer, .*?\(([\d.]+) s;"),
    "armhf, 64 MiB: resident, idle": ("MiB", "system_armhf", r"resident set idle, .*?\(([\d.]+) MiB,"),
    "armhf, 64 MiB: resident, 8 TLS streams": ("MiB", "system_armhf", r"8 TLS streams, .*?\(([\d.]+) MiB\)"),
    "malta, 64 MiB: from power to the first answer": ("s", "system_malta", r"first chat's answer, .*?\(([\d.]+) s;|"
                                                      r"first answer \(([\d.]+) s;"),
}
SIZES = {"KiB"}


def told(readme):
    """name -> (bar or None, figure), out of README's table."""
    part = re.search(r"\| what must hold \|.*?\n\n", readme, re.S)
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in (part.group(0) if part else "").strip().split("\n")[2:]]
    number = lambda cell: float(cell.split()[0]) if cell else None
    return {name: (number(bar), number(figure)) for name, bar, figure in rows}


def measured(logs, name):
    """The figure; None: this run has no such log; ValueError: it has one that does not tell it."""
    unit, log, pattern = FIGURES[name]
    try:
        with open(os.path.join(logs, log + ".log"), encoding="utf-8", errors="replace") as opened:
            found = re.search(pattern, opened.read())
    except OSError:
        return None
    if not found:
        raise ValueError(f"{log}.log does not tell it")
    value = float(next(group for group in found.groups() if group))
    return value / KIB if unit == "KiB" else value


def fault(name, bar, figure, value):
    if bar is not None and value > bar:
        return "more than it may be"
    if FIGURES[name][0] in SIZES and abs(figure - value) > value / 20:
        return f"README says {figure:g}"
    return ""


def chats(logs):
    """The lines of the long runs on the bare board, shortened."""
    try:
        with open(os.path.join(logs, "bare.log"), encoding="utf-8", errors="replace") as opened:
            return re.findall(r"(\d+ chats in a row over TLS [\d.]+), with flat memory \((\d+ a second); (.*?); stack", opened.read())
    except OSError:
        return []


def main():
    logs = sys.argv[1]
    with open("README.md", encoding="utf-8") as opened:
        rows = told(opened.read())
    faults = [f"README.md: {name} is in one table only" for name in set(rows) ^ set(FIGURES)]
    passed = 0
    print(f"{'what must hold':<48} {'at most':>10} {'measured':>10}")
    for name, (unit, _, _) in FIGURES.items():
        bar, figure = rows.get(name, (None, None))
        value, wrong = None, ""
        try:
            value = measured(logs, name)
        except ValueError as error:
            wrong = str(error)
        if value is not None and figure is not None:
            wrong = fault(name, bar, figure, value)
        at_most = f"{bar:g} {unit}" if bar is not None else "-"
        missing = LATER if FIGURES[name][1].startswith("system") else "-"
        shown = missing if value is None else f"{value:.2f} {unit}" if value < 10 else f"{value:.0f} {unit}"
        print(f"{name:<48} {at_most:>10} {shown:>10}{'   FAIL: ' + wrong if wrong else ''}")
        passed += value is not None and not wrong
        if wrong:
            faults.append(f"{name}: {shown}, {wrong}")
    for what, speed, memory in chats(logs):
        print(f"{what}: {speed}; {memory}")
    for one in faults:
        print(f"not ok {one}")
    print(f"{passed} passed, {len(faults)} failed")
    return 1 if faults or not passed else 0


sys.exit(main())
