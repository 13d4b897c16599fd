"""Rules for the C files: their sizes and shapes, names, includes, what may not be called."""
import re

import scan
from tree import stem

FUNCTION_LINES, FILE_LINES, COLUMNS, NESTING, PARAMETERS = 60, 500, 100, 3, 5

CORE_ORDER = ["base", "page", "json", "http", "tls", "settings", "model", "provider", "record",
              "batch", "gateway", "daemon"]
MAY_INCLUDE = {"core": ("core", "port", "config"), "port": ("port", "config"),
               "board": ("board", "core", "port", "config"), "config": ("config",),
               "test": ("test", "core", "port", "board", "config")}
CORE_SYSTEM = {"stddef.h", "stdint.h", "stdbool.h", "stdalign.h", "string.h", "limits.h"}
# Third parties have one room each that knows them.
DOORS = [("jsmn.h", "core/json/"), ("ini.h", "core/settings/"), ("mbedtls/", "core/tls/"),
         ("psa/", "core/tls/"), ("immintrin.h", "core/tls/")]

BANNED = {"strcpy", "strcat", "sprintf", "vsprintf", "gets", "alloca"}
BANNED_CORE = BANNED | {
    "malloc", "calloc", "realloc", "free", "printf", "fprintf", "vprintf", "vfprintf", "snprintf",
    "vsnprintf", "dprintf", "puts", "fputs", "putchar", "strtol", "strtoul", "strtoll", "strtoull",
    "atoi", "atol", "strdup", "strtok", "qsort", "setjmp", "longjmp", "abort", "exit"}
FLOAT_WORDS = {"float", "double", "_Float16", "_Float32", "_Float64", "_Complex"}


def functions_of(tree):
    for name, text in tree.c():
        for function in scan.functions(scan.without_comments(text)):
            yield name, function


def function_length(tree):
    return [f"{name}:{f.first}: {f.name} has {f.last - f.first + 1} lines, {FUNCTION_LINES} at most"
            for name, f in functions_of(tree) if f.last - f.first + 1 > FUNCTION_LINES]


def nesting(tree):
    return [f"{name}:{f.first}: {f.name} nests {f.nesting} deep, {NESTING} at most"
            for name, f in functions_of(tree) if f.nesting > NESTING]


def parameter_count(tree):
    return [f"{name}:{f.first}: {f.name} takes {f.params} parameters, {PARAMETERS} at most"
            for name, f in functions_of(tree) if f.params > PARAMETERS]


def file_length(tree):
    return [f"{name}: {text.count(chr(10))} lines, {FILE_LINES} at most"
            for name, text in tree.c() if text.count("\n") > FILE_LINES]


def line_length(tree):
    return [f"{name}:{number}: {len(line.expandtabs(8))} columns, {COLUMNS} at most"
            for name, text in tree.c() for number, line in enumerate(text.split("\n"), 1)
            if len(line.expandtabs(8)) > COLUMNS]


def opening_comment(tree):
    return [f"{name}:1: does not begin with a comment that says what it is"
            for name, text in tree.c() if not text.startswith(("/*", "//"))]


def includes(text):
    # Comments go, the file's name in its quotes must stay.
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if found:
            yield number, found.group(1), found.group(2)


def core_rank(name):
    parts = name.split("/")
    folder = parts[1] if len(parts) > 2 else "daemon"
    return CORE_ORDER.index(folder) if folder in CORE_ORDER else None


def include_fault(name, target):
    top, target_top = name.split("/")[0], target.split("/")[0]
    for door, room in DOORS:
        if target.startswith(door):
            ok = name.startswith(room) or not name.startswith("core/")
            return None if ok else f"{target} is for {room} alone"
    if target_top not in MAY_INCLUDE:
        return f'"{target}" is not written from the top'
    if target_top not in MAY_INCLUDE[top]:
        return f"{top}/ does not include {target_top}/"
    if top == "core" and target_top == "port" and target != "port/port.h":
        return "core knows port/port.h alone"
    if name.startswith("test/upstream/") and not target.startswith("test/upstream/"):
        return "the stand-in shares no code with the daemon"
    if top == "core" and target_top == "core":
        here, there = core_rank(name), core_rank(target)
        if here is None or there is None:
            return f"{name} or {target} is in no known folder of core"
        if there > here:
            return f"{CORE_ORDER[here]} does not include {CORE_ORDER[there]}"
    return None


def include_direction(tree):
    faults = []
    for name, text in tree.c():
        for number, quoted, system in includes(text):
            why = include_fault(name, quoted) if quoted else None
            if system and name.startswith("core/"):
                for door, room in DOORS:
                    if system.startswith(door):
                        why = include_fault(name, system)
                        break
                else:
                    if system not in CORE_SYSTEM:
                        why = f"core does not know <{system}>"
            if why:
                faults.append(f"{name}:{number}: {why}")
    return faults


