"""Rules for all files: no address of this machine's package archives, README's tables are true."""
import glob
import os
import re
import subprocess
import tempfile


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


PREFIXES = {"G": "gateway.", "M": "models.*.", "P": "models.*.providers.*.",
            "V": "functions.*.variants.*.", "K": "keys.*.", "": ""}


def keys_table(tree):
    """README's table of keys has each key that the program reads, and no other."""
    source = tree.files.get("core/settings/settings_keys.c", "")
    read = {PREFIXES[prefix] + name
            for prefix, name in re.findall(r'^    \{([A-Z]?) ?"([\w.*]+)",', source, re.M)}
    told = set(re.findall(r"^\| `(\w+\.[\w.*]+)` \|", tree.files.get("README.md", ""), re.M))
    return ([f"README.md: lacks the key {key}" for key in sorted(read - told)] +
            [f"README.md: {key} is no key" for key in sorted(told - read)])


def error_texts(tree):
    """What README's table of troubles quotes is what the program says."""
    said = "".join(text for name, text in tree.c("core/", "port/", suffix=".c"))
    said = re.sub(r'"\s*"', "", said)
    rows = re.search(r"\| the message says .*?\n\n", tree.files.get("README.md", ""), re.S)
    faults = []
    for quoted in re.findall(r"`([^`]+)`", "\n".join(
            line.split("|")[1] for line in (rows.group(0) if rows else "").split("\n")[2:] if line)):
        for part in re.split(r"[…N]", quoted):
            if part.strip(" :.") and part.strip(" :.") not in said:
                faults.append(f"README.md: nothing says {part.strip()!r}")
    return faults


ROUND_KIB = 12  # how much more than it is README may call a program


def boards_table(tree, built):
    """README's sizes of programs, where they are built. built: board -> bytes."""
    faults = []
    for board, told in re.findall(r"^\| `([\w-]+)` \| [^|]* \| (\d+) ", tree.files.get("README.md", ""), re.M):
        if board in built and not 0 <= int(told) * 1024 - built[board] <= ROUND_KIB * 1024:
            faults.append(f"README.md: {board} is {told} KiB there, and {built[board]} bytes")
    return faults


def built_programs(build):
    """The programs beside a build folder: board -> bytes."""
    paths = glob.glob(os.path.join(os.path.dirname(build.rstrip("/")) or ".", "*", "moongate"))
    return {os.path.basename(os.path.dirname(path)): os.path.getsize(path) for path in paths
            if os.path.basename(os.path.dirname(path)) not in ("check", "clang")}


def examples(tree, program):
    """README's configurations are good."""
    if not os.access(program, os.X_OK):
        return [f"no program at {program}"]
    faults = []
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", tree.files.get("README.md", ""),
                                             re.S), 1):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([program, "--check", "-c", file.name], capture_output=True,
                                  text=True, timeout=10, check=False)
            if done.returncode != 0:
                faults.append(f"README.md: configuration {number}: {done.stderr.strip()}")
    return faults


RULES = [no_foreign_places, keys_table, error_texts]
