#!/usr/bin/env python3
"""Compares the daemon's keys (the table of settings_keys.c) with those of a file.

keys.py ini FILE   a rendered configuration that sets every key
keys.py man FILE   the manual, which names every key
"""
import re
import sys


def daemon_keys():
    """Paths such as models.*.providers.*.type."""
    source = open("core/settings/settings_keys.c", encoding="utf-8").read()
    short = dict(re.findall(r'^#define ([A-Z]) "(.*)"$', source, re.M))
    return {short.get(letter, "") + name
            for letter, name in re.findall(r'^    \{([A-Z] )?"([^"]+)",', source, re.M)
            for letter in [letter.strip()]}


def starred(section):
    """models.m.providers.p becomes models.*.providers.*; no name may have a dot in it."""
    parts = section.split(".")
    if parts[0] not in ("models", "functions", "keys"):
        return section
    return ".".join("*" if i in (1, 3) else part for i, part in enumerate(parts))


def ini_keys(text):
    keys, section = set(), ""
    for line in text.split("\n"):
        if line.startswith("["):
            section = starred(line.strip("[]"))
        elif " = " in line:
            name = "*" if section in ("aliases", "friendly_names") else line.split(" = ")[0]
            keys.add(section + "." + name)
    return keys


def man_names(text):
    """Every word of the manual's `.Ic` lines."""
    return {word for line in re.findall(r"^\.(?:It )?Ic (.*)$", text, re.M)
            for word in re.findall(r"\w[\w.]*", line)}


def main():
    kind, path = sys.argv[1:]
    text = open(path, encoding="utf-8").read()
    wanted = daemon_keys()
    assert len(wanted) > 80, "the table of settings_keys.c is not read"
    if kind == "ini":
        missing, strange = wanted - ini_keys(text), ini_keys(text) - wanted
    else:
        names = man_names(text)
        missing = {key for key in wanted if not key.endswith("*") and not any(
            key == name or key.endswith("." + name) for name in names)}
        strange = {name for name in names if not any(
            key == name or key.endswith("." + name) for key in wanted)}
    for key in sorted(missing):
        print(f"{path}: lacks {key}")
    for key in sorted(strange):
        print(f"{path}: {key} is no key of the daemon")
    return 1 if missing or strange else 0


sys.exit(main())
