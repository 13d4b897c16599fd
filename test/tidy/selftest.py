"""Each rule is shown what it must find and what it must let pass."""
import tempfile

import rules_alone
import rules_binary
import rules_c
import rules_text
from tree import Tree

LONG = "/* x */\nint f(void)\n{\n" + "    g();\n" * 58 + "}\n"
GUARDED = "/* x */\n#ifndef MOONGATE_A_H\n#define MOONGATE_A_H\n%s\n#endif\n"

# rule, file, text that breaks it once, text that keeps it
CASES = [
    (rules_c.function_length, "core/base/a.c", LONG.replace("}\n", "    g();\n}\n"),
     LONG.replace("    g();\n", "", 1)),
    (rules_c.file_length, "core/base/a.c", "\n" * 501, "\n" * 500),
    (rules_c.line_length, "core/base/a.c", "x" * 101, "x" * 100),
    (rules_c.nesting, "core/base/a.c",
     "void f(void) { if (a) for (;;) while (b) { switch (c) { case 1: d(); } } }",
     "void f(void) { if (a) { for (;;) { do { e(); } while (b); } } else if (c) { if (d) e(); } "
     "else { for (;;) { if (a) b(); } } switch (c) { case A ? 1 : 2: if (a) { d(); } break; } }"),
    (rules_c.parameter_count, "core/base/a.c", "int f(int a, int b, int c, int d, int e, int g) {}",
     "int f(int a, int (*b)(int, int), int c, int d, int e) {}"),
    (rules_c.opening_comment, "core/base/a.c", "#include <x>\n", "/* x */\n"),
    (rules_c.include_direction, "core/json/a.c", '#include "core/http/b.h"', '#include "core/base/b.h"'),
    (rules_c.include_direction, "core/http/a.c", '#include "mbedtls/ssl.h"', '#include "port/port.h"'),
    (rules_c.include_direction, "core/http/a.c", "#include <stdio.h>", "#include <string.h>"),
    (rules_c.include_direction, "port/a.c", '#include "core/base/b.h"', '#include "config/bounds.h"'),
    (rules_c.include_direction, "core/base/a.c", '#include "b.h"', '#include "core/base/b.h"'),
    (rules_c.include_direction, "core/daemon.c", '#include "port/posix/clock.h"',
     '#include "core/gateway/b.h"'),
    (rules_c.no_struct_typedef, "core/base/a.h", "typedef struct a a;", "/* typedef struct a a; */"),
    (rules_c.no_ifdef_in_bodies, "core/base/a.c", "int f(void)\n{\n#ifdef X\n#endif\n}\n",
     "#ifdef X\n#endif\nint f(void)\n{\n#if FEATURE_X\n#endif\n}\n"),
    (rules_c.banned_calls, "core/base/a.c", "p = malloc (1);", 'x->free(1); pool_free(1); "free("'),
    (rules_c.banned_calls, "test/unit/a.c", "strcpy(a, b);", "snprintf(a, 1, b);"),
    (rules_c.no_floating_point, "core/base/a.c", "x = 1e3;", "x = 0x1e3 + 1000u; /* 1.5 */ s = \"1.5\";"),
    (rules_c.no_floating_point, "core/base/a.c", "double x;", "int doubled;"),
    (rules_c.contracts, "core/base/a.h", "int a_b(void);\n", "/* Is b. */\nint a_b(int x,\n  int y);\nint a_c(void);\n"),
    (rules_c.contracts, "core/base/a.h", "/* Is b. */\n\nstruct x a_b(void);\n",
     "struct x { int (*f)(int); };\nstatic inline int g(void) { return 1; }\n"),
    (rules_c.extern_names, "core/base/a.h", "int b_a(void);", "int a_b(void);\ntypedef int f(void);"),
    (rules_c.no_loose_externs, "core/base/a.c", "int a_b(void);", "static int b(void);\nint a_b(void) {}"),
    (rules_c.unit_test_each, "core/base/a.c", "x", None),
    (rules_c.header_guards, "core/base/a.h", "/* x */\n", GUARDED % "int x;"),
    (rules_c.header_guards, "core/base/a.h", (GUARDED % "").replace("_A_", "_B_"),
     (GUARDED % "").replace("_A_", "_BASE_A_")),
    (lambda tree: rules_text.no_foreign_places(tree, {"mirror.example"}), "x.md",
     "see http://mirror.example/x", "see http://other.example/x"),
    (lambda tree: rules_text.no_foreign_places(tree, set()), "x.md", "in .." + "/shared/x", "shared"),
]

