"""Rules for core's joined objects: what they ask of the outside, what they write, how they count."""
import re
import subprocess

ALLOWED = re.compile(
    r"(port|mbedtls|psa|ini)_\w+"
    r"|mem(cpy|move|set|cmp|chr)|strn?len|strn?cmp"
    # integer arithmetic that the processor lacks, and the linker's own table
    r"|__(u?div|u?mod|u?divmod|mul|clz|ctz|ffs|popcount|parity|bswap|ashl|ashr|lshr|u?cmp)[sdt]i[234]?"
    r"|__aeabi_(u?i|u?l)?(div|divmod|mul|lsl|lsr|asr|cmp)\w*|__aeabi_mem\w+"
    r"|_GLOBAL_OFFSET_TABLE_")

# What may change outside of struct daemon: the daemon itself and mbedTLS's arena.
WRITABLE = re.compile(r"(the_)?daemon|tls_\w*arena\w*")

FLOAT_CODE = {
    "x86-64": re.compile(
        r"v?(u?comi|add|sub|mul|div|sqrt|min|max|round|cmp\w*|h?addsub|hadd)[sp][sd]|v?cvt\w+"
        r"|vfn?m\w+|f(?!xrstor|xsave)[a-z0-9]+"),
    "aarch64": re.compile(r"f(?!mov)[a-z]+|[su]cvtf"),
}


def undefined(nm):
    """From the output of `nm -u`."""
    names = [line.split()[-1] for line in nm.split("\n") if line.strip()]
    return [f"core asks for {name}" for name in names if not ALLOWED.fullmatch(name)]


def writable(symbols):
    """From the output of `objdump -t`."""
    faults = []
    for line in symbols.split("\n"):
        found = re.match(r"[0-9a-f]+ .{7} (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if not found or int(found.group(2), 16) == 0:
            continue
        section, name = found.group(1), found.group(3)
        changes = re.match(r"\.t?(bss|data)\b(?!\.rel\.ro)|\*COM\*", section)
        if changes and not name.startswith(".") and not WRITABLE.fullmatch(name.split(".")[0]):
            faults.append(f"core can change {name} ({section}), which is not in struct daemon")
    return faults


def floating(code):
    """From the output of `objdump -d`: arithmetic alone, moves of wide registers are memcpy's."""
    kind = re.search(r"file format elf\d+-(?:little)?([\w-]+)", code)
    pattern = FLOAT_CODE.get(kind.group(1) if kind else "")
    if pattern is None:
        return [] if kind else ["no code to look at"]
    faults, function = [], "?"
    for line in code.split("\n"):
        head = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if head:
            function = head.group(1)
        part = line.split("\t")
        if len(part) > 2 and pattern.fullmatch(part[2].split()[0]):
            faults.append(f"{function}: {part[2].split()[0]}")
    return faults


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.strip())
    return done.stdout


def check(core):
    """(name, faults) of each rule, for the joined object's file."""
    for name, look, command in (("core_asks_only_its_doors", undefined, ("nm", "-u")),
                                ("core_changes_only_the_daemon", writable, ("objdump", "-t")),
                                ("core_code_has_no_floating_point", floating, ("objdump", "-d"))):
        try:
            yield name, look(output_of(*command, core))
        except OSError as error:
            yield name, [f"{core}: {error}"]
