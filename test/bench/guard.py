"""A guard against growing slower: the instructions of ten fixed exchanges (test/bench/exchanges.c), counted by
callgrind, beside those in test/bench/instructions.json. They repeat exactly, on a busy machine too. More than 3
percent above is a failure that names the functions that grew; it is mended, or with --write accepted, which
belongs into the commit that is the reason. Only functions of the program count: not the C library's, which
choose their code by the processor, nor the simulated world's. Ends with "N passed, N failed"."""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "instructions.json")
PROGRAM = os.environ.get("EXCHANGES", "build/sim/exchanges")
BAR_PERCENT = 3
KEPT_PERMILLE = 2  # functions below this share of an exchange are not written down
SHOWN = 8


def output_of(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}:\n{ran.stdout[-1000:]}{ran.stderr[-2000:]}\n0 passed, 1 failed")
    return ran.stdout


def compiler():
    """What made the program: another one makes other instructions."""
    with open(os.path.join(os.path.dirname(PROGRAM), "CMakeCache.txt"), encoding="utf-8") as cache:
        name = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", cache.read(), re.M).group(1)
    return f"{output_of(name, '--version').splitlines()[0]}, {os.uname().machine}"


def count(exchange, folder):
    """Instructions of each function."""
    out = os.path.join(folder, exchange)
    output_of("valgrind", "-q", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=exchanges_measured",
              f"--callgrind-out-file={out}", PROGRAM, exchange)
    told = output_of("callgrind_annotate", "--threshold=100", "--auto=no", out)
    functions = {}
    for number, name in re.findall(r"^ *([\d,]+) .*?:([\w.']+) \[[^]]*/exchanges\]$", told, re.M):
        # A part that the compiler split off counts for its whole.
        name = name.split(".")[0].split("'")[0]
        if name.startswith("sim_"):
            continue
        functions[name] = functions.get(name, 0) + int(number.replace(",", ""))
    return functions


def count_all():
    with tempfile.TemporaryDirectory() as folder:
        return {name: count(name, folder) for name in output_of(PROGRAM).split()}


def write(counted):
    kept = {name: {"all": sum(functions.values()),
                   "functions": {function: number for function, number in
                                 sorted(functions.items(), key=lambda item: (-item[1], item[0]))
                                 if number * 1000 >= sum(functions.values()) * KEPT_PERMILLE}}
            for name, functions in counted.items()}
    with open(FILE, "w", encoding="utf-8") as out:
        json.dump({"compiler": compiler(), "exchanges": kept}, out, indent=1)
        out.write("\n")


def grown(functions, before):
    """The functions that grew most. One that was too small to be written down had at most that share."""
    small = before["all"] * KEPT_PERMILLE // 1000
    was = {name: before["functions"].get(name, small) for name in functions}
    names = sorted((name for name in functions if functions[name] > was[name]),
                   key=lambda name: was[name] - functions[name])
    return [f"    {name}: {was[name] if name in before['functions'] else 'few'} -> {functions[name]}"
            for name in names[:SHOWN]]


def compare(counted, expected):
    """Lines that tell, and how many exchanges are above the bar."""
    lines, failed = [], 0
    for name, functions in counted.items():
        before = expected[name]
        now = sum(functions.values())
        bad = now * 100 > before["all"] * (100 + BAR_PERCENT)
        change = (now / before["all"] - 1) * 100
        lines.append(f"{'not ok ' if bad else ''}{name}: {now} instructions, {change:+.1f} %")
        failed += bad
        if bad:
            lines += grown(functions, before)
            lines.append("    accepted with test/bench/guard.py --write")
    return lines, failed


def faults(counted, known):
    """What makes the counts worth nothing: no instruction was seen, or the exchanges are not those of the file."""
    empty = [f"not ok {name}: no instructions were counted" for name, functions in counted.items()
             if sum(functions.values()) == 0]
    other = [f"not ok {name}: not in both, this program and {os.path.basename(FILE)}: --write accepts it"
             for name in sorted(set(counted) ^ set(known))]
    return empty + other + ([] if counted else ["not ok there are no exchanges"])


def main():
    counted = count_all()
    if sys.argv[1:] == ["--write"]:
        wrong = faults(counted, counted)
        if wrong:
            print("\n".join(wrong))
            return 1
        write(counted)
        return 0
    with open(FILE, encoding="utf-8") as opened:
        known = json.load(opened)
    wrong = faults(counted, known["exchanges"])
    if wrong:
        print("\n".join(wrong))
        print(f"0 passed, {len(wrong)} failed")
        return 1
    if known["compiler"] != compiler():
        print(f"not compared: counted with {known['compiler']}, and this is {compiler()}")
        print("1 passed, 0 failed")
        return 0
    lines, failed = compare(counted, known["exchanges"])
    print("\n".join(lines))
    print(f"{len(counted) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