def no_struct_typedef(tree):
    return [f"{name}:{line_of(clean, match)}: typedef of a {match.group(1)}"
            for name, clean in cleaned(tree)
            for match in re.finditer(r"\btypedef\s+(?:const\s+)?(struct|union|enum)\b", clean)]


def no_ifdef_in_bodies(tree):
    faults = []
    for name, clean in cleaned(tree):
        bodies = [(f.first, f.last) for f in scan.functions(clean)]
        for number, text in scan.directives(clean):
            hidden = re.match(r"#\s*(ifdef|ifndef)\b", text) or \
                re.match(r"#\s*(if|elif)\b.*\bdefined\b", text)
            if hidden and any(first < number < last for first, last in bodies):
                faults.append(f"{name}:{number}: {text} inside a function")
    return faults


def banned_calls(tree):
    faults = []
    for name, clean in cleaned(tree):
        banned = BANNED_CORE if name.startswith("core/") else BANNED
        for match in re.finditer(r"(?<![\w.>])([a-z_]\w*)\s*\(", clean):
            if match.group(1) in banned:
                faults.append(f"{name}:{line_of(clean, match)}: calls {match.group(1)}")
    return faults


def no_floating_point(tree):
    return [f"{name}:{token.line}: {token.text}"
            for name, text in tree.c("core/", "config/")
            for token in scan.tokens(scan.without_comments(text)) if is_float(token.text)]


def is_float(word):
    if word in FLOAT_WORDS:
        return True
    if not re.match(r"\.?\d", word):
        return False
    if re.match(r"0[xX]", word):
        return bool(re.search(r"[pP.]", word))
    return bool(re.search(r"[.eE]", word))


def contracts(tree):
    """A comment stands right above each prototype; lines that follow one another share theirs."""
    faults = []
    for name, text in tree.c("core/", "port/", suffix=".h"):
        lines = text.split("\n")
        good_last = None
        for p in scan.prototypes(scan.without_comments(text)):
            above = lines[p.first - 2].strip() if p.first > 1 else ""
            if above.endswith("*/") or above.startswith("//") or good_last == p.first - 1:
                good_last = p.last
            else:
                faults.append(f"{name}:{p.first}: {p.name} has no contract above it")
    return faults


THEIRS = "__"  # begins names of the C library's and the compiler's, which we may define for them


def extern_names(tree):
    return [f"{name}:{p.first}: {p.name} does not begin with {stem(name)}_"
            for name, text in tree.c("core/", "port/", "board/", suffix=".h")
            for p in scan.prototypes(scan.without_comments(text))
            if p.name != stem(name) and not p.name.startswith((stem(name) + "_", THEIRS))]


def no_loose_externs(tree):
    """An extern is declared in a header, where its contract stands."""
    return [f"{name}:{p.first}: {p.name} is declared in a .c file"
            for name, text in tree.c("core/", "port/", "board/", suffix=".c")
            for p in scan.prototypes(scan.without_comments(text))]


def unit_test_each(tree):
    return [f"{name}: there is no test/unit/test_{stem(name)}.c"
            for name, _ in tree.c("core/", suffix=".c")
            if f"test/unit/test_{stem(name)}.c" not in tree.files]


def header_guards(tree):
    faults, seen = [], {}
    for name, text in tree.c(suffix=".h"):
        parts = name.rsplit(".", 1)[0].upper().replace("-", "_").split("/")
        wanted = {"MOONGATE_" + "_".join(parts[i:]) + "_H" for i in range(len(parts))}
        lines = scan.directives(scan.without_comments(text))
        first = [line for _, line in lines[:2]]
        guard = first[0].split()[-1] if first else ""
        if first != [f"#ifndef {guard}", f"#define {guard}"] or lines[-1][1] != "#endif":
            faults.append(f"{name}: has no guard")
        elif guard not in wanted:
            faults.append(f"{name}: guard {guard} is not named as the file")
        elif guard in seen:
            faults.append(f"{name}: has the same guard as {seen[guard]}")
        seen[guard] = name
    return faults


def cleaned(tree):
    return [(name, scan.without_comments(text)) for name, text in tree.c()]


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


RULES = [function_length, file_length, line_length, nesting, parameter_count, opening_comment,
         include_direction, no_struct_typedef, no_ifdef_in_bodies, banned_calls, no_floating_point,
         contracts, extern_names, no_loose_externs, unit_test_each, header_guards]
