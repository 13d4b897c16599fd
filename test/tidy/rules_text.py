"""Rules for all files: no address of this machine's package archives, README's tables are true."""
import glob
import os
import re
import subprocess


def archive_hosts():
    """Names of the hosts that this machine takes its packages from."""
    hosts = set()
    for path in ["/etc/apt/sources.list"] + glob.glob("/etc/apt/sources.list.d/*"):
        try:
            with open(path, encoding="utf-8", errors="replace") as opened:
                text = re.sub(r"(?m)^\s*#.*", "", opened.read())
        except OSError:
            continue
        hosts.update(re.findall(r"[a-z+]+://(?:[^/@\s]*@)?([\w.-]+)", text))
    return hosts


def no_foreign_places(tree, hosts=None):
    """Nothing leads out of the repository, and no mirror's name is written down."""
    hosts = archive_hosts() if hosts is None else hosts
    outside = ".." + "/shared"
    faults = []
    for name, text in tree.files.items():
        if outside in text:
            faults.append(f"{name}: names {outside}")
        faults += [f"{name}: names the archive's host {host}" for host in hosts if host in text]
    return faults


def table_rows(text):
    """The rows of `| name | count | size | bytes |` tables, as tuples of bare cells."""
    rows, inside = set(), False
    for line in text.split("\n"):
        if not line.strip().startswith("|"):
            inside = False
            continue
        cells = tuple(re.sub(r"[`,_*]|(?<=\d)[ \u00a0](?=\d)", "", cell).strip()
                      for cell in line.strip().strip("|").split("|"))
        if cells == ("name", "count", "size", "bytes"):
            inside = True
        elif inside and not re.fullmatch(r"[-:\s]*", "".join(cells)):
            rows.add(cells)
    return rows


def limits_table(tree, limits):
    """README's table of pools is what `moongate --limits` prints; LIMIT_ names in it exist."""
    readme = tree.files.get("README.md", "")
    bounds = tree.files.get("config/bounds.h", "")
    faults = [f"README.md: {name} is not in config/bounds.h"
              for name in sorted(set(re.findall(r"\bLIMIT_[A-Z0-9_]*[A-Z0-9]\b", readme)))
              if not re.search(rf"#\s*define\s+{name}\b", bounds)]
    told, true = table_rows(readme), table_rows(limits)
    if true and not told:
        faults.append("README.md: has no table | name | count | size | bytes |")
    faults += [f"README.md: untrue row {row}" for row in sorted(told - true)]
    if told:
        faults += [f"README.md: lacks the row {row}" for row in sorted(true - told)]
    return faults


def printed_limits(build):
    program = os.path.join(build, "moongate")
    if not os.access(program, os.X_OK):
        return ""
    return subprocess.run([program, "--limits"], capture_output=True, text=True, timeout=10,
                          check=False).stdout


RULES = [no_foreign_places]