TABLE = "| name | count | size | bytes |\n| --- | --- | --- | --- |\n| clients | %s | 512 | 1024 |\n"

# looker, text that breaks it once, text that keeps it
OUTPUTS = [
    (rules_binary.undefined, "   U printf\n   U port_now_us\n",
     "   U memcpy\n   U mbedtls_ssl_read\n   U __udivdi3\n   U __umodti3\n"),
    (rules_binary.writable, "0000000000000000 l     O .bss.count\t0000000000000004 count\n",
     "0000000000000000 l     O .rodata.x\t0000000000000004 x\n"
     "0000000000000000 l    d  .bss.x\t0000000000000000 .bss.x\n"
     "0000000000000000 l     O .data.rel.ro.local.x\t0000000000000008 x\n"
     "0000000000000000 g     O .bss.tls_arena\t0000000000000400 tls_arena\n"),
    (rules_binary.floating,
     "a.o:     file format elf64-x86-64\n0000 <f>:\n   0:\tf2 0f 58 c1 \taddsd  %xmm1,%xmm0\n",
     "a.o:     file format elf64-x86-64\n   0:\t0f 11 \tmovups %xmm0,(%rdi)\n   4:\t0f\tpaddd %xmm0,%xmm1\n"),
]


def wrong(what, found, wanted):
    return [f"{what}: {found} instead of {wanted} fault{'s'[wanted == 1:]}"] if found != wanted else []


def run():
    """Says where a rule misses what it must find, or finds what is good."""
    faults = []
    for i, (rule, name, bad, good) in enumerate(CASES):
        what = f"case {i} ({getattr(rule, '__name__', '?')})"
        faults += wrong(f"{what}, bad", len(rule(Tree({name: bad}))), 1)
        if good is not None:
            faults += wrong(f"{what}, good", len(rule(Tree({name: good}))), 0)
    for look, bad, good in OUTPUTS:
        faults += wrong(f"{look.__name__}, bad", len(look(bad)), 1)
        faults += wrong(f"{look.__name__}, good", len(look(good)), 0)
    readme = Tree({"README.md": TABLE % "2", "config/bounds.h": ""})
    faults += wrong("limits, bad", len(rules_text.limits_table(readme, TABLE % "3")), 2)
    faults += wrong("limits, good", len(rules_text.limits_table(readme, TABLE % "2")), 0)
    row = '    {G "log_level", ROW_WORD},\n'
    for key, wanted in (("gateway.log_level", 0), ("gateway.log", 2)):
        tree = Tree({"README.md": f"| `{key}` | x |\n", "core/settings/settings_keys.c": row})
        faults += wrong(f"keys, {key}", len(rules_text.keys_table(tree)), wanted)
    sizes = Tree({"README.md": "| `pc` | a PC | 10 | 1 MB |\n"})
    for size, wanted in ((10000, 0), (10241, 1)):
        faults += wrong(f"boards, {size}", len(rules_text.boards_table(sizes, {"pc": size})), wanted)
    table = "| the message says | status |\n| --- | --- |\n| `no slot: %s` | 503 |\n\n"
    for text, wanted in (("…", 0), ("gone", 1)):
        tree = Tree({"README.md": table % text, "core/base/a.c": '"no "\n   "slot"'})
        faults += wrong(f"texts, {text}", len(rules_text.error_texts(tree)), wanted)
    with tempfile.NamedTemporaryFile("w", suffix=".h") as header:
        for text, wanted in (("uint8_t byte;", 1), ("#include <stdint.h>\nuint8_t byte;", 0)):
            header.seek(0)
            header.write(text)
            header.flush()
            faults += wrong(f"alone, {text}", int(rules_alone.first_error(header.name) is not None), wanted)
    return faults
