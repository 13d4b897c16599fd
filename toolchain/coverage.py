"""How much of core was run, from what gcov counted. coverage.py ANSWERS REPORT BUILD_DIR...

Several builds count together: a line, branch or function is covered where one of them ran it. A function that none
ran needs a line in ANSWERS (file, function, why), and a line there needs such a function. What was not run goes to
REPORT, line by line. Ends with "N passed, N failed".
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys


class File:
    def __init__(self):
        self.lines = {}      # number -> count
        self.branches = {}   # number -> counts
        self.functions = {}  # name -> count

    def add(self, found):
        for function in found["functions"]:
            name = function["name"]
            self.functions[name] = self.functions.get(name, 0) + function["execution_count"]
        for line in found["lines"]:
            number = line["line_number"]
            self.lines[number] = self.lines.get(number, 0) + line["count"]
            counts = [branch["count"] for branch in line["branches"]]
            old = self.branches.get(number, [])
            # With other limits a compiler may see other branches: then the build that has more of them counts.
            if len(old) == len(counts):
                counts = [a + b for a, b in zip(old, counts)]
            if len(counts) >= len(old):
                self.branches[number] = counts


def read(folders):
    files = collections.defaultdict(File)
    for folder in folders:
        counted = glob.glob(f"{folder}/CMakeFiles/core.dir/**/*.gcda", recursive=True)
        told = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *counted],
                              capture_output=True, check=True).stdout
        for document in told.splitlines():
            for found in json.loads(document)["files"]:
                # From the build folder or from the root, as the compiler was called.
                name = re.search(r"(?:^|/)(core/(?:\w+/)?\w+\.[ch])$", found["file"])
                if name:
                    files[name[1]].add(found)
    return files


def share(counts):
    counts = list(counts)
    covered = sum(count > 0 for count in counts)
    return f"{100 * covered / max(len(counts), 1):5.1f} % of {len(counts):5}"


def table(files):
    folders = collections.defaultdict(list)
    for name, file in files.items():
        folders[os.path.dirname(name)].append(file)
    folders["together"] = list(files.values())
    for folder in sorted(folders):
        lines = [count for file in folders[folder] for count in file.lines.values()]
        branches = [count for file in folders[folder] for counts in file.branches.values() for count in counts]
        print(f"  {folder:16} {share(lines)} lines, {share(branches)} branches")


def report(files, path):
    with open(path, "w", encoding="utf-8") as out:
        for name, file in sorted(files.items()):
            with open(name, encoding="utf-8") as source:
                text = source.read().split("\n")
            for number, count in sorted(file.lines.items()):
                if count == 0:
                    print(f"{name}:{number}: {text[number - 1].strip()}", file=out)


def judge(files, answers):
    """The functions that were not run and have no answer, and the answers that nothing needs."""
    never = {(name, function) for name, file in files.items()
             for function, count in file.functions.items() if count == 0}
    answered = {tuple(line.split()[:2]) for line in answers if line.split()[2:] and line[0] != "#"}
    for name, function in sorted(never - answered):
        yield f"{name}: {function} is not run: a test is missing, or a reason"
    for name, function in sorted(answered - never):
        yield f"{name}: {function} is run, or no more there: its answer can go"


def main():
    answers, path, folders = sys.argv[1], sys.argv[2], sys.argv[3:]
    files = read(folders)
    table(files)
    report(files, path)
    with open(answers, encoding="utf-8") as opened:
        faults = list(judge(files, opened.read().splitlines()))
    for fault in faults:
        print(f"  FAIL  {fault}")
    functions = sum(len(file.functions) for file in files.values())
    print(f"{functions - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


sys.exit(main())
