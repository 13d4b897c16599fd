#!/usr/bin/env python3
"""Looks at an .ipk or a plain .tar.gz as opkg and tar would: ipk.py FILE ARCHITECTURE|plain VERSION NAME.

Prints one line for each thing that is not as it must be.
"""
import gzip
import io
import re
import struct
import sys
import tarfile

MODES = {
    "./usr/bin/moongate": 0o755,
    "./etc/config/moongate": 0o600,
    "./etc/init.d/moongate": 0o755,
    "./etc/uci-defaults/50-moongate": 0o755,
    "./etc/capabilities/moongate.json": 0o644,
    "./lib/upgrade/keep.d/moongate": 0o644,
    "./usr/share/moongate/render.sh": 0o644,
    "./usr/share/moongate/copyright": 0o644,
}
SCRIPTS = {"./control": 0o644, "./conffiles": 0o644, "./postinst": 0o755, "./prerm": 0o755}
ELF = {  # class, byte order, machine
    "arm_cortex-a7_neon-vfpv4": (1, 1, 40),
    "aarch64_cortex-a53": (2, 1, 183),
    "mipsel_24kc": (1, 1, 8),
    "mips_24kc": (1, 2, 8),
}


def members(data):
    archive = tarfile.open(fileobj=io.BytesIO(gzip.decompress(data)))
    return {entry.name: (entry, archive.extractfile(entry).read() if entry.isfile() else None)
            for entry in archive.getmembers()}


def tree_faults(tree, wanted):
    times = set()
    for name, (entry, _) in tree.items():
        times.add(entry.mtime)
        if (entry.uid, entry.gid, entry.uname, entry.gname) != (0, 0, "", ""):
            yield f"{name}: owned by {entry.uid}:{entry.gid} {entry.uname}:{entry.gname}"
        mode = 0o755 if entry.isdir() else wanted.get(name)
        if entry.mode != mode:
            yield f"{name}: mode {entry.mode:o} instead of {mode and oct(mode)}"
        if not (entry.isdir() or entry.isfile()):
            yield f"{name}: neither a file nor a folder"
    if len(times) != 1:
        yield f"{len(times)} different times"
    files = {name for name, (entry, _) in tree.items() if entry.isfile()}
    if files != set(wanted):
        yield f"files {sorted(files ^ set(wanted))} are missing or too many"


def program_faults(program, arch):
    """Static, and of the right processor: opkg would install any."""
    big = ">" if program[5] == 2 else "<"
    machine = struct.unpack_from(big + "H", program, 18)[0]
    if program[:4] != b"\x7fELF" or (program[4], program[5], machine) != ELF[arch]:
        yield f"the program is not for {arch}"
    if re.search(rb"/lib\w*/ld-\S*\.so", program):
        yield "the program is not static"
    if b".symtab\0" in program:
        yield "the program is not stripped"


# The two packages are the same files: what each says of the other.
KIN = {"moongate": {"Provides": None, "Conflicts": "moongate-full"},
       "moongate-full": {"Provides": "moongate", "Conflicts": "moongate"}}


def control_faults(control, kind, version, installed):
    arch, package = kind
    fields = dict(re.findall(r"^([\w-]+): (.*)$", control, re.M))
    wanted = {"Package": package, **KIN[package], "Version": f"{version}-r1", "Architecture": arch,
              "Installed-Size": str(installed), "Require-User": "moongate:moongate",
              "Depends": "libc, ca-bundle", "License": "Apache-2.0", "Section": "net"}
    for name, value in wanted.items():
        if fields.get(name) != value:
            yield f"{name}: {fields.get(name)!r} instead of {value!r}"
    for name in ("Maintainer", "Description"):
        if not fields.get(name):
            yield f"{name} is missing"


def ipk_faults(data, kind, version):
    """kind: architecture and package."""
    outer = members(data)
    if list(outer) != ["./debian-binary", "./data.tar.gz", "./control.tar.gz"]:
        yield f"members {list(outer)}"
        return
    yield from tree_faults(outer, dict.fromkeys(outer, 0o644))
    if outer["./debian-binary"][1] != b"2.0\n":
        yield "debian-binary is not 2.0"
    payload = outer["./data.tar.gz"][1]
    tree, scripts = members(payload), members(outer["./control.tar.gz"][1])
    yield from tree_faults(tree, MODES)
    yield from tree_faults(scripts, SCRIPTS)
    yield from control_faults(scripts["./control"][1].decode(), kind, version,
                              len(gzip.decompress(payload)))
    if scripts["./conffiles"][1] != b"/etc/config/moongate\n":
        yield "conffiles"
    yield from program_faults(tree["./usr/bin/moongate"][1], kind[0])


def plain_faults(data):
    """Unpacked at the root, it must not touch the configuration that is there."""
    modes = {("./usr/share/moongate/config" if name == "./etc/config/moongate" else name): mode
             for name, mode in MODES.items()}
    yield from tree_faults(members(data), modes)


def main():
    path, arch, version, name = sys.argv[1:]
    with open(path, "rb") as opened:
        data = opened.read()
    faults = list(plain_faults(data) if arch == "plain" else ipk_faults(data, (arch, name), version))
    if data[4:8] != bytes(4):
        faults.append("the archive has the time of its making in it")
    for fault in faults:
        print(f"{path}: {fault}")
    return 1 if faults else 0


sys.exit(main())
